package report_test

import (
	"bytes"
	entities "html"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// What was lost for reasons of ours is named, host by host, at the top of every report that has one.
func TestLostIsNamedAtTheTop(t *testing.T) {
	skipped := "Coverage was lost: 3 endpoints were not asked, for reasons of ours; 2 hosts are missing whole"
	failed := "Signet or this machine failed at 1 endpoint: what is missing there says nothing of the hosts"
	one := "10.0.0.1 not asked: 445/tcp smb, 139/tcp smb (the time was used up); nothing else is known of it"
	two := "10.0.0.2 not asked: 445/tcp smb (the budget was used up)"
	three := "10.0.0.3 failed at 445/tcp smb (too many open files)"
	four := []string{skipped, failed, one, two, three}
	want := map[string]struct {
		said   []string
		before string // what they stand before
	}{
		"text":     {four, "Coverage  "},
		"markdown": {four, "## Coverage"},
		"html":     {four, `<section id="exposure"`},
		"sarif":    {[]string{`"executionSuccessful":false`, `"toolExecutionNotifications":[{"level":"error","message":{"text":"` + skipped, one, two, three}, ""},
		"nmap":     {[]string{`exit="error"`, skipped, one, two, three}, ""},
		"jsonl": {[]string{`"lost":[{"address":"10.0.0.1","endpoints":2,"whole":true,"fault":false,"because":"the time was used up"},` +
			`{"address":"10.0.0.2","endpoints":1,"whole":false,"fault":false,"because":"the budget was used up"},{"address":"10.0.0.3","endpoints":1,"whole":true,"fault":true,"because":"too many open files"}]`}, ""},
		"json":  {[]string{`"lost":[{"address":"10.0.0.1"`}, ""},
		"csv":   {[]string{"10.0.0.1,139,tcp,,,smb,skipped,undetermined,not asked: connect: the time was used up"}, ""},
		"junit": {[]string{`<error type="not-asked"`, `<error type="fault" message="Signet or this machine failed"`}, ""},
		"ocsf":  {[]string{"It was not asked, for a reason of ours"}, ""},
	}
	for _, f := range formats() {
		c := want[f.Name]
		delete(want, f.Name)
		lines := reporttest.Lost()
		var b bytes.Buffer
		reporttest.Write(t, f.Run(&b, &report.Options{Checks: reporttest.Checks(), Width: 200}), reporttest.Header(), lines, reporttest.Summary(lines))
		top := b.String()
		if f.Name == "markdown" { // what stands for itself in Markdown is escaped
			top = entities.UnescapeString(strings.ReplaceAll(top, `\`, ""))
		}
		if i := strings.Index(top, c.before); c.before != "" && i < 0 {
			t.Errorf("%s has no %q", f.Name, c.before)
		} else if c.before != "" {
			top = top[:i]
		}
		for _, w := range c.said {
			if !strings.Contains(top, w) {
				t.Errorf("%s lacks %q at its top:\n%.3000s", f.Name, w, top)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no format is one of %v", want)
	}
}

// An interruption is said once, not host by host; nothing is said where nothing was lost.
func TestNothingLostIsNotSaid(t *testing.T) {
	lines := reporttest.Lost()[:2]
	s := reporttest.Summary(lines)
	s.Interrupted = true
	if got := s.Missing(); got != nil {
		t.Errorf("interrupted: %q", got)
	}
	if got := reporttest.Summary(reporttest.Verdicts()).Missing(); got != nil {
		t.Errorf("nothing lost: %q", got)
	}
}

// Coverage that was lost fails a gate, hosts that are missing whole fail without one, and what Signet or this machine failed at
// goes before everything.
func TestLostExits(t *testing.T) {
	whole, part, fault := reporttest.Unasked("10.0.0.1", 445, signet.Skipped, "x"), reporttest.Unasked("10.0.0.4", 445, signet.Skipped, "x"), reporttest.Unasked("10.0.0.3", 445, signet.Fault, "x")
	high := reporttest.Verdict("10.0.0.9", signet.Exposed)
	high.Judgement.Findings = []signet.Finding{{Rule: "r", Severity: signet.High}}
	rest := reporttest.Verdict("10.0.0.4", signet.Guarded)
	for _, tt := range []struct {
		name  string
		lines []*report.Line
		on    bool
		want  int
	}{
		{"a host missing whole", []*report.Line{whole}, false, 1},
		{"a host missing whole, behind a gate", []*report.Line{whole}, true, 4},
		{"a finding before it", []*report.Line{high, whole}, true, 3},
		{"a part of a host", []*report.Line{part, rest}, false, 0},
		{"a part of a host, the rest before it", []*report.Line{rest, part}, false, 0},
		{"a part of a host, behind a gate", []*report.Line{part, rest}, true, 4},
		{"our own shortage", []*report.Line{rest, fault}, false, 1},
		{"our own shortage before a finding", []*report.Line{high, fault}, true, 1},
		{"nothing", []*report.Line{rest}, true, 0},
	} {
		var tally report.Tally
		for _, l := range tt.lines {
			tally.Count(l)
		}
		for _, l := range tt.lines {
			tally.Left(l.Addr)
		}
		if got := tally.Exit(signet.High, tt.on); got != tt.want {
			t.Errorf("%s: exit %d, want %d", tt.name, got, tt.want)
		}
	}
}

// A name with an address of each family is not missing whole where this machine has a way to one of them.
func TestLostOfANameWithTwoAddresses(t *testing.T) {
	at := func(addr string, as signet.Outcome) *report.Line {
		l := reporttest.Unasked(addr, 445, as, "no route")
		l.Name = "fs1.corp.example"
		return l
	}
	for _, outcome := range []signet.Outcome{signet.Answered, signet.Refused, signet.Silent} {
		for _, first := range []bool{true, false} {
			lines := []*report.Line{at("2001:db8::5", signet.Skipped), at("10.0.0.5", outcome)}
			if first {
				lines[0], lines[1] = lines[1], lines[0]
			}
			var tally report.Tally
			for _, l := range lines {
				tally.Count(l)
				tally.Left(l.Addr)
			}
			lost := tally.Lost()
			if len(lost.Hosts) != 1 || lost.Whole() != 0 {
				t.Errorf("%v, first %t: %d hosts lost, %d whole; want one, and none whole", outcome, first, len(lost.Hosts), lost.Whole())
			}
		}
	}
	var tally report.Tally
	tally.Count(at("2001:db8::5", signet.Skipped))
	if lost := tally.Lost(); lost.Whole() != 1 {
		t.Errorf("no address of the name was asked: %d whole, want 1", lost.Whole())
	}
}
