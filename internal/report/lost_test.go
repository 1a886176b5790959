package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"signet"
)

// unasked is an endpoint that was lost for a reason of ours.
func unasked(addr string, port uint16, outcome signet.Outcome, why string) *Line {
	o := at(addr, port, "smb", "", outcome)
	o.Open, o.Err = false, &signet.Failure{Phase: "connect", Text: why}
	return &Line{Observation: o, Judgement: signet.Judgement{Because: []string{"not asked: connect: " + why}}}
}

func lostSample() []*Line {
	return []*Line{
		unasked("10.0.0.1", 445, signet.Skipped, "the time was used up"), unasked("10.0.0.1", 139, signet.Skipped, "the time was used up"),
		unasked("10.0.0.2", 445, signet.Skipped, "the budget was used up"), of("10.0.0.2", signet.Guarded),
		unasked("10.0.0.3", 445, signet.Fault, "too many open files"),
	}
}

// What was lost for reasons of ours is named, host by host, at the top of every report that has one.
func TestLostIsNamedAtTheTop(t *testing.T) {
	skipped := "Coverage was lost: 3 endpoints were not asked, for reasons of ours; 2 hosts are missing whole"
	failed := "Signet or this machine failed at 1 endpoint: what is missing there says nothing of the hosts"
	one := "10.0.0.1 not asked: 445/tcp smb, 139/tcp smb (the time was used up); nothing else is known of it"
	two := "10.0.0.2 not asked: 445/tcp smb (the budget was used up)"
	three := "10.0.0.3 failed at 445/tcp smb (too many open files)"
	book := NewRulebook(stubChecks())
	for name, c := range map[string]struct {
		make   func(io.Writer) Handler
		want   []string
		before string // what they stand before
	}{
		"text":     {func(w io.Writer) Handler { return NewText(w, stubChecks(), 200, false) }, []string{skipped, failed, one, two, three}, "Coverage  "},
		"markdown": {newMarkdown, []string{markdown(skipped), markdown(failed), markdown(one), markdown(two), markdown(three)}, "## Coverage"},
		"html":     {newHTML, []string{skipped, failed, one, two, three}, `<section id="exposure"`},
		"sarif":    {func(w io.Writer) Handler { return NewSARIF(w, book) }, []string{`"executionSuccessful":false`, `"toolExecutionNotifications":[{"level":"error","message":{"text":"` + skipped, one, two, three}, ""},
		"nmap":     {func(w io.Writer) Handler { return NewNmap(w) }, []string{`exit="error"`, skipped, one, two, three}, ""},
		"jsonl": {func(w io.Writer) Handler { return NewJSONL(w) }, []string{`"lost":[{"address":"10.0.0.1","endpoints":2,"whole":true,"fault":false,"because":"the time was used up"},` +
			`{"address":"10.0.0.2","endpoints":1,"whole":false,"fault":false,"because":"the budget was used up"},{"address":"10.0.0.3","endpoints":1,"whole":true,"fault":true,"because":"too many open files"}]`}, ""},
		"json":  {func(w io.Writer) Handler { return NewJSON(w) }, []string{`"lost":[{"address":"10.0.0.1"`}, ""},
		"csv":   {func(w io.Writer) Handler { return NewCSV(w, book) }, []string{"10.0.0.1,139,tcp,,,smb,skipped,undetermined,not asked: connect: the time was used up"}, ""},
		"junit": {func(w io.Writer) Handler { return NewJUnit(w, book) }, []string{`<error type="not-asked"`, `<error type="fault" message="Signet or this machine failed"`}, ""},
		"ocsf":  {func(w io.Writer) Handler { return NewOCSF(w, book) }, []string{"It was not asked, for a reason of ours"}, ""},
	} {
		var b bytes.Buffer
		lines := lostSample()
		write(t, c.make(&b), sampleHeader(), lines, sampleSummary(lines))
		top := b.String()
		if i := strings.Index(top, c.before); c.before != "" && i < 0 {
			t.Errorf("%s has no %q", name, c.before)
		} else if c.before != "" {
			top = top[:i]
		}
		for _, want := range c.want {
			if !strings.Contains(top, want) {
				t.Errorf("%s lacks %q at its top:\n%.3000s", name, want, top)
			}
		}
	}
}

// A stored run too begins with what was lost, though that is known only when its rows were read.
func TestLostOfAStoredRunStandsFirst(t *testing.T) {
	var b bytes.Buffer
	lines := lostSample()
	s := sampleSummary(lines)
	h := sampleHeader()
	h.Known = &Summary{Ended: s.Ended, Coverage: s.Coverage}
	write(t, NewText(&b, stubChecks(), 200, false), h, lines, s)
	if i, j := strings.Index(b.String(), "Coverage was lost"), strings.Index(b.String(), "Coverage  "); i < 0 || i > j || strings.Count(b.String(), "Coverage  ") != 1 {
		t.Errorf("at %d, the coverage at %d:\n%s", i, j, b.String())
	}
}

// An interruption is said once, not host by host; nothing is said where nothing was lost.
func TestNothingLostIsNotSaid(t *testing.T) {
	lines := lostSample()[:2]
	s := sampleSummary(lines)
	s.Interrupted = true
	if got := lostOf(s); got != nil {
		t.Errorf("interrupted: %q", got)
	}
	if got := lostOf(sampleSummary(four())); got != nil {
		t.Errorf("nothing lost: %q", got)
	}
}

// Coverage that was lost fails a gate, hosts that are missing whole fail without one, and what Signet or this machine failed at
// goes before everything.
func TestLostExits(t *testing.T) {
	whole, part, fault := unasked("10.0.0.1", 445, signet.Skipped, "x"), unasked("10.0.0.4", 445, signet.Skipped, "x"), unasked("10.0.0.3", 445, signet.Fault, "x")
	high := of("10.0.0.9", signet.Exposed)
	high.Judgement.Findings = []signet.Finding{{Rule: "r", Severity: signet.High}}
	rest := of("10.0.0.4", signet.Guarded)
	for _, tt := range []struct {
		name  string
		lines []*Line
		on    bool
		want  int
	}{
		{"a host missing whole", []*Line{whole}, false, 1},
		{"a host missing whole, behind a gate", []*Line{whole}, true, 4},
		{"a finding before it", []*Line{high, whole}, true, 3},
		{"a part of a host", []*Line{part, rest}, false, 0},
		{"a part of a host, the rest before it", []*Line{rest, part}, false, 0},
		{"a part of a host, behind a gate", []*Line{part, rest}, true, 4},
		{"our own shortage", []*Line{rest, fault}, false, 1},
		{"our own shortage before a finding", []*Line{high, fault}, true, 1},
		{"nothing", []*Line{rest}, true, 0},
	} {
		var tally Tally
		for _, l := range tt.lines {
			tally.Add(l)
		}
		for _, l := range tt.lines {
			tally.Left(l.Addr)
		}
		if got := tally.Exit(signet.High, tt.on); got != tt.want {
			t.Errorf("%s: exit %d, want %d", tt.name, got, tt.want)
		}
	}
}

// What is kept of what was lost is bounded, and what is beyond is counted as missing.
func TestLostIsBounded(t *testing.T) {
	var tally Tally
	for i := range mostLost + 7 {
		l := unasked(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 445, signet.Skipped, "x")
		tally.Add(l)
		tally.Left(l.Addr)
	}
	if len(tally.lost.under) != 0 {
		t.Errorf("%d hosts are still under way", len(tally.lost.under))
	}
	l := tally.Lost()
	if len(l.Hosts) != mostLost || l.More != 7 || l.Whole() != mostLost+7 || l.Skipped != mostLost+7 {
		t.Errorf("%d hosts, %d more, %d whole, %d endpoints", len(l.Hosts), l.More, l.Whole(), l.Skipped)
	}
	said := l.Sentences()
	if len(said) != mostLostNamed+2 || !strings.Contains(said[len(said)-1], fmt.Sprintf("and %d more hosts", mostLost+7-mostLostNamed)) {
		t.Errorf("%d sentences, the last %q", len(said), said[len(said)-1])
	}
}

// A name with an address of each family is not missing whole where this machine has a way to one of them.
func TestLostOfANameWithTwoAddresses(t *testing.T) {
	at := func(addr string, as signet.Outcome) *Line {
		l := unasked(addr, 445, as, "no route")
		l.Name = "fs1.corp.example"
		return l
	}
	for _, outcome := range []signet.Outcome{signet.Answered, signet.Refused, signet.Silent} {
		for _, first := range []bool{true, false} {
			lines := []*Line{at("2001:db8::5", signet.Skipped), at("10.0.0.5", outcome)}
			if first {
				lines[0], lines[1] = lines[1], lines[0]
			}
			var tally Tally
			for _, l := range lines {
				tally.Add(l)
				tally.Left(l.Addr)
			}
			lost := tally.Lost()
			if len(lost.Hosts) != 1 || lost.Whole() != 0 {
				t.Errorf("%v, first %t: %d hosts lost, %d whole; want one, and none whole", outcome, first, len(lost.Hosts), lost.Whole())
			}
		}
	}
	var tally Tally
	tally.Add(at("2001:db8::5", signet.Skipped))
	if lost := tally.Lost(); lost.Whole() != 1 {
		t.Errorf("no address of the name was asked: %d whole, want 1", lost.Whole())
	}
}
