package web

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
)

const asTable = "Content-Type: text/csv"

// TestSitesByTable: a table makes and changes sites, all or none; mistakes are named by line; what is written is what is read.
func TestSitesByTable(t *testing.T) {
	s := serve(t)
	c := s.admin(t)
	old := c.do("POST", "sites", m{"name": "north", "targets": []string{"127.31.44.1"}, "owner": "=cmd|'/C calc'!A0"}).is(201)
	table := string(c.do("GET", "tables/sites", nil).is(200).body)
	if !strings.Contains(table, ",'=cmd|'/C calc'!A0,") {
		t.Errorf("a spreadsheet would calculate: %s", table)
	}
	if r := c.do("PUT", "tables/sites", []byte(table), asTable).is(200); r.get("kept") != 1.0 || r.get("lines.0") != nil {
		t.Errorf("the table itself comes to %s", r.body)
	}
	more := table + ",,south,127.31.44.2 127.31.44.3,127.31.44.3,rdp,anonymous,,desk,5,0\n"
	if r := c.do("POST", "tables/sites/preview", []byte(more), asTable).is(200); r.get("valid") != true || r.get("made") != 1.0 || r.get("kept") != 1.0 || r.get("lines.0.line") != 3.0 || r.get("lines.0.what") != "south" {
		t.Errorf("the preview: %s", r.body)
	}
	count := func() (n int) {
		list := c.do("GET", "sites", nil).is(200)
		for ; list.get(fmt.Sprintf("items.%d", n)) != nil; n++ {
		}
		return n
	}
	if count() != 1 {
		t.Error("a preview made a site")
	}
	for wrong, want := range map[string]string{
		"name,targets\neast,10.0.0.1\nwest,no target!\n": "line 3, column 6: targets: ", "name,targets\neast,10.0.0.1\nEast,10.0.0.2\n": "line 3, column 1: name: stands in the table twice", "name,targets,policy\neast,10.0.0.1,none\n": "policy: there is no policy",
		"name,targets,depth\neast,10.0.0.1,credential\n": "depth: ", "name,targets,checks\neast,10.0.0.1,no\n": "checks: ", "name,targets,keep_runs\neast,10.0.0.1,many\n": "keep_runs: is no number", "name\neast\n": "targets: there are none",
		"id,name,targets\nnothing,east,10.0.0.1\n": "id: there is no site", "targets\n10.0.0.1\n": "name is missing", "name,version,targets\neast,x,10.0.0.1\n": "version: ", strings.Repeat("name,", 400_000) + "\n": "there are 400001 columns",
		"id,version,name,targets,owner\n" + old.text("id") + ",1,north,127.31.44.1,x\n": "version: somebody changed the site since",
	} {
		if r := c.do("PUT", "tables/sites", []byte(wrong), asTable).is(422); !strings.Contains(r.text("detail"), want) {
			t.Errorf("%.80q: %s, want %s", wrong, r.body, want)
		}
		if r := c.do("POST", "tables/sites/preview", []byte(wrong), asTable).is(200); r.get("valid") != false || !strings.Contains(r.text("problems.0.text"), want[strings.LastIndex(want, ": ")+1:]) && !strings.Contains(want, "line") {
			t.Errorf("%.80q: the preview: %.300s", wrong, r.body)
		}
	}
	if count() != 1 {
		t.Error("a table with a mistake made a site")
	}
	if r := c.do("PUT", "tables/sites", []byte(more), asTable).is(200); r.get("made") != 1.0 {
		t.Errorf("loaded: %s", r.body)
	}
	south := c.do("GET", "sites/south", nil).is(200)
	if south.text("targets.1") != "127.31.44.3" || south.text("depth") != "anonymous" || south.get("retention.runs") != 5.0 || south.text("owner") != "desk" || count() != 2 {
		t.Errorf("it made %s", south.body)
	}
	c.do("PUT", "tables/sites", []byte("name;owner\nSOUTH;other\n"), asTable).is(200)
	if r := c.do("GET", "sites/south", nil).is(200); r.text("owner") != "other" || r.text("targets.0") != "127.31.44.2" {
		t.Errorf("of two columns alone: %s", r.body)
	}
	again := c.do("GET", "tables/sites", nil).is(200).body
	if r := c.do("PUT", "tables/sites", again, asTable).is(200); r.get("kept") != 2.0 {
		t.Errorf("exported and loaded: %s", r.body)
	}
	c.do("PUT", "tables/sites", []byte("{}")).is(415)
	limited := c.user("otto", "operator", "south")
	if b := string(limited.do("GET", "tables/sites", nil).is(200).body); strings.Contains(b, "north") || !strings.Contains(b, "SOUTH") {
		t.Errorf("who sees one site: %s", b)
	}
	if r := c.do("GET", "audit?limit=500", nil).is(200); !strings.Contains(string(r.body), `"sites.load"`) {
		t.Errorf("the audit log: %s", r.body)
	}
}

// TestExceptionsByTable: operators propose by a table, admins approve; what is not theirs they do not change.
func TestExceptionsByTable(t *testing.T) {
	s := serve(t)
	admin := s.admin(t)
	op := admin.user("otto", "operator")
	day := time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	line := func(addr, state string) string { return nla + "," + addr + ",otto,=why," + day + "," + state + "\n" }
	const head = "rule,scope,owner,reason,until,state\n"
	if r := op.do("PUT", "tables/exceptions", []byte(head+line("10.0.0.1 10.0.0.2", "")+line("10.0.0.3", "proposed")), asTable).is(200); r.get("made") != 2.0 {
		t.Errorf("proposed: %s", r.body)
	}
	if r := op.do("PUT", "tables/exceptions", []byte(head+line("10.0.0.4", "")+line("10.0.0.5", "approved")), asTable).is(422); !strings.Contains(r.text("detail"), "line 3") || !strings.Contains(r.text("detail"), "an admin approves") {
		t.Errorf("an operator approves: %s", r.body)
	}
	table := string(op.do("GET", "tables/exceptions", nil).is(200).body)
	if strings.Count(table, ",proposed\n") != 2 || !strings.Contains(table, ",'=why,") || !strings.Contains(table, ",10.0.0.1 10.0.0.2,") {
		t.Errorf("exported: %s", table)
	}
	if r := op.do("PUT", "tables/exceptions", []byte(table), asTable).is(200); r.get("kept") != 2.0 {
		t.Errorf("loaded again: %s", r.body)
	}
	approved := strings.Replace(table, ",proposed\n", ",approved\n", 1)
	op.do("PUT", "tables/exceptions", []byte(approved), asTable).is(422)
	if r := admin.do("PUT", "tables/exceptions", []byte(approved), asTable).is(200); r.get("changed") != 1.0 || r.get("lines.0.fields.0") != "state" {
		t.Errorf("an admin approves: %s", r.body)
	}
	if r := admin.do("GET", "exceptions", nil).is(200); strings.Count(string(r.body), `"state":"approved"`) != 1 {
		t.Errorf("in force: %s", r.body)
	}
	// It was changed since: nothing is written over it.
	if r := op.do("PUT", "tables/exceptions", []byte(strings.ReplaceAll(table, "'=why", "other")), asTable).is(422); !strings.Contains(r.text("detail"), "changed the exception since") {
		t.Errorf("over what was approved: %s", r.body)
	}
	now := string(op.do("GET", "tables/exceptions", nil).is(200).body)
	if r := op.do("PUT", "tables/exceptions", []byte(strings.ReplaceAll(now, "'=why", "other")), asTable).is(422); !strings.Contains(string(r.body), "an admin changes") {
		t.Errorf("an operator changes what is approved: %s", r.body)
	}
	for wrong, want := range map[string]string{line("10.0.0.0/99", ""): "scope: ", "no-rule,10.0.0.1,a,b," + day + ",\n": "rule: ", nla + ",10.0.0.1,a,b,2020-01-01,\n": "until: is past", nla + ",10.0.0.1,a,,2020-01-01,\n": "reason: is missing"} {
		if r := op.do("PUT", "tables/exceptions", []byte(head+wrong), asTable).is(422); !strings.Contains(r.text("detail"), want) || !strings.Contains(r.text("detail"), "line 2") {
			t.Errorf("%q: %s", wrong, r.body)
		}
	}
	if after := string(op.do("GET", "tables/exceptions", nil).is(200).body); after != now {
		t.Errorf("mistakes changed it: %s", after)
	}
	// Of a site, by whoever is limited to it: by its name.
	for _, name := range []string{"north", "south"} {
		admin.do("POST", "sites", m{"name": name, "targets": []string{"127.31.43.1"}, "checks": []string{"rdp"}}).is(201)
	}
	lisa := admin.user("lisa", "operator", "south")
	const with = "site,rule,scope,owner,reason,until\n"
	of := func(site string) string { return site + "," + nla + ",10.0.0.9,lisa,b," + day + "\n" }
	for _, wrong := range []string{of(""), of("north"), of("nowhere")} {
		if r := lisa.do("PUT", "tables/exceptions", []byte(with+of("south")+wrong), asTable).is(422); !strings.Contains(r.text("detail"), "line 3") || !strings.Contains(r.text("detail"), "site") {
			t.Errorf("%q: %s", wrong, r.body)
		}
	}
	if r := lisa.do("PUT", "tables/exceptions", []byte(with+of("South")), asTable).is(200); r.get("made") != 1.0 {
		t.Errorf("of one's own site: %s", r.body)
	}
	own := string(lisa.do("GET", "tables/exceptions", nil).is(200).body)
	if strings.Count(own, "\n") != 2 || !strings.Contains(own, ",south,") || strings.Contains(own, "10.0.0.1") {
		t.Errorf("what is of the site: %s", own)
	}
	if r := lisa.do("PUT", "tables/exceptions", []byte(own), asTable).is(200); r.get("kept") != 1.0 {
		t.Errorf("loaded again: %s", r.body)
	}
	if r := admin.do("PUT", "tables/exceptions", []byte(strings.Replace(own, ",south,", ",north,", 1)), asTable).is(200); r.get("changed") != 1.0 || r.get("lines.0.fields.0") != "site" {
		t.Errorf("moved by an admin: %s", r.body)
	}
	if own := string(lisa.do("GET", "tables/exceptions", nil).is(200).body); strings.Count(own, "\n") != 1 {
		t.Errorf("of another site now: %s", own)
	}
}

// TestBoardByTable: the board goes through a spreadsheet and back: what was edited changes, what somebody changed since does not, and nothing else does.
func TestBoardByTable(t *testing.T) {
	for _, n := range []string{"1", "2", "3"} {
		checktest.ServeDesktop(t, "127.31.45."+n)
	}
	s := serve(t, "127.31.45.0/24")
	c := s.admin(t)
	site := c.do("POST", "sites", m{"name": "one", "targets": []string{"127.31.45.1"}, "checks": []string{"rdp"}}).is(201).text("id")
	c.ended(c.do("POST", "jobs", m{"site": site}).is(202).text("id"))
	c.ended(c.do("POST", "jobs", m{"targets": []string{"127.31.45.2", "127.31.45.3"}, "checks": []string{"rdp"}}).is(202).text("id"))
	c.do("PUT", "owners", []byte("match,owner\n127.31.45.2,by rule\n"), asTable).is(200)
	id := func(addr string) string { return c.do("GET", "findings?q="+addr, nil).is(200).text("items.0.id") }
	one, two, three := id("127.31.45.1"), id("127.31.45.2"), id("127.31.45.3")
	c.do("PATCH", "findings/"+one, m{"owner": "'=ada", "comment": "=1+1\nsecond, \"line\""}).is(200)
	read := func(by *caller, query string) [][]string {
		rows, err := csv.NewReader(strings.NewReader(string(by.do("GET", "tables/findings"+query, nil).is(200).body))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	write := func(rows [][]string) []byte {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.WriteAll(rows)
		return []byte(b.String())
	}
	rows := read(c, "?state=open")
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	of := map[string]int{}
	for i, r := range rows {
		of[r[0]] = i
	}
	if len(rows) != 4 || rows[of[two]][at["owner"]] != "" || rows[of[two]][at["owner_by_rule"]] != "by rule" || rows[of[one]][at["comment"]] != "'=1+1\nsecond, \"line\"" || rows[of[one]][at["owner"]] != "''=ada" {
		t.Fatalf("the table: %q", rows)
	}
	if got := read(c, "?q=127.31.45.3"); len(got) != 2 || got[1][0] != three {
		t.Errorf("filtered: %q", got)
	}
	if r := c.do("PUT", "tables/findings", write(rows), asTable).is(200); r.get("kept") != 3.0 {
		t.Errorf("loaded as it is: %s", r.body)
	}
	rows[of[one]][at["state"]], rows[of[one]][at["due"]], rows[of[one]][at["rule"]] = "in-work", "2027-01-31", "nobody reads this"
	rows[of[two]][at["ticket"]] = "https://t.example/1"
	rows[of[three]][at["comment"]] = "mine"
	c.do("PATCH", "findings/"+three, m{"comment": "somebody else's"}).is(200)
	gone := append([]string{}, rows[of[one]]...)
	gone[0] = strings.Repeat("0", len(one))
	rows = append(rows, gone)
	want := map[string]any{"valid": true, "changed": 2.0, "left": 2.0, "kept": 0.0, "made": 0.0}
	tried := c.do("POST", "tables/findings/preview", write(rows), asTable).is(200)
	entries := c.do("GET", "audit?limit=1", nil).is(200).get("items.0.seq").(float64)
	done := c.do("PUT", "tables/findings", write(rows), asTable).is(200)
	for field, value := range want {
		if tried.get(field) != value || done.get(field) != value {
			t.Errorf("%s: tried %v, done %v, want %v: %s", field, tried.get(field), done.get(field), value, done.body)
		}
	}
	if text := string(done.body); !strings.Contains(text, `"does":"changed-since"`) || !strings.Contains(text, `"does":"unknown"`) || !strings.Contains(text, `"fields":["due","state"]`) {
		t.Errorf("lines: %s", text)
	}
	if e := c.do("GET", "audit?limit=1", nil).is(200); e.get("items.0.seq") != entries+1 || e.get("items.0.action") != "findings.load" || e.get("items.0.detail.findings") != "2" {
		t.Errorf("the audit log: %s", e.body)
	}
	if f := c.do("GET", "findings/"+one, nil).is(200); f.text("state") != "in-work" || f.text("due") != "2027-01-31" || f.text("owner") != "'=ada" || f.text("rule") != nla || f.text("comment") != "=1+1\nsecond, \"line\"" {
		t.Errorf("the first: %s", f.body)
	}
	if f := c.do("GET", "findings/"+two, nil).is(200); f.text("ticket") != "https://t.example/1" || f.text("owner") != "by rule" || f.get("owner_by_rule") != true {
		t.Errorf("the second: %s", f.body)
	}
	if f := c.do("GET", "findings/"+three, nil).is(200); f.text("comment") != "somebody else's" {
		t.Errorf("what somebody changed since: %s", f.body)
	}
	rows = read(c, "")
	for column, values := range map[string][]string{"state": {"closed", "excepted", "gone"}, "ticket": {"javascript:alert(1)"}, "due": {"31.12.2026"}, "version": {"", "x-open"}} {
		for _, v := range values {
			bad := read(c, "")
			bad[1][at["comment"]], bad[2][at[column]] = "half", v
			r := c.do("PUT", "tables/findings", write(bad), asTable).is(422)
			if !strings.Contains(r.text("detail"), column) || !strings.Contains(r.text("detail"), "line ") {
				t.Errorf("%s %q: %s", column, v, r.body)
			}
		}
	}
	if after := read(c, ""); fmt.Sprint(after) != fmt.Sprint(rows) {
		t.Errorf("a mistake changed %q to %q", rows, after)
	}
	limited := c.user("otto", "operator", "one")
	if got := read(limited, ""); len(got) != 2 || got[1][0] != one {
		t.Errorf("who sees one site: %q", got)
	}
	foreign := read(c, "?q=127.31.45.2")
	foreign[1][at["comment"]] = "mallory"
	if r := limited.do("PUT", "tables/findings", write(foreign), asTable).is(200); r.get("left") != 1.0 || r.get("lines.0.does") != "unknown" {
		t.Errorf("another site's: %s", r.body)
	}
	if f := c.do("GET", "findings/"+two, nil).is(200); f.text("comment") != "" {
		t.Errorf("another site's was changed: %s", f.body)
	}
}
