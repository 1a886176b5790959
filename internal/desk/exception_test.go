package desk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

func goodException() Exception {
	return Exception{Rule: "smb-signing-not-required", Scope: Terms{"10.0.0.0/8"}, Owner: "Ada", Reason: "an old printer\r\nuntil March", Until: "2026-12-31"}
}

func TestExceptions(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	for field, how := range map[string]func(*Exception){
		"rule":   func(e *Exception) { e.Rule = "nope" },
		"scope":  func(e *Exception) { e.Scope = Terms{"???"} },
		"owner":  func(e *Exception) { e.Owner = "" },
		"reason": func(e *Exception) { e.Reason = " \n " },
		"until":  func(e *Exception) { e.Until = "2026-11-28" },
	} {
		e := goodException()
		how(&e)
		_, err := f.ProposeException(ctx, f.operator, e)
		wantField(t, err, field)
	}
	for _, until := range []string{"", "tomorrow", "2026-13-01", "31.12.2026", "9999-01-01", "2026-12-31T00:00:00Z"} {
		e := goodException()
		e.Until = until
		_, err := f.ProposeException(ctx, f.operator, e)
		wantField(t, err, "until")
	}
	e := goodException()
	e.Rule, e.Scope = "*", nil
	_, err := f.ProposeException(ctx, f.operator, e)
	wantField(t, err, "scope")
	for _, act := range []Act{{}, f.viewer} {
		_, err := f.ProposeException(ctx, act, goodException())
		wantError(t, act.Who.Name, err, ErrForbidden)
	}
	// What an operator says of its state does not count.
	e = goodException()
	e.State, e.ApprovedBy, e.ProposedBy, e.ID = Approved, "root", "root", "mine"
	e, err = f.ProposeException(ctx, f.operator, e)
	if err != nil || e.State != Proposed || e.ApprovedBy != "" || e.ProposedBy != f.operator.Who.ID || e.ID == "mine" || e.Reason != "an old printer\nuntil March" {
		t.Fatalf("%+v, %v", e, err)
	}
	if n := len(f.InForce(f.now())); n != 0 {
		t.Errorf("a proposal counts")
	}
	_, err = f.ChangeException(ctx, f.operator, e.ID, e.Rev, ExceptionChange{State: ptr(Approved)})
	wantError(t, "an operator approves", err, ErrForbidden)
	other := f.act(f.make(t, "olga", Operator))
	_, err = f.ChangeException(ctx, other, e.ID, e.Rev, ExceptionChange{Owner: ptr("x")})
	wantError(t, "of another operator", err, ErrForbidden)
	wantError(t, "removed by another operator", f.RemoveException(ctx, other, e.ID, e.Rev), ErrForbidden)
	e, err = f.ChangeException(ctx, f.operator, e.ID, e.Rev, ExceptionChange{Owner: ptr("Eva"), Scope: &Terms{}, State: ptr(Proposed)})
	if err != nil || e.Owner != "Eva" || len(e.Scope) != 0 || e.State != Proposed {
		t.Fatalf("%+v, %v", e, err)
	}
	_, err = f.ChangeException(ctx, f.root, e.ID, e.Rev+100, ExceptionChange{State: ptr(Approved)})
	wantError(t, "another revision", err, store.ErrStale)
	_, err = f.ChangeException(ctx, f.root, e.ID, e.Rev, ExceptionChange{State: ptr(ExceptionState("nope"))})
	wantField(t, err, "state")
	e, err = f.ChangeException(ctx, f.root, e.ID, e.Rev, ExceptionChange{State: ptr(Approved)})
	if err != nil || e.State != Approved || e.ApprovedBy != f.root.Who.ID || !e.Approved.Equal(f.now()) {
		t.Fatalf("%+v, %v", e, err)
	}
	// It counts to the end of its last day.
	for day, want := range map[string]int{"2026-11-29T12:00:00Z": 1, "2026-12-31T23:59:59Z": 1, "2027-01-01T00:00:00Z": 0, "2026-12-31T23:30:00-05:00": 0} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(f.InForce(at)); n != want {
			t.Errorf("on %s %d count", day, n)
		}
	}
	_, err = f.ChangeException(ctx, f.operator, e.ID, e.Rev, ExceptionChange{Until: ptr("2027-12-31")})
	wantError(t, "an operator prolongs what was approved", err, ErrForbidden)
	wantError(t, "an operator removes what was approved", f.RemoveException(ctx, f.operator, e.ID, e.Rev), ErrForbidden)
	f.again(t)
	if len(f.InForce(f.now())) != 1 {
		t.Error("in the next process it counts no more")
	}
	e, err = f.ChangeException(ctx, f.root, e.ID, e.Rev, ExceptionChange{State: ptr(Proposed)})
	if err != nil || len(f.InForce(f.now())) != 0 || e.ApprovedBy != "" {
		t.Errorf("taken back: %+v, %v", e, err)
	}
	if err := f.RemoveException(ctx, f.operator, e.ID, e.Rev); err != nil {
		t.Errorf("one's own proposal: %v", err)
	}
	e, err = f.ProposeException(ctx, f.root, goodException())
	if err != nil || e.State != Approved || e.ApprovedBy != f.root.Who.ID {
		t.Errorf("of an admin: %+v, %v", e, err)
	}
	f.sound(t)
}

// TestExceptionsOfSites: who is limited to sites proposes, changes, approves and sees what is of these sites, and nothing else.
func TestExceptionsOfSites(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	var ids []string
	for _, name := range []string{"Berlin", "Lyon"} {
		s, err := f.PutSite(ctx, f.root, Site{Name: name, Targets: []string{"10.0.0.1"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.ID)
	}
	at := func(site string) Exception {
		e := goodException()
		e.Site = site
		return e
	}
	liv, adam, both := f.act(f.make(t, "liv", Operator, "Berlin")), f.act(f.make(t, "adam", Admin, "Berlin")), f.act(f.make(t, "bo", Operator, "Berlin", "Lyon"))
	viewer := f.act(f.make(t, "vic", Viewer, "Berlin"))
	_, err := f.ProposeException(ctx, liv, at(""))
	wantError(t, "of any site", err, ErrForbidden)
	_, err = f.ProposeException(ctx, viewer, at("Berlin"))
	wantError(t, "by a viewer", err, ErrForbidden)
	for _, site := range []string{"Lyon", ids[1], "Nowhere"} {
		_, err = f.ProposeException(ctx, liv, at(site))
		wantField(t, err, "site")
	}
	mine, err := f.ProposeException(ctx, liv, at("berlin"))
	if err != nil || mine.Site != ids[0] || mine.State != Proposed || f.lastEntry(t).Detail["site"] != ids[0] {
		t.Fatalf("%+v, %v", mine, err)
	}
	general, err := f.ProposeException(ctx, f.operator, at(""))
	if err != nil || general.Site != "" {
		t.Fatal(err)
	}
	foreign, err := f.ProposeException(ctx, both, at("Lyon"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		by   Act
		sees int
	}{{f.root, 3}, {f.operator, 3}, {f.viewer, 3}, {liv, 1}, {adam, 1}, {viewer, 1}, {both, 2}, {Act{}, 0}} {
		if got := f.Exceptions(k.by.Who); len(got) != k.sees {
			t.Errorf("%s sees %d, want %d", k.by.Who.Name, len(got), k.sees)
		}
	}
	for _, by := range []Act{liv, adam} {
		for _, other := range []Exception{general, foreign} {
			_, err = f.Exception(by.Who, other.ID)
			wantError(t, "looked at", err, store.ErrUnknown)
			_, err = f.ChangeException(ctx, by, other.ID, other.Rev, ExceptionChange{State: ptr(Approved)})
			wantError(t, "changed", err, store.ErrUnknown)
			wantError(t, "removed", f.RemoveException(ctx, by, other.ID, other.Rev), store.ErrUnknown)
		}
		_, err = f.ChangeException(ctx, by, mine.ID, mine.Rev, ExceptionChange{Site: ptr("Lyon")})
		wantField(t, err, "site")
		_, err = f.ChangeException(ctx, by, mine.ID, mine.Rev, ExceptionChange{Site: ptr("")})
		wantError(t, "made general", err, ErrForbidden)
	}
	_, err = f.ChangeException(ctx, liv, mine.ID, mine.Rev, ExceptionChange{State: ptr(Approved)})
	wantError(t, "approved by its operator", err, ErrForbidden)
	_, err = f.ChangeException(ctx, both, mine.ID, mine.Rev, ExceptionChange{Owner: ptr("x")})
	wantError(t, "of another operator", err, ErrForbidden)
	if foreign, err = f.ChangeException(ctx, both, foreign.ID, foreign.Rev, ExceptionChange{Site: ptr("Berlin")}); err != nil || foreign.Site != ids[0] {
		t.Errorf("moved between one's own sites: %+v, %v", foreign, err)
	}
	if foreign, err = f.ChangeException(ctx, both, foreign.ID, foreign.Rev, ExceptionChange{Site: ptr("Lyon")}); err != nil {
		t.Error(err)
	}
	if mine, err = f.ChangeException(ctx, adam, mine.ID, mine.Rev, ExceptionChange{State: ptr(Approved)}); err != nil || mine.ApprovedBy != adam.Who.ID {
		t.Errorf("by the admin of the site: %+v, %v", mine, err)
	}
	wantError(t, "taken back once it is approved", f.RemoveException(ctx, liv, mine.ID, mine.Rev), ErrForbidden)
	if e, err := f.ProposeException(ctx, adam, at(ids[0])); err != nil || e.State != Approved {
		t.Errorf("of an admin of the site: %+v, %v", e, err)
	}
	// What is more at one site than at another counts there alone.
	split := f.act(f.make(t, "sam", Viewer))
	split.Who.Role, split.Who.Sites, split.Who.Grants = Admin, ids, []Grant{{Admin, ids[:1]}, {Operator, ids[1:]}}
	_, err = f.ChangeException(ctx, split, foreign.ID, foreign.Rev, ExceptionChange{State: ptr(Approved)})
	wantError(t, "approved by who is an admin elsewhere", err, ErrForbidden)
	_, err = f.ChangeException(ctx, split, foreign.ID, foreign.Rev, ExceptionChange{Site: ptr("Berlin")})
	wantError(t, "taken to where it is an admin", err, ErrForbidden)
	_, err = f.ChangeException(ctx, split, mine.ID, mine.Rev, ExceptionChange{Site: ptr("Lyon")})
	wantError(t, "carried to where it is not an admin", err, ErrForbidden)

	lines := func(site, id string) []ExceptionLine {
		e := goodException()
		return []ExceptionLine{{ID: id, Was: store.AnyRev, ExceptionChange: ExceptionChange{Rule: &e.Rule, Scope: &e.Scope, Owner: &e.Owner, Reason: &e.Reason, Until: ptr("2026-12-30"), Site: ptr(site)}}}
	}
	for _, k := range []struct{ site, id, field string }{{"", "", "site"}, {"Lyon", "", "site"}, {"Berlin", general.ID, "id"}, {"Berlin", foreign.ID, "id"}, {"Berlin", mine.ID, "id"}, {"Berlin", "", ""}} {
		got, err := f.LoadExceptions(ctx, liv, lines(k.site, k.id), true)
		if err != nil || (k.field == "") != (got[0].Err == nil) {
			t.Errorf("a line of %+v: %+v, %v", k, got, err)
		} else if k.field != "" {
			wantField(t, got[0].Err, k.field)
		}
	}
	f.again(t)
	if e, err := f.Exception(System(), mine.ID); err != nil || e.Site != ids[0] {
		t.Errorf("in the next process: %+v, %v", e, err)
	}
	// With a site goes what covers its findings alone.
	if err := f.RemoveException(ctx, both, foreign.ID, foreign.Rev); err != nil {
		t.Error(err)
	}
	if foreign, err = f.ProposeException(ctx, f.operator, at("Lyon")); err != nil {
		t.Fatal(err)
	}
	u, _ := f.users.find(func(u *user) bool { return u.Name == "bo" })
	if err := f.RemoveUser(ctx, f.root, u.id, u.rev); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveSite(ctx, f.root, ids[1], store.AnyRev); err != nil {
		t.Fatal(err)
	}
	_, err = f.Exception(System(), foreign.ID)
	wantError(t, "of a site that is gone", err, store.ErrUnknown)
	if _, err := f.Exception(System(), general.ID); err != nil {
		t.Error(err)
	}
	f.sound(t)
}

func TestTerms(t *testing.T) {
	for in, want := range map[string]int{`"10.0.0.1"`: 1, `["a","b"]`: 2, `""`: 0, `[]`: 0} {
		var terms Terms
		if err := json.Unmarshal([]byte(in), &terms); err != nil || len(terms) != want {
			t.Errorf("%s: %q, %v", in, terms, err)
		}
	}
	var terms Terms
	if err := json.Unmarshal([]byte(`{"a":1}`), &terms); err == nil {
		t.Error("an object is taken")
	}
}

func TestRows(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	for field, e := range map[string]RowEdit{
		"id":      {},
		"owner":   {ID: "r1", Owner: ptr("a\x00b")},
		"ticket":  {ID: "r1", Ticket: ptr("javascript:alert(1)")},
		"due":     {ID: "r1", Due: ptr("soon")},
		"comment": {ID: "r1", Comment: ptr(strings.Repeat("x\n", 4000))},
		"state":   {ID: "r1", State: ptr(RowWord("closed"))},
	} {
		wantField(t, f.EditRows(ctx, f.operator, []RowEdit{{ID: "good", Owner: ptr("x")}, e}), field)
	}
	for _, word := range []RowWord{"", "excepted", "done", "OPEN"} {
		wantField(t, f.EditRows(ctx, f.operator, []RowEdit{{ID: "r1", State: &word}}), "state")
	}
	wantField(t, f.EditRows(ctx, f.operator, []RowEdit{{ID: "r1"}, {ID: "r1"}}), "id")
	wantError(t, "too many", f.EditRows(ctx, f.operator, make([]RowEdit, mostEdits+1)), ErrTooMany)
	wantError(t, "a viewer", f.EditRows(ctx, f.viewer, []RowEdit{{ID: "r1", Owner: ptr("x")}}), ErrForbidden)
	if len(f.Rows()) != 0 || f.Row("good") != (RowState{State: RowOpen}) {
		t.Errorf("something was written: %+v", f.Rows())
	}
	err := f.EditRows(ctx, f.operator, []RowEdit{
		{ID: "r1", Owner: ptr(" Ada "), Ticket: ptr("https://tickets.example/T-1?a=b#c"), Due: ptr("2026-12-01"), Comment: ptr("one\r\ntwo"), State: ptr(RowInWork)},
		{ID: "r2", Was: store.AnyRev, Owner: ptr("Eva")},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := f.Row("r1")
	if r.Owner != "Ada" || r.Comment != "one\ntwo" || r.State != RowInWork || r.By != f.operator.Who.ID || r.Rev == 0 || len(f.Rows()) != 2 || f.Row("r2").State != RowOpen {
		t.Errorf("%+v", f.Rows())
	}
	wantError(t, "as if there were none", f.EditRows(ctx, f.operator, []RowEdit{{ID: "r3", Owner: ptr("x")}, {ID: "r1", Owner: ptr("x")}}), store.ErrStale)
	wantError(t, "as if there were one", f.EditRows(ctx, f.operator, []RowEdit{{ID: "r3", Was: 5, Owner: ptr("x")}}), store.ErrStale)
	wantError(t, "another revision", f.EditRows(ctx, f.operator, []RowEdit{{ID: "r1", Was: r.Rev + 100, Owner: ptr("x")}}), store.ErrStale)
	if err := f.EditRows(ctx, f.operator, []RowEdit{{ID: "r1", Was: r.Rev, State: ptr(RowToVerify), Ticket: ptr("")}}); err != nil {
		t.Fatal(err)
	}
	f.again(t)
	if now := f.Row("r1"); now.Owner != "Ada" || now.Ticket != "" || now.State != RowToVerify || len(f.Rows()) != 2 {
		t.Errorf("%+v", now)
	}
	// Who is limited to a site works its rows alone.
	if _, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0); err != nil {
		t.Fatal(err)
	}
	limited := f.act(f.make(t, "liv", Operator, "Berlin"))
	mine := limited.Who.Sites[0]
	for _, site := range []string{"", "elsewhere"} {
		wantError(t, "a row of "+site, f.EditRows(ctx, limited, []RowEdit{{ID: "r4", Site: mine, Owner: ptr("x")}, {ID: "r5", Site: site, Owner: ptr("x")}}), ErrForbidden)
	}
	if err := f.EditRows(ctx, limited, []RowEdit{{ID: "r4", Site: mine, Owner: ptr("x")}}); err != nil {
		t.Error(err)
	}
	if e := f.lastEntry(t); e.Action != "finding.change" || e.Object != "r4" || e.Detail["fields"] != "owner" {
		t.Errorf("%+v", e)
	}
	f.sound(t)
}

func TestTicket(t *testing.T) {
	for _, s := range []string{"", "http://x", "https://jira.example:8443/browse/A-1?x=%20y&z#f", "HTTPS://X/"} {
		if got, err := ticket(s); err != nil || got != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"x", "//x/y", "ftp://x", "javascript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "http:", "http://", "http:///x", "http:x", "https://user@x", "https://u:p@x/",
		"https://x/\"onclick=", "https://x/<script>", "https://x/'", "https://x/ y", "https://x/\u202e", "https://x/\x00", "https://x/`", `https:\\x`, "https://:80/", "https://x/" + strings.Repeat("y", 2000), "vbscript:x", "http://[::1"} {
		if got, err := ticket(s); err == nil {
			t.Errorf("%q is taken: %q", s, got)
		} else {
			wantField(t, err, "ticket")
		}
	}
}

func FuzzTicket(f *testing.F) {
	for _, s := range []string{"https://x/y", "javascript:alert(1)", "http://u:p@[::1%25eth0]:80/?#", "\x00https://x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ticket(s)
		if err != nil || got == "" {
			return
		}
		low := strings.ToLower(got)
		if !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") || strings.ContainsAny(got, "\"'<>` \t\r\n\x00") || len(got) > mostTicket {
			t.Errorf("%q is taken as %q", s, got)
		}
	})
}

// TestRowNotes: what is said of a row is remembered as it was said, and what says nothing new is not.
func TestRowNotes(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	edit := func(e RowEdit) {
		t.Helper()
		e.ID, e.Was = "r1", store.AnyRev
		f.move(time.Second)
		if err := f.EditRows(ctx, f.operator, []RowEdit{e, {ID: "r10", Was: store.AnyRev, Owner: ptr("others")}}); err != nil {
			t.Fatal(err)
		}
	}
	edit(RowEdit{Owner: ptr("ada"), Due: ptr("2027-01-31")})
	edit(RowEdit{Comment: ptr("no news")})
	edit(RowEdit{Owner: ptr("ada"), State: ptr(RowInWork)})
	edit(RowEdit{Owner: ptr(""), Ticket: ptr("https://t.example/1")})
	notes, err := f.RowNotes(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i, n := range notes {
		if n.By != f.operator.Who.ID || i > 0 && !n.At.After(notes[i-1].At) {
			t.Errorf("%+v", n)
		}
		for _, v := range []*string{n.Owner, n.Ticket, n.Due, (*string)(n.State)} {
			if v != nil {
				got += "[" + *v + "]"
			}
		}
		got += ";"
	}
	if want := "[ada][2027-01-31];[in-work];[][https://t.example/1];"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if notes, err := f.RowNotes(ctx, "r2"); err != nil || notes != nil {
		t.Errorf("of a row of which nothing was said: %+v (%v)", notes, err)
	}
}
