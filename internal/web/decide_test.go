package web

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"signet/internal/check/checktest"
)

// TestEvidence: the bytes of an endpoint come as a report with --trace writes them, of the newest run, and of the endpoint that is asked for.
func TestEvidence(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.40.1")
	s := serve(t, "127.31.40.0/24")
	c := s.admin(t)
	run := ""
	for range 2 {
		run = c.ended(c.do("POST", "jobs", m{"targets": []string{"127.31.40.1"}, "checks": []string{"rdp"}}).is(202).text("id")).text("run")
	}
	host := c.do("GET", "hosts", nil).is(200).text("items.0.id")
	got := c.do("GET", "hosts/"+host+"/evidence?port=3389&check=rdp", nil).is(200)
	if got.text("items.0.run") != run || got.text("items.0.check") != "rdp" || got.get("items.1") != nil {
		t.Errorf("evidence: %s", got.body)
	}
	sent, err := hex.DecodeString(got.text("items.0.trace.0.sent"))
	if err != nil || !bytes.HasPrefix(sent, []byte{3, 0, 0}) || got.text("items.0.trace.0.note") == "" || got.text("items.0.trace.0.received") == "" {
		t.Errorf("the bytes: %x %v, %s", sent, err, got.body)
	}
	for _, none := range []string{"?port=445", "?check=smb"} {
		if r := c.do("GET", "hosts/"+host+"/evidence"+none, nil).is(200); r.get("items.0") != nil {
			t.Errorf("%s: %s", none, r.body)
		}
	}
	c.do("GET", "hosts/"+host+"/evidence?port=70000", nil).is(422)
}

// TestFixes: what signet fix and signet impact print is there for the estate and for a site, and of nothing that somebody may not see.
func TestFixes(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.41.1")
	checktest.ServeDesktop(t, "127.31.41.2")
	s := serve(t, "127.31.41.0/24")
	c := s.admin(t)
	for _, n := range []string{"1", "2"} {
		site := c.do("POST", "sites", m{"name": "site" + n, "targets": []string{"127.31.41." + n}, "checks": []string{"rdp"}}).is(201).text("id")
		c.ended(c.do("POST", "jobs", m{"site": site}).is(202).text("id"))
	}
	if list := c.do("GET", "fixes", nil).is(200); !strings.Contains(string(list.body), `"`+nla+`"`) {
		t.Errorf("the order of work: %s", list.body)
	}
	f := c.do("GET", "fixes/"+nla, nil).is(200)
	if f.get("all") != 2.0 || f.text("places.1.address") != "127.31.41.2" || f.text("advice.2.heading") != "Fix" || f.get("closes.exposed") == nil {
		t.Errorf("the fix: %s", f.body)
	}
	if f := c.do("GET", "fixes/"+nla+"?site=site2", nil).is(200); f.get("all") != 1.0 || f.text("places.0.address") != "127.31.41.2" {
		t.Errorf("at a site: %s", f.body)
	}
	script := c.do("GET", "fixes/"+nla+"/script", nil).is(200)
	if text := string(script.body); !strings.Contains(text, "127.31.41.1") || !strings.Contains(text, "127.31.41.2") || !strings.Contains(text, "UserAuthentication") || script.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("the script: %s", text)
	}
	if text := string(c.do("GET", "fixes/"+nla+"/script?site=site1&format=csv", nil).is(200).body); !strings.Contains(text, "127.31.41.1") || strings.Contains(text, "127.31.41.2") {
		t.Errorf("the script of a site: %s", text)
	}
	im := c.do("GET", "fixes/"+nla+"/impact?limit=1", nil).is(200)
	if im.get("not_known") != 2.0 || im.get("would_break") != 0.0 || im.get("servers") != 2.0 || im.text("items.0.impact") != "not known" || im.get("items.1") != nil {
		t.Errorf("the impact: %s", im.body)
	}
	if rest := c.do("GET", "fixes/"+nla+"/impact?limit=1&cursor="+im.text("next"), nil).is(200); rest.text("items.0.address") == im.text("items.0.address") || rest.get("next") != nil {
		t.Errorf("its next page: %s", rest.body)
	}
	c.do("GET", "fixes/"+nla+"/impact?impact=fine", nil).is(200)
	c.do("GET", "fixes/"+nla+"/impact?impact=perhaps", nil).is(400)
	c.do("GET", "fixes/"+nla+"/script?format=doc", nil).is(422)
	for _, none := range []string{"nothing", "path-smb-to-smb"} {
		c.do("GET", "fixes/"+none, nil).is(404)
		c.do("GET", "fixes/"+none+"/script", nil).is(404)
		c.do("GET", "fixes/"+none+"/impact", nil).is(404)
	}
	op := c.user("op", "viewer", "site1")
	if f := op.do("GET", "fixes/"+nla, nil).is(200); f.get("all") != 1.0 || strings.Contains(string(f.body), "127.31.41.2") {
		t.Errorf("who sees one site: %s", f.body)
	}
	op.do("GET", "fixes/"+nla+"/script?site=site2", nil).is(404)
	if im := op.do("GET", "fixes/"+nla+"/impact", nil).is(200); im.get("servers") != 1.0 {
		t.Errorf("the impact at one site: %s", im.body)
	}
}

// TestPolicyPreview: before it is saved a text says what is wrong with it, line by line, and what it would change: where the policy judges, and
// nowhere else. What it says is what comes to be.
func TestPolicyPreview(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.42.1")
	checktest.ServeDesktop(t, "127.31.42.2")
	s := serve(t, "127.31.42.0/24")
	c := s.admin(t)
	c.do("POST", "policies", m{"name": "ours", "yaml": "name: ours\nversion: 1\nextends: baseline\n"}).is(201)
	ids := map[string]string{}
	for n, policy := range map[string]string{"1": "ours", "2": ""} {
		ids[n] = c.do("POST", "sites", m{"name": "site" + n, "targets": []string{"127.31.42." + n}, "checks": []string{"rdp"}, "policy": policy}).is(201).text("id")
		c.ended(c.do("POST", "jobs", m{"site": ids[n]}).is(202).text("id"))
	}
	wrong := c.do("POST", "policies/ours/preview", m{"yaml": "name: ours\nversion: 1\nextends: baseline\nrules:\n  no-such-rule: high\n"}).is(200)
	if wrong.get("valid") != false || wrong.get("problems.0.line") != 5.0 || wrong.get("problems.0.warning") != false || wrong.get("change") != nil {
		t.Errorf("a wrong text: %s", wrong.body)
	}
	if r := c.do("POST", "policies/ours/preview", m{"yaml": "name: ours\nversion: 1\n", "lint": true}).is(200); r.get("valid") != true || r.get("problems.0.warning") != true || r.get("change") != nil {
		t.Errorf("a text that deserves a look: %s", r.body)
	}
	if r := c.do("POST", "policies/ours/preview", m{}).is(200); r.get("change.opened") != 0.0 || r.get("change.closed") != 0.0 || r.get("change.raised") != 0.0 || r.get("change.lowered") != 0.0 || r.get("change.rules.0") != nil {
		t.Errorf("the policy as it stands: %s", r.body)
	}
	severer := "name: ours\nversion: 2\nextends: baseline\nrules:\n  " + nla + ": critical\n"
	r := c.do("POST", "policies/ours/preview", m{"yaml": severer}).is(200)
	if r.get("change.raised") != 1.0 || r.text("change.rows.0.address") != "127.31.42.1" || r.text("change.rows.0.before") != "low" || r.text("change.rows.0.after") != "critical" || r.get("change.rows.1") != nil {
		t.Errorf("a severer text: %s", r.body)
	}
	if r.text("change.before.fail_on") == "critical" || r.text("change.after.fail_on") != "critical" || r.get("change.after.severities.critical") != 1.0 || r.text("sites.0") != ids["1"] || r.get("no_site") != false {
		t.Errorf("what it comes to: %s", r.body)
	}
	if r := c.do("POST", "policies/ours/preview", m{"yaml": severer, "sites": []string{"site2"}}).is(200); r.get("change.raised") != 1.0 || r.text("change.rows.0.address") != "127.31.42.2" {
		t.Errorf("at another site: %s", r.body)
	}
	off := "name: other\nversion: 1\nextends: baseline\nrules:\n  " + nla + ": off\n"
	if r := c.do("POST", "policies/preview", m{"yaml": off}).is(200); r.get("change.closed") != 2.0 || r.get("change.rows.0.after") != nil || r.text("change.rows.0.before") != "low" || r.get("change.rules.0.closed") != 2.0 {
		t.Errorf("a new one: %s", r.body)
	}
	if open := c.do("GET", "findings?severity=critical", nil).is(200); open.get("items.0") != nil {
		t.Errorf("a preview changed the board: %s", open.body)
	}
	c.do("PATCH", "policies/ours", m{"yaml": severer}).is(200)
	if open := c.do("GET", "findings?severity=critical", nil).is(200); open.text("items.0.address") != "127.31.42.1" || open.get("items.1") != nil {
		t.Errorf("what was saved: %s", open.body)
	}
	if r := c.do("POST", "policies/ours/preview", m{"yaml": off}).is(200); r.get("change.closed") != 1.0 || r.text("change.before.fail_on") != "critical" {
		t.Errorf("from what was saved: %s", r.body)
	}
	if d := c.do("GET", "policies/ours/diff?old=1", nil).is(200); d.get("new") != 2.0 || !strings.Contains(d.text("diff"), "\n-version: 1\n+version: 2\n") {
		t.Errorf("the versions: %s", d.body)
	}
	c.do("GET", "policies/ours/diff?old=3", nil).is(404)
	c.do("POST", "policies/nothing/preview", m{"yaml": off}).is(404)
	c.do("POST", "policies/ours/preview", m{"yaml": off, "sites": []string{"nowhere"}}).is(404)
	c.do("POST", "policies/preview", m{}).is(422)
	c.do("POST", "exceptions", m{"rule": nla, "scope": []string{"127.31.42.1"}, "owner": "ada", "reason": "until spring", "until": "2100-01-01"}).is(201)
	if r := c.do("POST", "policies/ours/preview", m{"yaml": off}).is(200); r.get("change.closed") != 0.0 || r.get("change.before.excepted") != 1.0 || r.get("change.after.excepted") != 0.0 {
		t.Errorf("with an exception: %s", r.body)
	}
	if r := c.do("POST", "policies/ours/preview", m{}).is(200); r.get("change.opened") != 0.0 || r.get("change.after.excepted") != 1.0 {
		t.Errorf("as it stands, with an exception: %s", r.body)
	}
	op := c.user("op", "operator")
	op.do("POST", "policies/ours/preview", m{}).is(403)
}
