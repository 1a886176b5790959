package prose

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

func TestMarkdown(t *testing.T) {
	reporttest.TestFormat(t, Markdown(), "md")
	got := string(reporttest.Render(t, Markdown()))
	body := strings.ReplaceAll(got, "`", "")
	for _, bad := range []string{"<script", "](javascript", "<!--"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q stands in the page", bad)
		}
	}
	for n, line := range strings.Split(got, "\n") { // every row of a table of three columns has four bars
		if strings.HasPrefix(line, "| `10.") && strings.Count(line, "|") != 4 {
			t.Errorf("line %d has %d bars: %.200s", n+1, strings.Count(line, "|"), line)
		}
	}
	if !strings.Contains(string(reporttest.RenderEmpty(t, Markdown())), "## Coverage") {
		t.Error("an empty run has no coverage")
	}
}

func TestDiffText(t *testing.T) {
	got := reporttest.RenderDiff(t, Text(), reporttest.Changes())
	reporttest.Golden(t, "diff.txt", got)
	reporttest.Fit(t, got)
}

// Only what is known to be closed is said to be gone.
func TestDiffNeverCountsSilenceAsAFix(t *testing.T) {
	if text := string(reporttest.RenderDiff(t, Text(), reporttest.Changes())); strings.Count(text, "- smb-signing-not-required") != 1 || strings.Count(text, "? smb-signing-not-required") != 3 {
		t.Errorf("want one finding closed and three not known:\n%s", text)
	}
}

// What is guarded and what is unseen is listed with its reasons where that is asked for, and else only counted.
func TestAllListsGuardedAndUnseen(t *testing.T) {
	for _, f := range []report.Format{Text(), Markdown()} {
		for _, all := range []bool{false, true} {
			h := reporttest.Header()
			h.All = all
			out := string(reporttest.RenderLines(t, f, h, reporttest.Verdicts()))
			for _, addr := range []string{"10.0.0.3", "10.0.0.4"} {
				if listed := strings.Contains(out, "the reason of "+addr); listed != all {
					t.Errorf("%s, all %v: %s is listed: %v", f.Name, all, addr, listed)
				}
			}
		}
	}
}

// A controller whose directory was not asked, or answered without a guard, is none that is guarded.
func TestControllerWithoutGuard(t *testing.T) {
	var b bytes.Buffer
	text := newText(&b, reporttest.Options())
	h := reporttest.Header()
	if err := text.Begin(h); err != nil {
		t.Fatal(err)
	}
	host := &signet.Host{Address: reporttest.At("10.0.0.1", 445, "smb", "", signet.Answered).Addr, Name: "dc1", Domain: "corp.example",
		Roles: []signet.HostRole{{Role: "domain-controller", Certain: true}}, Endpoints: []signet.HostEndpoint{{Port: 445, Check: "smb", Verdict: signet.Guarded}}}
	if err := text.Host(host); err != nil {
		t.Fatal(err)
	}
	if err := text.End(reporttest.Summary(nil)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "corp.example: unseen (1 controller asked: 0 weak, 0 undetermined, 0 guarded, 1 unseen)") {
		t.Error(b.String())
	}
}

// A stored run too begins with what was lost, though that is known only when its rows were read.
func TestLostOfAStoredRunStandsFirst(t *testing.T) {
	var b bytes.Buffer
	lines := reporttest.Lost()
	s := reporttest.Summary(lines)
	h := reporttest.Header()
	h.Known = &report.Summary{Ended: s.Ended, Coverage: s.Coverage}
	reporttest.Write(t, newText(&b, &report.Options{Checks: reporttest.Checks(), Width: 200}), h, lines, s)
	if i, j := strings.Index(b.String(), "Coverage was lost"), strings.Index(b.String(), "Coverage  "); i < 0 || i > j || strings.Count(b.String(), "Coverage  ") != 1 {
		t.Errorf("at %d, the coverage at %d:\n%s", i, j, b.String())
	}
}

// A run that was made before is announced before its first line, and reads the same in the end.
func TestTextBeginsWithWhatIsKnown(t *testing.T) {
	h := report.Header{Run: "r", Started: time.Unix(0, 0), Targets: []string{"10.0.0.0/8"}, Policy: "baseline/1"}
	s := &report.Summary{Ended: time.Unix(60, 0), Coverage: report.Coverage{Addresses: 7, Asked: 21}, Verdicts: report.Counts{1, 2, 3}}
	var whole bytes.Buffer
	text := newText(&whole, &report.Options{Checks: all.Checks(), Width: 100})
	if err := text.Begin(&h); err != nil || whole.Len() != 0 {
		t.Fatalf("%v, %q is printed of a run under way", err, whole.String())
	}
	if err := text.End(s); err != nil {
		t.Fatal(err)
	}
	var split bytes.Buffer
	h.Trend = []report.Point{{Run: "earlier", Started: time.Unix(0, 0), Verdicts: report.Counts{7, 8, 9}}}
	var trend bytes.Buffer
	text = newText(&trend, &report.Options{Checks: all.Checks(), Width: 120})
	text.Begin(&h)
	if err := text.End(s); err != nil || !strings.Contains(trend.String(), "Before     1970-01-01 00:00: 9 exposed, 7 undetermined, 8 guarded, 0 unseen (earlier, as judged then)") {
		t.Errorf("%v: %s", err, trend.String())
	}
	h.Trend = nil
	h.Known = &report.Summary{Ended: s.Ended, Coverage: s.Coverage}
	text = newText(&split, &report.Options{Checks: all.Checks(), Width: 100})
	if err := text.Begin(&h); err != nil || !strings.Contains(split.String(), "7 addresses") || strings.Contains(split.String(), "Verdicts") {
		t.Fatalf("%v: %q", err, split.String())
	}
	if err := text.End(s); err != nil || split.String() != whole.String() {
		t.Errorf("%v: got\n%s\nwant\n%s", err, split.String(), whole.String())
	}
}
