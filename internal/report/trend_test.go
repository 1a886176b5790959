package report_test

import (
	"strings"
	"testing"
	"time"

	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/prose"
	"signet/internal/report/reporttest"
)

// What earlier runs came to stands beside this one's, on the page and in the ticket; where there is none, nothing does.
func TestTrend(t *testing.T) {
	lines := reporttest.Lines()
	for name, want := range map[string][]string{
		"html":     {"2026-02-21 09:30", `data-h="exposed">7</td>`, `data-h="undetermined">9</td>`, `data-h="guarded">8</td>`, `data-h="unseen">6</td>`, "as they were judged then"},
		"markdown": {"## Earlier runs of the same scope", "| 2026-02-21 09:30 UTC | `earlier` | 7 | 9 | 8 | 6 |"},
	} {
		f := prose.Markdown()
		if name == "html" {
			f = html.Format()
		}
		h := reporttest.Header()
		without := string(reporttest.RenderLines(t, f, h, lines))
		h.Trend = []report.Point{{Run: "earlier", Started: time.Date(2026, 2, 21, 9, 30, 0, 0, time.UTC), Verdicts: report.Counts{9, 8, 7, 6}}}
		with := string(reporttest.RenderLines(t, f, h, lines))
		for _, w := range want {
			if !strings.Contains(with, w) || strings.Contains(without, w) {
				t.Errorf("%s: %q stands in it %v with a trend, %v without", name, w, strings.Contains(with, w), strings.Contains(without, w))
			}
		}
	}
}
