package web

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
)

// TestStory: what a user does in the first days, call by call: set up, scan, give a finding an owner, mend the server, ask again.
func TestStory(t *testing.T) {
	server := checktest.ServeDesktop(t, "127.31.4.1")
	s := serve(t, "127.31.4.0/24")
	c := s.nobody(t)
	c.do("GET", "overview", nil).is(401)
	c.do("POST", "setup", m{"token": "wrong", "name": "ada", "password": password}).is(403)
	c.do("POST", "setup", m{"token": s.token, "name": "ada", "password": "short"}).is(422)
	if role := c.do("POST", "setup", m{"token": s.token, "name": "ada", "password": password}).is(201).text("role"); role != "admin" {
		t.Errorf("the first user is %s", role)
	}
	c.do("POST", "setup", m{"token": s.token, "name": "eve", "password": password}).is(410)
	c.do("GET", "session", nil).is(200)

	out := c.do("POST", "jobs", m{"targets": []string{"127.31.5.1"}, "checks": []string{"rdp"}}).is(403)
	if !strings.Contains(string(out.body), "127.31.5.1") || !strings.Contains(string(out.body), "--allow") || strings.Contains(string(out.body), "{") && strings.Contains(out.text("detail"), "{") {
		t.Errorf("outside --allow: %s", out.body)
	}
	c.do("POST", "jobs", m{"targets": []string{"127.31.4.1"}, "rate": 5000}).is(403)
	c.do("POST", "jobs", m{"targets": []string{"127.31.4.1"}, "depth": "decoy"}).is(403)
	c.do("POST", "jobs", m{"targets": []string{"127.31.4.1"}, "rate": 0}).is(403)
	c.do("POST", "jobs", m{"targets": []string{"no such target!"}}).is(422)
	c.do("POST", "jobs", m{}).is(422)

	site := c.do("POST", "sites", m{"name": "desks", "targets": []string{"127.31.4.1-127.31.4.3"}, "checks": []string{"rdp"}}).is(201).text("id")
	first := c.do("POST", "jobs", m{"site": site}).is(202)
	job := first.text("id")
	if at := first.header.Get("Location"); at != base+"/jobs/"+job {
		t.Errorf("the job is at %s", at)
	}
	done := c.ended(job)
	if done.text("state") != "done" || done.text("site") != site || done.get("progress.addresses") != 3.0 {
		t.Fatalf("the job: %s", done.body)
	}
	old := done.text("run")

	rows := c.do("GET", "findings?rule="+nla+"&severity=low,critical&state=open", nil).is(200)
	id := rows.text("items.0.id")
	if rows.text("items.0.address") != "127.31.4.1" || rows.get("items.0.port") != 3389.0 || rows.get("next") != nil || rows.get("items.1") != nil {
		t.Errorf("the board: %s", rows.body)
	}
	tag := c.do("GET", "findings/"+id, nil).is(200).header.Get("ETag")
	mine := c.do("PATCH", "findings/"+id, m{"owner": "desk team", "ticket": "https://tickets.example/1", "due": "2027-01-31", "comment": "first", "state": "in-work"}, "If-Match: "+tag).is(200)
	if mine.text("owner") != "desk team" || mine.text("state") != "in-work" || mine.header.Get("ETag") == tag {
		t.Errorf("after the change: %s", mine.body)
	}
	c.do("PATCH", "findings/"+id, m{"owner": "another"}, "If-Match: "+tag).is(412)
	c.do("PATCH", "findings/"+id, m{"comment": "second"}, "If-Match: *").is(200)
	c.do("PATCH", "findings/"+id, m{"ticket": "javascript:alert(1)"}, "If-Match: *").is(422)
	c.do("PATCH", "findings/"+id, m{"state": "closed"}, "If-Match: *").is(422)
	if n := c.do("GET", "findings?owner=desk%20team", nil).is(200); n.text("items.0.comment") != "second" {
		t.Errorf("by owner: %s", n.body)
	}

	overview := c.do("GET", "overview", nil).is(200)
	if overview.get("verdicts.unseen") != 1.0 || overview.get("findings."+nla) != 1.0 || overview.get("coverage.addresses") != 3.0 || overview.text("steps.0.rule") == "" ||
		overview.text("trend.0.points.0.run") != old {
		t.Errorf("overview: %s", overview.body)
	}
	host := c.do("GET", "hosts?verdict=unseen,exposed&q=127.31.4.1", nil).is(200).text("items.0.id")
	if one := c.do("GET", "hosts/"+host, nil).is(200); one.text("address") != "127.31.4.1" || one.text("verdict") != "unseen" || one.get("endpoints.0.port") != 3389.0 {
		t.Errorf("host: %s", one.body)
	}

	// What is accepted says so on the board, from the moment that an admin says it.
	until := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	operator := c.user("op", "operator")
	proposal := operator.do("POST", "exceptions", m{"rule": nla, "scope": []string{"127.31.4.1"}, "owner": "desk team", "reason": "is replaced in spring", "until": until}).is(201)
	if proposal.text("state") != "proposed" || c.do("GET", "findings/"+id, nil).is(200).text("state") != "in-work" {
		t.Errorf("a proposal: %s", proposal.body)
	}
	operator.do("PATCH", "exceptions/"+proposal.text("id"), m{"state": "approved"}).is(403)
	c.do("PATCH", "exceptions/"+proposal.text("id"), m{"state": "approved"}).is(200)
	if row := c.do("GET", "findings/"+id, nil).is(200); row.text("state") != "excepted" || row.text("exception.owner") != "desk team" {
		t.Errorf("accepted: %s", row.body)
	}
	c.do("DELETE", "exceptions/"+proposal.text("id"), nil).is(204)
	if row := c.do("GET", "findings/"+id, nil).is(200); row.text("state") != "in-work" {
		t.Errorf("accepted no more: %s", row.body)
	}
	c.do("POST", "policies", m{"name": "harsh", "yaml": "name: harsh\nversion: 1\nextends: baseline\nrules:\n  " + nla + ": critical\n"}).is(201)
	c.do("PATCH", "sites/"+site, m{"policy": "harsh"}).is(200)
	if row := c.do("GET", "findings/"+id, nil).is(200); row.text("severity") != "critical" {
		t.Errorf("under another policy: %s", row.body)
	}
	c.do("PATCH", "sites/"+site, m{"policy": ""}).is(200)
	c.do("PATCH", "settings", m{"policy": "harsh"}).is(200)
	if row := c.do("GET", "findings/"+id, nil).is(200); row.text("severity") != "critical" {
		t.Errorf("under another policy of the settings: %s", row.body)
	}

	if got := c.do("PATCH", "settings", m{"retention": m{"runs": 30, "days": 365, "changes_days": 0, "audit_days": 400}}).is(200); got.get("retention.audit_days") != 400.0 || got.text("policy") != "harsh" {
		t.Errorf("what is kept: %s", got.body)
	}
	if got := c.do("PATCH", "sites/"+site, m{"retention": m{"runs": 3, "days": 0}}).is(200); got.get("retention.runs") != 3.0 {
		t.Errorf("what is kept of a site: %s", got.body)
	}
	c.do("PATCH", "sites/"+site, m{"retention": m{"runs": -1, "days": 0}}).is(422)
	c.do("PATCH", "settings", m{"retention": m{"runs": 0, "days": 1 << 30, "changes_days": 0, "audit_days": 0}}).is(422)

	server.Mended.Store(true)
	verify := c.do("POST", "findings/"+id+"/verify", nil).is(202)
	if verify.text("verifies") != id {
		t.Errorf("the job: %s", verify.body)
	}
	c.ended(verify.text("id")).is(200)
	if row := c.do("GET", "findings/"+id, nil).is(200); row.text("state") != "closed" || row.text("owner") != "desk team" {
		t.Errorf("once it was mended: %s", row.body)
	}
	line := c.do("GET", "hosts/"+host+"/timeline", nil).is(200)
	for i, want := range []m{{"change": "improved", "old_run": old, "lost.0": nla, "verdict": "guarded"}, {"change": "closed", "finding": id},
		{"change": "said", "finding": id, "owner": "desk team", "due": "2027-01-31", "state": "in-work"}, {"change": "appeared", "finding": id, "rule": nla}} {
		for field, v := range want {
			if got := line.get(fmt.Sprintf("items.%d.%s", i, field)); got != v {
				t.Errorf("timeline, %d: %s is %v, want %v: %s", i, field, got, v, line.body)
			}
		}
	}
	if rest := c.do("GET", "hosts/"+host+"/timeline?limit=1&cursor="+url.QueryEscape(c.do("GET", "hosts/"+host+"/timeline?limit=2", nil).is(200).text("next")), nil).is(200); rest.text("items.0.change") != "said" {
		t.Errorf("timeline, page by page: %s", rest.body)
	}
	day := time.Now().UTC().Format(time.DateOnly)
	for path, want := range map[string]any{"changes": "improved", "changes?site=desks&kind=improved,worsened&since=" + day: "improved", "changes?kind=worsened": nil, "changes?site=-": nil,
		"changes?since=" + time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly): nil} {
		if got := c.do("GET", path, nil).is(200); got.get("items.0.change") != want || want != nil && (got.text("items.0.site") != site || got.text("items.0.old_run") != old || got.text("items.0.new.address") != "127.31.4.1") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, path := range []string{"changes?kind=better", "changes?since=yesterday", "changes?site=nowhere", "changes?cursor=1"} {
		c.do("GET", path, nil).is(400)
	}

	second := c.do("POST", "jobs", m{"site": "desks"}).is(202).text("id")
	last := events(t, c, second)
	if !strings.Contains(last, `"state":"done"`) {
		t.Errorf("the last event: %s", last)
	}
	newer := c.ended(second).text("run")
	diff := c.do("GET", "diff?old="+old+"&new="+newer, nil).is(200)
	if diff.text("items.0.change") != "improved" || diff.text("items.0.kind") != "change" {
		t.Errorf("diff: %s", diff.body)
	}
	if n := c.do("GET", "runs", nil).is(200); n.text("items.0.run") != newer || n.text("items.0.id") != newer || n.text("items.2.run") != old {
		t.Errorf("runs: %s", n.body)
	}
	for _, f := range formats() {
		r := c.do("GET", "runs/"+newer+"/report?format="+f.Name, nil).is(200)
		if len(r.body) < 100 || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("report as %s: %d bytes, %v", f.Name, len(r.body), r.header)
		}
	}
	c.do("GET", "runs/"+newer+"/report?format=pdf", nil).is(422)

	c.do("DELETE", "session", nil).is(204)
	c.do("GET", "overview", nil).is(401)
	wrong, unknown := c.do("POST", "session", m{"name": "ada", "password": "not the password"}).is(401), c.do("POST", "session", m{"name": "nobody", "password": "not the password"}).is(401)
	if string(wrong.body) != string(unknown.body) {
		t.Errorf("a wrong password is answered %s, a wrong name %s", wrong.body, unknown.body)
	}
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}

// events reads the stream of a job to its end, and gives the data of the last event, which is of type end.
func events(t *testing.T, c *caller, job string) string {
	t.Helper()
	res, err := c.http.Get(c.s.url + base + "/jobs/" + job + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream: %d %v", res.StatusCode, res.Header)
	}
	kind, data := "", ""
	lines := bufio.NewScanner(res.Body)
	begin := time.Now()
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			kind = v
		}
		if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			data = v
		}
	}
	if kind != "end" || time.Since(begin) > 20*time.Second {
		t.Errorf("the stream ended with %s %s after %v", kind, data, time.Since(begin))
	}
	return data
}
