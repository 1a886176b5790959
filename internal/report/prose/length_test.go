package prose

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"signet/internal/check/all"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// mostReportLines is how long a report of any estate may be, so that somebody reads it to its end.
const mostReportLines = 700

// A report of fifty thousand endpoints that break everything is as short as one reads, and says of all that it cuts how much that
// is and which command shows it.
func TestReportsOfAnyEstateAreShort(t *testing.T) {
	for _, f := range []report.Format{Text(), Markdown()} {
		for _, tt := range []struct {
			width int
			by    string
		}{{80, ""}, {120, ""}, {80, report.ByHost}} {
			var b bytes.Buffer
			w := f.Run(&b, &report.Options{Checks: all.Checks(), Width: tt.width, By: tt.by, Origin: report.Origin{Command: "signet report", Stored: true, Flags: " --policy strict"}})
			reporttest.WriteMixed(t, w, all.Checks(), 5000, 10)
			lines := strings.Count(b.String(), "\n")
			if lines > mostReportLines || lines < mostReportLines/4 {
				t.Errorf("%s %sat %d columns has %d lines", f.Name, tt.by, tt.width, lines)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if strings.Contains(line, "…") && !strings.Contains(line, "… and ") && !strings.Contains(line, "terminal") {
					t.Errorf("%s cuts without a word: %s", f.Name, line)
				}
				if i := strings.Index(line, "… and "); i >= 0 && !strings.Contains(line, "signet report 20260301-093000-abcdef --policy strict -") && !strings.Contains(line, "signet fix --from 20260301-093000-abcdef --policy strict") {
					t.Errorf("%s does not say what shows the rest: %s", f.Name, line)
				}
			}
			for i := range mostSteps {
				if !strings.Contains(b.String(), fmt.Sprintf("\n  %-6d", i+1)) && !strings.Contains(b.String(), fmt.Sprintf("\n| %d | ", i+1)) {
					t.Errorf("%s has no step %d", f.Name, i+1)
				}
			}
		}
	}
}
