package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// What earlier runs came to stands beside this one's, on the page and in the ticket; where there is none, nothing does.
func TestTrend(t *testing.T) {
	lines := sampleLines()
	for name, want := range map[string][]string{
		"html":     {"2026-02-21 09:30", "<td class=\"n\">7</td><td class=\"n\">9</td><td class=\"n\">8</td><td class=\"n\">6</td>", "as they were judged then"},
		"markdown": {"## Earlier runs of the same scope", "| 2026-02-21 09:30 UTC | `earlier` | 7 | 9 | 8 | 6 |"},
	} {
		make := newMarkdown
		if name == "html" {
			make = newHTML
		}
		h := sampleHeader()
		var without, with bytes.Buffer
		write(t, make(&without), h, lines, sampleSummary(lines))
		h.Trend = []Point{{Run: "earlier", Started: time.Date(2026, 2, 21, 9, 30, 0, 0, time.UTC), Verdicts: Counts{9, 8, 7, 6}}}
		write(t, make(&with), h, lines, sampleSummary(lines))
		for _, w := range want {
			if !strings.Contains(with.String(), w) || strings.Contains(without.String(), w) {
				t.Errorf("%s: %q stands in it %v with a trend, %v without", name, w, strings.Contains(with.String(), w), strings.Contains(without.String(), w))
			}
		}
	}
}
