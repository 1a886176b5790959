package web

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"signet/internal/web/front"
)

func TestSchedulesOfTheAPI(t *testing.T) {
	began := time.Now()
	minute := began.Truncate(time.Minute).Add(55 * time.Second) // so that the next one is not far
	s := serveTimed(t, func() time.Time { return minute.Add(time.Since(began)) }, front.Config{Listen: "127.0.0.1:0"}, "127.31.60.0/24")
	admin := s.admin(t)
	site := admin.do("POST", "sites", m{"name": "desks", "targets": []string{"127.31.60.1"}, "checks": []string{"rdp"}}).is(201).text("id")
	admin.do("POST", "sites", m{"name": "other", "targets": []string{"127.31.60.2"}}).is(201)
	for field, body := range map[string]m{
		"site": {"site": "nowhere", "cron": "0 6 * * *"}, "cron": {"site": "desks", "cron": "often"}, "zone": {"site": "desks", "cron": "0 6 * * *", "zone": "Mars"},
		"overlap": {"site": "desks", "cron": "0 6 * * *", "overlap": "twice"}, "blackouts[0]": {"site": "desks", "cron": "0 6 * * *", "blackouts": []string{"noon"}},
	} {
		if at := admin.do("POST", "schedules", body).is(422).text("errors.0.location"); at != "body."+field {
			t.Errorf("%s: the error is of %s", field, at)
		}
	}
	made := admin.do("POST", "schedules", m{"site": "desks", "cron": "0 6 * * 1", "zone": "Europe/Berlin", "blackouts": []string{"mon-fri 08:00-18:00"}}).is(201)
	id, tag := made.text("id"), made.header.Get("ETag")
	if made.text("site") != site || made.text("overlap") != "skip" || made.text("missed") != "once" || made.header.Get("Location") != base+"/schedules/"+id || made.get("next.5") != nil {
		t.Errorf("%s", made.body)
	}
	var at time.Time
	for i := range 5 {
		next, err := time.Parse(time.RFC3339, made.text("next."+strconv.Itoa(i)))
		if err != nil || next.Weekday() != time.Monday || next.Hour() != 6 || !next.After(at) {
			t.Errorf("time %d is %v, %v", i, next, err)
		}
		at = next
	}

	op, viewer, limited := admin.user("op", "operator"), admin.user("vi", "viewer"), admin.user("li", "operator", "other")
	viewer.do("GET", "schedules/"+id, nil).is(200)
	viewer.do("POST", "schedules", m{"site": "desks", "cron": "x"}).is(403)
	viewer.do("PATCH", "schedules/"+id, m{"cron": "x"}).is(403)
	viewer.do("DELETE", "schedules/"+id, nil).is(403)
	limited.do("GET", "schedules/"+id, nil).is(404)
	limited.do("PATCH", "schedules/"+id, m{"cron": "0 7 * * *"}).is(404)
	limited.do("DELETE", "schedules/"+id, nil).is(404)
	if list := limited.do("GET", "schedules", nil).is(200); list.get("items.0") != nil {
		t.Errorf("who is limited sees %s", list.body)
	}
	limited.do("POST", "schedules", m{"site": "desks", "cron": "0 7 * * *"}).is(422)

	changed := op.do("PATCH", "schedules/"+id, m{"paused": true}, "If-Match: "+tag).is(200)
	if changed.get("paused") != true || changed.text("cron") != "0 6 * * 1" || changed.get("next.0") != nil || changed.get("blackouts.0") == nil {
		t.Errorf("%s", changed.body)
	}
	op.do("PATCH", "schedules/"+id, m{"paused": false}, "If-Match: "+tag).is(412)
	op.do("DELETE", "schedules/"+id, nil, "If-Match: "+tag).is(412)

	// Backups are the admin's, and of no site.
	for _, c := range []*caller{op, limited, viewer} {
		c.do("POST", "schedules", m{"kind": "backup", "cron": "* * * * *"}).is(403)
	}
	if at := admin.do("POST", "schedules", m{"kind": "backup", "site": "desks", "cron": "* * * * *"}).is(422).text("errors.0.location"); at != "body.site" {
		t.Errorf("the error is of %s", at)
	}
	admin.do("POST", "schedules", m{"kind": "other", "cron": "* * * * *"}).is(422)
	backup := admin.do("POST", "schedules", m{"kind": "backup", "cron": "* * * * *"}).is(201).text("id")
	if at := admin.do("PATCH", "schedules/"+backup, m{"kind": "scan", "site": "desks"}).is(422).text("errors.0.location"); at != "body.kind" {
		t.Errorf("the error is of %s", at)
	}
	op.do("GET", "schedules/"+backup, nil).is(404)
	op.do("PATCH", "schedules/"+backup, m{"paused": true}).is(404)
	op.do("DELETE", "schedules/"+backup, nil).is(404)
	if list := op.do("GET", "schedules", nil).is(200); list.text("items.0.id") != id || list.text("items.0.kind") != "scan" || list.get("items.1") != nil {
		t.Errorf("an operator sees %s", list.body)
	}

	// One that is due makes a job that says who launched it.
	op.do("PATCH", "schedules/"+id, m{"paused": false, "cron": "* * * * *", "blackouts": []string{}}).is(200)
	var job *reply
	for begin := time.Now(); job == nil; time.Sleep(200 * time.Millisecond) {
		if list := op.do("GET", "jobs", nil).is(200); list.get("items.0") != nil {
			job = admin.ended(list.text("items.0.id"))
		} else if time.Since(begin) > 90*time.Second {
			t.Fatal("nothing was launched within a minute")
		}
	}
	if job.text("schedule") != id || job.text("by") != "" || job.text("state") != "done" {
		t.Errorf("%s", job.body)
	}
	if now := op.do("GET", "schedules/"+id, nil).is(200); now.text("last.did") != "started" || now.text("last.job") != job.text("id") {
		t.Errorf("%s", now.body)
	}
	op.do("DELETE", "schedules/"+id, nil).is(204)
	op.do("GET", "schedules/"+id, nil).is(404)

	written := admin.do("GET", "schedules/"+backup, nil).is(200)
	for begin := time.Now(); written.text("last.did") != "written"; time.Sleep(50 * time.Millisecond) {
		if written = admin.do("GET", "schedules/"+backup, nil).is(200); time.Since(begin) > 20*time.Second {
			t.Fatalf("no backup: %s", written.body)
		}
	}
	if info, err := os.Stat(filepath.Join(s.backups, written.text("last.file"))); err != nil || info.Mode().Perm() != 0o600 || written.text("done") == "" {
		t.Errorf("%v %v %s", info, err, written.body)
	}
	entries := admin.do("GET", "audit?limit=20", nil).is(200)
	if !strings.Contains(string(entries.body), `"schedule.written"`) || !strings.Contains(string(entries.body), written.text("last.file")) {
		t.Errorf("the log: %s", entries.body)
	}
	for c, has := range map[*caller]bool{admin: true, op: false} {
		if text := string(c.do("GET", "/metrics", nil).is(200).body); strings.Contains(text, "signet_backup_timestamp_seconds 1") != has {
			t.Errorf("the metrics: %s", text)
		}
	}
}
