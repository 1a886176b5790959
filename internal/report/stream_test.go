package report_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"signet"
	"signet/internal/check/all"
	"signet/internal/report"
	"signet/internal/report/prose"
	"signet/internal/text"
)

// hostile is text as a peer might choose it.
func hostile() []string {
	return []string{
		"\x1b[2J\x1b[31mred\x07", "\u009b31m", "\u202egnp.exe", "a\r\nb\tc", "</script><script>alert(1)</script>",
		"=cmd|' /C calc'!A0", "\xff\xfe\xfd", strings.Repeat("x", 64<<10), "\u2028\u2029\u200b", "\x00\x01",
	}
}

func judged(addr string, v signet.Verdict, because string, findings ...signet.Finding) *report.Line {
	return &report.Line{
		Observation: &signet.Observation{
			Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr), Name: because}, Port: 445},
			Check:    "smb", At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Took: 3100 * time.Microsecond,
			Outcome: signet.Answered, Open: true, Facts: signet.RawFacts(`{"signing":"optional"}`),
			Err:   &signet.Failure{Phase: because, Text: because},
			Trace: []signet.Exchange{{Note: because, Sent: []byte{1, 2}, Received: []byte{0xff}}},
		},
		Judgement: signet.Judgement{Verdict: v, Because: []string{because}, Findings: findings},
	}
}

func render(t *testing.T, w report.Handler, lines ...*report.Line) {
	t.Helper()
	h := &report.Header{Run: "r", Tool: "signet/test", Started: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Targets: []string{"192.0.2.0/24"},
		Checks: []string{"smb"}, Policy: "baseline/1", Trace: true}
	s := &report.Summary{Ended: h.Started.Add(90 * time.Second), Findings: map[string]uint64{}}
	if err := w.Begin(h); err != nil {
		t.Fatal(err)
	}
	var tally report.Tally
	for _, l := range lines {
		tally.Count(l)
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	s.Verdicts, s.Findings = tally.Verdicts, tally.Findings
	s.Coverage = report.Coverage{Addresses: 256, Alive: uint64(len(lines)), Asked: 768, Undetermined: tally.Verdicts[signet.Undetermined]}
	s.Coverage.Outcomes[signet.Answered] = uint64(len(lines))
	if err := w.End(s); err != nil {
		t.Fatal(err)
	}
}

func finding(rule, because string) signet.Finding {
	return signet.Finding{Rule: rule, Severity: signet.High, Title: "SMB signing is not required", Because: []string{because}, Where: because}
}

// Nothing that a peer says moves the cursor, hides text or turns it around, in any text a person looks at.
func TestHostileNamesStayText(t *testing.T) {
	var lines []*report.Line
	for i, h := range hostile() {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String()
		lines = append(lines, judged(addr, signet.Exposed, h, finding("smb-signing-not-required", h)), judged(addr, signet.Undetermined, h))
	}
	for name, make := range map[string]func(*bytes.Buffer) report.Handler{
		"text": func(b *bytes.Buffer) report.Handler {
			return prose.Text().Run(b, &report.Options{Checks: all.Checks(), Width: 80})
		},
		"jsonl": func(b *bytes.Buffer) report.Handler { return report.JSONL().Run(b, nil) },
		"list":  func(b *bytes.Buffer) report.Handler { return report.List().Run(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			render(t, make(&b), lines...)
			if !utf8.Valid(b.Bytes()) {
				t.Error("not UTF-8")
			}
			for _, r := range b.String() {
				if r != '\n' && text.Unseen(r) {
					t.Fatalf("%U reaches the reader", r)
				}
			}
		})
	}
}

// Every JSON line is an object with its kind first, and says what was put in.
func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	render(t, report.JSONL().Run(&b, nil), judged("192.0.2.9", signet.Exposed, `a "quoted" \ reason`, finding("smb-signing-not-required", "bit")))
	got := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(got) != 3 {
		t.Fatalf("%d lines, want run, endpoint and summary:\n%s", len(got), b.String())
	}
	for i, kind := range []string{"run", "endpoint", "summary"} {
		if !strings.HasPrefix(got[i], `{"kind":"`+kind+`"`) {
			t.Errorf("line %d does not begin with its kind: %s", i, got[i])
		}
	}
	var e struct {
		Run, At, Address, Transport, Check, Outcome, Verdict, Name string
		Port                                                       int
		Because                                                    []string
		Facts                                                      map[string]any
		Findings                                                   []signet.Finding
		Error                                                      signet.Failure
		TookMS                                                     float64 `json:"took_ms"`
		Trace                                                      []struct{ Note, Sent, Received string }
	}
	if err := json.Unmarshal([]byte(got[1]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Run != "r" || e.At != "2026-11-22T12:00:00.000Z" || e.Address != "192.0.2.9" || e.Port != 445 || e.Transport != "tcp" ||
		e.Check != "smb" || e.Outcome != "answered" || e.Verdict != "exposed" || e.TookMS != 3.1 || e.Because[0] != `a "quoted" \ reason` ||
		e.Facts["signing"] != "optional" || len(e.Findings) != 1 || e.Findings[0].Severity != signet.High ||
		len(e.Trace) != 1 || e.Trace[0].Sent != "0102" || e.Trace[0].Received != "ff" {
		t.Errorf("%+v", e)
	}
	var s struct {
		Coverage map[string]int
		Verdicts map[string]int
		Findings map[string]int
	}
	if err := json.Unmarshal([]byte(got[2]), &s); err != nil {
		t.Fatal(err)
	}
	if s.Coverage["addresses"] != 256 || s.Coverage["endpoints_asked"] != 768 || s.Verdicts["exposed"] != 1 || s.Findings["smb-signing-not-required"] != 1 {
		t.Errorf("%+v", s)
	}
}

// The text keeps its order, its counts and its width.
func TestText(t *testing.T) {
	lines := []*report.Line{
		judged("192.0.2.1", signet.Exposed, "x", finding("smb-signing-not-required", "SecurityMode 0x01: signing enabled, not required")),
		judged("192.0.2.2", signet.Guarded, "y"),
		judged("192.0.2.3", signet.Undetermined, "nothing answered in time"),
		judged("192.0.2.4", signet.Unseen, "z"),
	}
	for _, width := range []int{80, 200} {
		var b bytes.Buffer
		render(t, prose.Text().Run(&b, &report.Options{Checks: all.Checks(), Width: width}), lines...)
		text := b.String()
		at := 0
		for _, part := range []string{"Coverage", "768 endpoints asked", "1 exposed, 1 undetermined, 1 guarded, 1 unseen", "WHAT TO DO FIRST", "Digitally sign communications", "EXPOSED", "192.0.2.1:445", "UNDETERMINED", "192.0.2.3:445", "GUARDED", "UNSEEN"} {
			i := strings.Index(text[at:], part)
			if i < 0 {
				t.Fatalf("width %d: %q is missing or out of order:\n%s", width, part, text)
			}
			at += i
		}
		for l := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(l, "\n")); n > width {
				t.Errorf("width %d: a line of %d: %s", width, n, l)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Error("colour without being asked for it")
		}
	}
}

// Exit codes are the tally's, whatever is written where.
func TestExit(t *testing.T) {
	high := judged("192.0.2.1", signet.Exposed, "", finding("smb-signing-not-required", ""))
	open := judged("192.0.2.2", signet.Undetermined, "")
	shut := judged("192.0.2.3", signet.Undetermined, "")
	shut.Outcome, shut.Open = signet.Refused, false
	for _, c := range []struct {
		name  string
		lines []*report.Line
		at    signet.Severity
		on    bool
		want  int
	}{
		{"no threshold", []*report.Line{high, open}, 0, false, 0},
		{"at it", []*report.Line{high, open}, signet.High, true, 3},
		{"below it", []*report.Line{high}, signet.Critical, true, 0},
		{"below it, coverage incomplete", []*report.Line{high, open}, signet.Critical, true, 4},
		{"unseen is an answer", []*report.Line{judged("192.0.2.4", signet.Unseen, "")}, signet.Info, true, 0},
		{"closed ports are no gap", []*report.Line{shut}, signet.Info, true, 0},
	} {
		var tally report.Tally
		for _, l := range c.lines {
			tally.Count(l)
		}
		if got := tally.Exit(c.at, c.on); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
