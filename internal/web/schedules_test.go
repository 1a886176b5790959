package web

import (
	"strconv"
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
}
