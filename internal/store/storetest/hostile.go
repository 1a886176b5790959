package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

// lines is an import of one run with one endpoint, whose lines a test changes.
func lines(id string) []string {
	return []string{
		`{"kind":"run","schema":"signet/1","run":"` + id + `","tool":"signet/x","started":"2026-11-20T10:00:00Z","ended":"2026-11-20T11:00:00Z","targets":["10.0.0.0/8"],"checks":["smb"],"depth":"anonymous","policy":"baseline/1","seed":1,"scope":"","progress":{"low":0,"addresses":1,"alive":1,"endpoints_asked":1,"outcomes":[1,0,0,0,0,0,0,0]}}`,
		`{"kind":"endpoint","run":"` + id + `","at":"2026-11-20T10:00:01Z","address":"10.0.0.1","port":445,"transport":"tcp","check":"smb","check_version":1,"outcome":"answered","open":true,"facts":{"signing":"required"},"took_ms":1.5}`,
		`{"kind":"summary","run":"` + id + `","observations":1}`,
	}
}

func importLines(t testing.TB, s store.Store, list ...string) ([]string, error) {
	t.Helper()
	return store.Import(t.Context(), strings.NewReader(strings.Join(list, "\n")+"\n"), s, importedAt())
}

// Nothing that a file says of itself changes what was stored before, or stays when it is refused.
func testImportHostile(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("mine"), 0, 20, true)
	before := export(t, s, "mine")
	run, endpoint, summary := 0, 1, 2
	change := func(line int, from, to string) func([]string) []string {
		return func(l []string) []string {
			changed := strings.Replace(l[line], from, to, 1)
			if changed == l[line] {
				t.Fatalf("%q does not stand in %q", from, l[line])
			}
			l[line] = changed
			return l
		}
	}
	id := func(to string) func([]string) []string {
		return func([]string) []string { return lines(to) }
	}
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for _, test := range []struct {
		name, want string
		harm       func([]string) []string
	}{
		{"the ID of a run that is stored", "stored already", id("mine")},
		{"no ID", "is no run ID", id("")},
		{"an ID that is a word", "is no run ID", id("latest")},
		{"another word", "is no run ID", id("previous")},
		{"an ID that is a path", "is no run ID", id("../../etc/passwd")},
		{"an ID that is a flag", "is no run ID", id("-o")},
		{"an ID of two lines", "is no run ID", id(`a\nb`)},
		{"an ID that clears the screen", "is no run ID", id(`a\u001b[2J`)},
		{"an ID that looks like another", "is no run ID", id(`mіne`)}, // Cyrillic
		{"an ID of 65 characters", "is no run ID", id(strings.Repeat("a", 65))},
		{"an ID of a megabyte", "is no run ID", id(strings.Repeat("a", 1<<20))},
		{"another schema", "this version reads signet/1", change(run, "signet/1", "signet/2")},
		{"no start", "no time of its start", change(run, `"started":"2026-11-20T10:00:00Z",`, "")},
		{"a start before there were computers", "before 1970", change(run, "2026-11-20T10", "0001-01-02T10")},
		{"an end before there were computers", "before 1970", change(run, "2026-11-20T11", "0901-01-02T10")},
		{"a year of five digits", "line 1", change(run, "2026-11-20T10", "12026-11-20T10")},
		{"a row centuries away", "centuries", change(endpoint, "2026-11-20T10", "1700-11-20T10")},
		{"a row without a time", "times of the endpoint", change(endpoint, `"at":"2026-11-20T10:00:01Z",`, "")},
		{"an address that is none", "line 2", change(endpoint, "10.0.0.1", "10.0.0.999")},
		{"an address with a zone", "is not the address", change(endpoint, "10.0.0.1", "fe80::1%eth0")},
		{"a port that is none", "line 2", change(endpoint, "445", "70000")},
		{"an outcome that is none", "line 2", change(endpoint, `"answered"`, `"exploited"`)},
		{"facts that are no object", "facts are not an object", change(endpoint, `{"signing":"required"}`, `"required"`)},
		{"no check", "is not the name of a check", change(endpoint, `"check":"smb"`, `"check":""`)},
		{"a check that is a page", "is not the name of a check", change(endpoint, `"check":"smb"`, `"check":"`+strings.Repeat("x", 5000)+`"`)},
		{"a check of two lines", "is not the name of a check", change(endpoint, `"check":"smb"`, `"check":"smb\n"`)},
		{"a time that never ends", "line 2", change(endpoint, `"took_ms":1.5`, `"took_ms":1e300`)},
		{"facts nested deep", "deep in one another", change(endpoint, `"required"`, deep)},
		{"a run nested deep", "deep in one another", change(run, `"seed":1`, `"flags":`+deep)},
		{"a line without an end", "longer than", change(endpoint, `"required"`, `"`+strings.Repeat("x", 33<<20)+`"`)},
		{"a run's line of megabytes", "longer than", change(run, "10.0.0.0/8", strings.Repeat("x", 5<<20))},
		{"a thousand verdicts", "more verdicts", change(run, `"seed":1`, `"verdicts":[`+strings.Repeat("1,", 1000)+"1]")},
		{"a count that is wrong", "counts 7", change(summary, `"observations":1`, `"observations":7`)},
		{"a count below nothing", "line 3", change(summary, `"observations":1`, `"observations":-1`)},
		{"a row of another run", "belongs to run", change(endpoint, `"run":"hostile"`, `"run":"mine"`)},
		{"a run inside a run", "begins before", func(l []string) []string { return []string{l[0], lines("inner")[0], l[1], l[2]} }},
		{"no summary", "cut short", func(l []string) []string { return l[:2] }},
		{"no run", "stands before any run", func(l []string) []string { return l[1:] }},
		{"a row after the end", "stands before any run", func(l []string) []string { return append(l, l[1]) }},
		{"no JSON", "line 2", func(l []string) []string { l[1] = "\x00\xff"; return l }},
		{"a thousand checks", "kinds of observations", func(l []string) []string {
			row := l[1]
			l = l[:1]
			for i := range 1000 {
				l = append(l, strings.Replace(row, `"check":"smb"`, fmt.Sprintf(`"check":"c%d"`, i), 1))
			}
			return append(l, strings.Replace(lines("hostile")[2], `"observations":1`, `"observations":1000`, 1))
		}},
	} {
		ids, err := importLines(t, s, test.harm(lines("hostile"))...)
		if test.name == "a row after the end" { // the run before it is whole
			if !slices.Equal(ids, []string{"hostile"}) || s.Delete(t.Context(), "hostile") != nil {
				t.Errorf("%s: %q are stored", test.name, ids)
			}
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %.200v", test.name, test.want, err)
		}
		if err != nil && (len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\n\x1b")) {
			t.Errorf("%s: the error is no short line: %.600q", test.name, err)
		}
		if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 1 || runs[0].ID != "mine" {
			t.Fatalf("%s: %d runs are left, %v", test.name, len(runs), err)
		}
	}
	if after := export(t, s, "mine"); !bytes.Equal(before, after) {
		t.Error("the run that was stored is not what it was")
	}
	if ids, err := importLines(t, s, lines("harmless")...); err != nil || !slices.Equal(ids, []string{"harmless"}) {
		t.Errorf("the lines unchanged: %v, %v", ids, err)
	}
}

// What an import that was killed left stands for nothing, and gives way to the next one. A run that is whole never does.
func testImportAgain(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("mine"), 0, 5, false)
	half := NewRun("hostile")
	half.Importing, half.Imported = true, importedAt()
	r, err := store.Begin(t.Context(), s, half, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, 0, 700, true)
	if err := r.Finish(func(*store.Run) {}); err != nil { // as it stands when the process dies
		t.Fatal(err)
	}
	if run := find(t, s, "latest"); run.ID != "mine" {
		t.Errorf("the latest run is %s", run.ID)
	}
	if run := find(t, s, "hostile"); !run.Importing || run.Stands() {
		t.Errorf("%+v", run)
	}
	if ids, err := importLines(t, s, lines("hostile")...); err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	run := find(t, s, "hostile")
	if run.Importing || !run.Stands() || run.Observations != 1 || len(read(t, s, "hostile", store.AsStored)) != 1 {
		t.Errorf("%+v", run)
	}
	for _, id := range []string{"hostile", "mine"} {
		if _, err := importLines(t, s, lines(id)...); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s again: %v", id, err)
		}
	}
	// One that is interrupted is gone.
	ctx, cancel := context.WithCancel(t.Context())
	in := &cancelled{text: strings.Join(lines("stopped")[:2], "\n") + "\n", cancel: cancel}
	if _, err := store.Import(ctx, in, s, importedAt()); err == nil {
		t.Error("an import that was interrupted came to its end")
	}
	if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// cancelled is a file whose reader has enough at its end.
type cancelled struct {
	text   string
	cancel func()
}

func (c *cancelled) Read(b []byte) (int, error) {
	if c.text == "" {
		c.cancel()
		return 0, context.Canceled
	}
	n := copy(b, c.text)
	c.text = c.text[n:]
	return n, nil
}

// A run that calls itself newer than its import is as old as that, so that the next run is newer than it.
func testImportDates(t *testing.T, p Place) {
	s := open(t, p)
	dated := func(id, year string) {
		t.Helper()
		l := lines(id)
		l[0] = strings.ReplaceAll(l[0], "2026-11-20", year+"-11-20")
		l[1] = strings.ReplaceAll(l[1], "2026-11-20", year+"-11-20")
		if _, err := importLines(t, s, l...); err != nil {
			t.Fatal(err)
		}
	}
	dated("future", "2099")
	dated("past", "1970")
	fill(t, s, NewRun("before"), 0, 1, false) // began a day before the import
	after := NewRun("after")
	after.Started = importedAt().Add(time.Hour)
	fill(t, s, after, 0, 1, false)
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for i := range runs {
		order = append(order, runs[i].ID)
	}
	if want := []string{"after", "future", "before", "past"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q, want %q", order, want)
	}
	if run := find(t, s, "future"); run.Started.Year() != 2099 || !run.When().Equal(importedAt()) {
		t.Errorf("it says %s and counts as of %s", run.Started, run.When())
	}
}

// Runs that failed stand for nothing: they are never the latest, nor the previous one.
func testStands(t *testing.T, p Place) {
	s := open(t, p)
	failed := func(id string, day int) {
		t.Helper()
		run := NewRun(id)
		run.Started = Started().AddDate(0, 0, day)
		r, err := store.Begin(t.Context(), s, run, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Finish(func(run *store.Run) { run.Ended, run.Failed = run.Started, "nobody answered" }); err != nil {
			t.Fatal(err)
		}
	}
	wantFound := func(name, want string) {
		t.Helper()
		runs, err := store.AllRuns(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Find(runs, name)
		switch {
		case want == "" && !errors.Is(err, store.ErrUnknown):
			t.Errorf("%s: %v, %v", name, got, err)
		case want != "" && (err != nil || got.ID != want):
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
	failed("nothing", 9)
	wantFound("latest", "")
	fill(t, s, NewRun("one"), 0, 1, false)
	wantFound("latest", "one")
	wantFound("previous", "")
	failed("nothing-again", 10)
	two := NewRun("two")
	two.Started = Started().AddDate(0, 0, 11)
	fill(t, s, two, 0, 1, false)
	failed("and-again", 12)
	wantFound("latest", "two")
	wantFound("", "two")
	wantFound("previous", "one")
	wantFound("and-again", "and-again")
	if run := find(t, s, "and-again"); run.Failed != "nobody answered" || run.Stands() || !run.Finished() {
		t.Errorf("%+v", run)
	}
}

// What is whole is found whole.
func testCheck(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("a"), 0, 3000, true)
	fill(t, s, NewRun("b"), 0, 10, false)
	if err := s.Drop(t.Context(), "b", []uint64{3}); err != nil {
		t.Fatal(err)
	}
	run := find(t, s, "b")
	r, err := store.GoOn(t.Context(), s, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, 10, 20, true)
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(line string) { t.Error(line) }
	done, err := store.Check(t.Context(), s, runs, tell)
	if err != nil || done != (store.Checked{Runs: 2, Rows: 3019}) {
		t.Errorf("%+v, %v", done, err)
	}
	if err := s.Verify(t.Context(), tell); err != nil {
		t.Error(err)
	}
}
