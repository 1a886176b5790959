package report_test

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/prose"
	"signet/internal/report/reporttest"
)

// Counts of findings begin with the worst, and name no severity that has none.
func TestSeveritiesInWords(t *testing.T) {
	for _, tt := range []struct {
		counts report.Severities
		want   string
	}{
		{report.Severities{}, "none"},
		{report.Severities{signet.Info: 3}, "3 <info>"},
		{report.Severities{signet.Critical: 1, signet.High: 12, signet.Low: 2}, "1 <critical>, 12 <high>, 2 <low>"},
	} {
		if got := tt.counts.Words(func(s signet.Severity) string { return "<" + s.String() + ">" }); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.counts, got, tt.want)
		}
	}
}

// A report says how many findings of each severity there are before it says anything of one.
func TestFindingsAreCountedBySeverityFirst(t *testing.T) {
	for _, tt := range []struct {
		format                 report.Format
		sample, empty, verdict string
	}{
		{prose.Text(), "\nFindings   1 critical, 1 high, 1 medium, 1 info\n", "\nFindings   none\n", "\nVerdicts "},
		{prose.Markdown(), "\n**Findings:** 1 critical, 1 high, 1 medium, 1 info.\n", "\n**Findings:** none.\n", " exposed**"},
	} {
		got, empty := string(reporttest.Render(t, tt.format)), string(reporttest.RenderEmpty(t, tt.format))
		if i := strings.Index(got, tt.sample); i < 0 || i > strings.Index(got, tt.verdict) {
			t.Errorf("%s: at %d stands %q:\n%.2000s", tt.format.Name, i, tt.sample, got)
		}
		if !strings.Contains(empty, tt.empty) {
			t.Errorf("%s of an empty run lacks %q:\n%.2000s", tt.format.Name, tt.empty, empty)
		}
	}
}
