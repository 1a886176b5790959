package web

import (
	"strings"
	"testing"

	"signet/internal/check/checktest"
)

// TestOwnersInBulk: a table of rules gives findings their owners, those of later runs too; whom somebody named stays; mistakes are named by line and
// column and change nothing; what is written is what is read.
func TestOwnersInBulk(t *testing.T) {
	for _, n := range []string{"1", "2", "3"} {
		checktest.ServeDesktop(t, "127.31.43."+n)
	}
	s := serve(t, "127.31.43.0/24")
	c := s.admin(t)
	c.do("POST", "policies", m{"name": "ours", "yaml": "name: ours\nversion: 1\nextends: baseline\ntags: {third: [127.31.43.3]}\n"}).is(201)
	c.do("PATCH", "settings", m{"policy": "ours"}).is(200)
	c.ended(c.do("POST", "jobs", m{"targets": []string{"127.31.43.1", "127.31.43.2"}, "checks": []string{"rdp"}}).is(202).text("id"))
	one := c.do("GET", "findings?q=127.31.43.1", nil).is(200).text("items.0.id")
	c.do("PATCH", "findings/"+one, m{"owner": "by hand"}).is(200)
	const table = "match,owner\n127.31.43.0/31,=first\n127.31.43.2,second\ntag:third,third\n10.0.0.0/8,nobody\n"
	as := "Content-Type: text/csv"
	tried := c.do("POST", "owners/preview", []byte(table), as).is(200)
	for path, want := range map[string]any{"valid": true, "rules.0.rows": 0.0, "rules.0.by_hand": 1.0, "rules.1.rows": 1.0, "rules.1.line": 3.0, "rules.2.rows": 0.0, "rules.3.rows": 0.0, "rules.3.match": "10.0.0.0/8", "problems.0": nil} {
		if got := tried.get(path); got != want {
			t.Errorf("the preview says %s is %v, want %v: %s", path, got, want, tried.body)
		}
	}
	owner := func(addr string) string { return c.do("GET", "findings?q="+addr, nil).is(200).text("items.0.owner") }
	if owner("127.31.43.2") != "" {
		t.Error("a preview gave a finding an owner")
	}
	tag := c.do("GET", "owners", nil).is(200).header.Get("ETag")
	put := c.do("PUT", "owners", []byte(table), as, "If-Match: "+tag).is(200)
	c.do("PUT", "owners", []byte(table), as, "If-Match: "+tag).is(412)
	if put.get("rules.3.owner") != "nobody" || put.get("rules.0.owner") != "=first" {
		t.Errorf("written: %s", put.body)
	}
	c.ended(c.do("POST", "jobs", m{"targets": []string{"127.31.43.3"}, "checks": []string{"rdp"}}).is(202).text("id"))
	for addr, want := range map[string]string{"127.31.43.1": "by hand", "127.31.43.2": "second", "127.31.43.3": "third"} {
		if got := owner(addr); got != want {
			t.Errorf("%s is %q's, want %q", addr, got, want)
		}
	}
	if list := c.do("GET", "findings?owner=third", nil).is(200); list.text("items.0.address") != "127.31.43.3" || list.get("items.0.owner_by_rule") != true || list.get("items.1") != nil {
		t.Errorf("the board of one owner: %s", list.body)
	}
	if list := c.do("GET", "findings?owner=%3Dfirst", nil).is(200); list.get("items.0") != nil {
		t.Errorf("whom somebody named does not stay: %s", list.body)
	}
	c.do("PATCH", "findings/"+one, m{"owner": ""}).is(200)
	if got := owner("127.31.43.1"); got != "=first" {
		t.Errorf("without a name by hand it is %q's", got)
	}
	out := c.do("GET", "owners?format=csv", nil).is(200)
	if !strings.Contains(string(out.body), "127.31.43.0/31,'=first\n") {
		t.Errorf("as a table: %s", out.body)
	}
	c.do("PUT", "owners", out.body, as).is(200)
	if again := c.do("GET", "owners", nil, "Accept: text/csv").is(200); string(again.body) != string(out.body) {
		t.Errorf("written again: %s", again.body)
	}
	for body, want := range map[string]string{"match,owner\n10.0.0.0/40,a\n": "line 2, column 1", "match,owner\na,\x01b\n": "line 2", "owner\nx\n": "match is missing", "match,owner\na,b,c\n": "line 2, column 5"} {
		if r := c.do("PUT", "owners", []byte(body), as).is(422); !strings.Contains(r.text("detail"), want) {
			t.Errorf("%q: %s, want %s", body, r.body, want)
		}
		if r := c.do("POST", "owners/preview", []byte(body), as).is(200); r.get("valid") != false || r.get("problems.0.line") == nil || r.get("rules.0") != nil {
			t.Errorf("%q: the preview: %s", body, r.body)
		}
	}
	if after := c.do("GET", "owners?format=csv", nil).is(200).body; string(after) != string(out.body) {
		t.Errorf("a mistake changed the rules: %s", after)
	}
	c.do("PUT", "owners", m{"rules": []m{{"match": "*", "owner": "x"}}}).is(200)
	c.do("PUT", "owners", m{"rules": []m{{"match": "tag:", "owner": "x"}}}).is(422)
	c.do("PUT", "owners", m{"rulez": 1}).is(422)
	c.do("PUT", "owners", []byte("x"), "Content-Type: text/plain").is(415)
	site := c.do("POST", "sites", m{"name": "one", "targets": []string{"127.31.43.1"}}).is(201).text("id")
	op := c.user("op", "operator", site)
	if r := op.do("GET", "owners", nil).is(200); r.get("rules.0") != nil {
		t.Errorf("who sees one site reads %s", r.body)
	}
	op.do("PUT", "owners", []byte(table), as).is(403)
	op.do("POST", "owners/preview", []byte(table), as).is(403)
}
