package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

// reported is a report of one run in JSON lines: an endpoint that answered, one that refused, a client.
func reported() []string {
	return []string{
		`{"kind":"run","schema":"signet/1","run":"theirs","tool":"signet/x","started":"2026-11-20T10:00:00.000Z","targets":["10.0.0.0/8"],"checks":["smb"],"depth":"anonymous","policy":"baseline/1"}`,
		`{"kind":"endpoint","run":"theirs","at":"2026-11-20T10:00:01.000Z","address":"10.0.0.1","port":445,"transport":"tcp","check":"smb","outcome":"answered","verdict":"guarded","because":[],"facts":{"signing":"required"},"findings":[],"took_ms":1.5}`,
		`{"kind":"endpoint","run":"theirs","at":"2026-11-20T10:00:01.000Z","address":"10.0.0.2","port":445,"transport":"tcp","check":"smb","outcome":"refused","verdict":"undetermined","because":[],"facts":{},"findings":[],"took_ms":1.5}`,
		`{"kind":"client","run":"theirs","at":"2026-11-20T10:00:02.000Z","client":"10.0.0.9","server":"10.0.0.1","port":445,"check":"smb","user":"jdoe","connections":3}`,
		`{"kind":"host","run":"theirs","address":"10.0.0.1"}`,
		`{"kind":"summary","run":"theirs","ended":"2026-11-20T11:00:00.000Z","coverage":{"addresses":2,"alive":2,"endpoints_asked":2,"undetermined":0,"answered":1,"refused":1},"verdicts":{"exposed":0,"guarded":1,"unseen":0,"undetermined":0},"findings":{}}`,
	}
}

// A report in JSON lines becomes the run that it was made of, as far as it tells; one that contradicts itself is not stored.
func testImportReport(t *testing.T, p Place) {
	s := open(t, p)
	for _, test := range []struct {
		name, want string
		line       int
		from, to   string
	}{
		{"a line is missing", "counts 2 endpoints with a verdict, and 1 were read", 5, `"guarded":1`, `"guarded":2`},
		{"a line too many", "counts 0 endpoints with a verdict, and 1 were read", 5, `"guarded":1`, `"guarded":0`},
		{"counts that run over to the right sum", "of one verdict", 5, `"exposed":0,"guarded":1`, `"exposed":18446744073709551615,"guarded":2`},
		{"a count below nothing", "line 6", 5, `"guarded":1`, `"guarded":-1`},
		{"no end", "no time of the run's end", 5, `"ended":"2026-11-20T11:00:00.000Z",`, ``},
		{"an end before there were computers", "no time of the run's end", 5, `2026-11-20T11`, `0901-11-20T11`},
		{"no coverage", "counts 0 observations", 5, `"coverage":`, `"cover":`},
		{"a client without an address", "is not the address", 3, `"client":"10.0.0.9",`, ``},
		{"a client with a zone", "is not the address", 3, `10.0.0.9`, `fe80::1%eth0`},
		{"a client centuries away", "centuries", 3, `2026-11-20`, `1700-11-20`},
		{"a client of another run", "belongs to run", 3, `theirs`, `ours`},
		{"an endpoint with a zone", "is not the address", 1, `10.0.0.1`, `fe80::1%eth0`},
		{"facts that are no object", "facts are not an object", 1, `{"signing":"required"}`, `"required"`},
	} {
		list := reported()
		list[test.line] = strings.Replace(list[test.line], test.from, test.to, 1)
		if slices.Equal(list, reported()) {
			t.Fatalf("%s: %q does not stand there", test.name, test.from)
		}
		if _, err := importLines(t, s, list...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
		if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 0 {
			t.Fatalf("%s: %d runs are left behind, %v", test.name, len(runs), err)
		}
	}
	if _, err := importLines(t, s, reported()[:5]...); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("without its summary: %v", err)
	}
	if ids, err := importLines(t, s, reported()...); err != nil || !slices.Equal(ids, []string{"theirs"}) {
		t.Fatalf("%v, %v", ids, err)
	}
	run := find(t, s, "theirs")
	if !run.Finished() || !run.Ended.Equal(time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)) || run.Observations != 3 || run.Progress.Asked != 2 ||
		run.Progress.Outcomes[signet.Refused] != 1 || len(run.Verdicts) <= int(signet.Guarded) || run.Verdicts[signet.Guarded] != 1 {
		t.Errorf("the run: %+v", run)
	}
	var got []string
	for o, err := range store.Observations(t.Context(), s, run, store.ByAddress) {
		if err != nil {
			t.Fatal(err)
		}
		said := o.Check + " " + o.Addr.String() + " " + o.Outcome.String()
		if o.Open {
			said += " open"
		}
		if o.Facts != nil {
			said += " " + string(o.Facts.AppendJSON(nil))
		}
		if o.CheckVersion != 1 {
			t.Errorf("%s: version %d of the check", said, o.CheckVersion)
		}
		got = append(got, said)
	}
	want := []string{
		`smb 10.0.0.1 answered open {"signing":"required"}`,
		`smb 10.0.0.2 refused`,
		`client 10.0.0.9 answered open {"client":"10.0.0.9","server":"10.0.0.1","port":445,"check":"smb","user":"jdoe","connections":3}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("stored\ngot  %q\nwant %q", got, want)
	}
}
