package estate_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/run"
)

// day is the day on which exceptions are held, in all tests.
func day() time.Time { return time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC) }

func judgeOf(t testing.TB, yaml string) *judge.Judge {
	t.Helper()
	p, err := judge.Parse([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	return j.On(day())
}

func baseline(t testing.TB) *judge.Judge {
	t.Helper()
	return judgeOf(t, judge.Source("baseline"))
}

// sampleText is the run of `signet demo`, as JSON lines.
func sampleText(t testing.TB) string {
	t.Helper()
	f, err := os.Open("../sample/sample.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// replay reads a run of JSON lines into a report, under a judge.
func replay(t testing.TB, lines string, j *judge.Judge, out report.Handler) {
	t.Helper()
	in, err := run.ReadLines(strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	env := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	if _, err := env.Report(t.Context(), in, &run.Replay{Judge: j, Unreached: true}, out); err != nil {
		t.Fatal(err)
	}
}

// read makes a reading of a run of JSON lines.
func read(t testing.TB, lines string) *estate.Reading {
	t.Helper()
	r, err := estate.Decode(parts(t, lines, baseline(t)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parts(t testing.TB, lines string, j *judge.Judge) (list [][]byte) {
	t.Helper()
	replay(t, lines, j, estate.NewMaker(all.Checks(), j, func(part []byte) error {
		list = append(list, part)
		return nil
	}))
	return list
}

// policies rate by roles, names, places and switch rules off, and accept findings.
func policies() map[string]string {
	head := "name: own\nversion: 1\n"
	return map[string]string{
		"baseline": judge.Source("baseline"),
		"default":  head,
		"off":      head + "default: low\nrules: {smb-signing-not-required: off, smb1-enabled: critical}\n",
		"roles": head + "extends: baseline\nroles:\n  domain-controller: {ldap-signing-not-required: critical, smb1-enabled: info}\n  certificate-enrolment-web: {adcs-web-enrollment-ntlm-http: low}\n" +
			"  nas: {smb-signing-not-required: info}\n  web-server: {http-ntlm-plain: critical}\n",
		"places": head + "extends: baseline\ntags: {old: [127.20.1.0/24, '*.lab.example']}\nseverities:\n" +
			"  - {rule: '*', scope: 'tag:old', role: domain-controller, severity: critical}\n  - {rule: smb1-enabled, scope: 127.20.0.0/16, severity: info}\n" +
			"  - {rule: ldap-signing-not-required, scope: 'dc*', severity: low}\n",
		"exceptions": head + "extends: baseline\nexceptions:\n" +
			"  - {rule: smb-signing-not-required, scope: [127.20.1.0/24, 'fs*'], owner: Mara, reason: soon, until: 2026-12-31}\n" +
			"  - {rule: smb1-enabled, scope: 127.20.0.0/16, owner: Jo, reason: it was, until: 2026-11-21}\n" +
			"  - {rule: '*', scope: 'dc1.lab.example', owner: Jo, reason: the controller, until: 2027-01-01}\n" +
			"  - {rule: http-ntlm-plain, scope: 127.0.0.0/8, owner: Jo, reason: the web, until: 2026-11-22}\n",
		"all accepted": head + "extends: baseline\nroles:\n  domain-controller: {smb1-enabled: info, smb-signing-not-required: critical, rdp-nla-not-required: critical}\n  configuration-manager: {http-ntlm-epa-unknown: critical}\n" +
			"  exchange: {http-ntlm-epa-unknown: low}\nexceptions:\n  - {rule: '*', scope: dc3.lab.example, owner: Jo, reason: by name, until: 2026-12-31}\n  - {rule: '*', scope: 127.0.0.0/8, owner: Mara, reason: all, until: 2026-12-31}\n",
		"roles and exceptions": head + "extends: baseline\nroles:\n  domain-controller: {smb1-enabled: critical, ldap-signing-not-required: info}\n  nas: {smb1-enabled: low}\nexceptions:\n" +
			"  - {rule: smb1-enabled, scope: 127.0.0.0/8, owner: Mara, reason: old, until: 2026-12-31}\n" +
			"  - {rule: ldap-signing-not-required, scope: '*.lab.example', owner: Mara, reason: old, until: 2026-12-31}\n",
	}
}

// told is what a report says of findings and exceptions, in words.
type told struct {
	report.Ignore
	found []string
	sum   *report.Summary
	paths *signet.Paths
	hosts map[string]string
}

func (w *told) Wants() report.Wants         { return report.Wants{Hosts: true, Paths: true} }
func (w *told) Paths(p *signet.Paths) error { w.paths = p; return nil }
func (w *told) End(s *report.Summary) error { w.sum = s; return nil }
func (w *told) Host(h *signet.Host) error {
	if w.hosts == nil {
		w.hosts = map[string]string{}
	}
	w.hosts[h.Address.String()] = hostWords(h)
	return nil
}

// words are a line of what a test compares.
func words(list ...any) string {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "%v | ", v)
	}
	return b.String()
}

// hostWords is what a reading keeps of a host line.
func hostWords(h *signet.Host) string {
	c := *h
	c.Disagreements, c.Products = nil, nil
	c.Roles, c.Names = slices.Clone(c.Roles), slices.Clone(c.Names)
	for i := range c.Roles {
		c.Roles[i].Because = ""
	}
	for i := range c.Names {
		c.Names[i].From = nil
	}
	c.Findings = slices.Clone(c.Findings)
	slices.SortFunc(c.Findings, func(a, b signet.HostFinding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	b, err := json.Marshal(&c)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (w *told) Endpoint(l *report.Line) error {
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		w.found = append(w.found, words(l.Addr, l.Port, l.Transport, l.Check, f.Rule, f.Severity, f.Where, l.Verdict, f.Because, "open"))
	}
	for i := range l.Excepted {
		x := &l.Excepted[i]
		w.found = append(w.found, words(l.Addr, l.Port, l.Transport, l.Check, x.Rule, x.Severity, x.Where, l.Verdict, x.Because, "excepted", x.Owner, x.Reason, x.Until))
	}
	return nil
}

// An estate of one run says what its report says, under every policy: the sums of the summary line, hosts, paths.
func TestOneRunIsItsReport(t *testing.T) {
	lines := sampleText(t)
	r := read(t, lines)
	for name, yaml := range policies() {
		t.Run(name, func(t *testing.T) {
			j := judgeOf(t, yaml)
			var want told
			replay(t, lines, j, &want)
			e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: j}})
			o := e.Overview()
			got := &report.Summary{Ended: want.sum.Ended, Coverage: o.Coverage, Verdicts: o.Verdicts, Excepted: o.Excepted, Findings: o.Findings, Severities: o.Severities, Lost: o.Lost, Unasked: o.Unasked}
			if a, b := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", *want.sum); a != b {
				t.Errorf("the sums are\n%s\nand the report has\n%s", a, b)
			}
			if a, b := fmt.Sprintf("%+v", *o.Paths), fmt.Sprintf("%+v", *want.paths); a != b {
				t.Errorf("the paths are\n%s\nand the report has\n%s", a, b)
			}
			seen := 0
			for after := ""; ; {
				page, err := e.HostsPage(&estate.HostFilter{}, after, 7)
				if err != nil {
					t.Fatal(err)
				}
				for i := range page.Items {
					h := &page.Items[i]
					seen++
					if a, b := hostWords(&h.Host), want.hosts[h.Address.String()]; a != b {
						t.Errorf("a host is\n%s\nand the report has\n%s", a, b)
					}
				}
				if after = page.Next; after == "" {
					break
				}
			}
			if seen != len(want.hosts) || seen < 50 {
				t.Errorf("%d hosts, the report has %d", seen, len(want.hosts))
			}
		})
	}
}

// allRows are all rows of a board, page by page.
func allRows(t testing.TB, b *estate.Board, f *estate.RowFilter, n int) (list []estate.Row) {
	t.Helper()
	for after := ""; ; {
		page, err := b.Page(f, after, n)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Items...)
		if after = page.Next; after == "" {
			return list
		}
	}
}

// The board of one run is the findings of its report, and what is accepted there, with the same severities and exceptions: rating a
// reading is judging the run.
func TestBoardIsTheFindings(t *testing.T) {
	lines := sampleText(t)
	r := read(t, lines)
	said := map[string]bool{}
	for name, yaml := range policies() {
		t.Run(name, func(t *testing.T) {
			j := judgeOf(t, yaml)
			var want told
			replay(t, lines, j, &want)
			b, _ := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: j}}).Board(nil)
			rows := allRows(t, b, &estate.RowFilter{}, 11)
			var got []string
			ids := map[estate.ID]bool{}
			for _, w := range rows {
				text := words(w.Endpoint.Addr, w.Endpoint.Port, w.Endpoint.Transport, w.Check, w.Rule, w.Severity, w.Where, w.Verdict, w.Because, w.State)
				if w.State == estate.Excepted {
					text = words(w.Endpoint.Addr, w.Endpoint.Port, w.Endpoint.Transport, w.Check, w.Rule, w.Severity, w.Where, w.Verdict, w.Because, w.State, w.Exception.Owner, w.Exception.Reason, w.Exception.Until)
				}
				got = append(got, text)
				ids[w.ID] = true
				if again, ok := b.Row(w.ID); !ok || fmt.Sprint(again) != fmt.Sprint(w) {
					t.Errorf("row %s is %v", w.ID, again)
				}
				if w.Title == "" || w.Run != "20261122-131111-e87580" {
					t.Errorf("row %+v", w)
				}
			}
			if !slices.IsSortedFunc(rows, func(a, b estate.Row) int { return int(b.Severity) - int(a.Severity) }) {
				t.Error("the severest does not come first")
			}
			slices.Sort(got)
			slices.Sort(want.found)
			if !slices.Equal(got, want.found) {
				t.Errorf("%d rows, the report has %d findings", len(got), len(want.found))
				for _, s := range got {
					if !slices.Contains(want.found, s) {
						t.Logf("board:  %s", s)
					}
				}
				for _, s := range want.found {
					if !slices.Contains(got, s) {
						t.Logf("report: %s", s)
					}
				}
			}
			if len(ids) != len(rows) {
				t.Errorf("%d rows have %d IDs", len(rows), len(ids))
			}
			all := strings.Join(got, "\n")
			if said[all] {
				t.Error("the policy changes nothing: it proves nothing")
			}
			said[all] = true
		})
	}
}

// What is in a reading is of no policy: that of the judge who was asked does not show, nor do its warnings.
func TestReadingsAreOfNoPolicy(t *testing.T) {
	lines := sampleText(t)
	want := parts(t, lines, baseline(t))
	for name, yaml := range policies() {
		got := parts(t, lines, judgeOf(t, yaml))
		if len(got) != len(want) || len(got) < 2 {
			t.Fatalf("%s: %d parts, under baseline %d", name, len(got), len(want))
		}
		for i := range got[:len(got)-1] {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s: part %d differs", name, i)
			}
		}
		r, err := estate.Decode(got)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Head.Warnings) != 1 || !strings.HasPrefix(r.Head.Warnings[0], "a sample:") {
			t.Errorf("%s: warnings %q", name, r.Head.Warnings)
		}
	}
}
