package prose

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/text"
)

// mostFixes is how many fixes are listed; JSON lines have every path.
const mostFixes = 5

// Paths keeps the sums for the end.
func (t *textRun) Paths(p *signet.Paths) error { t.estate.paths = p; return nil }

// removed says how many paths a fix removes; empty for none.
func removed(f *signet.PathFix) string {
	var parts []string
	if f.Open > 0 {
		parts = append(parts, text.Count(f.Open, "path", "paths"))
	}
	if f.Conditional > 0 {
		parts = append(parts, text.Count(f.Conditional, "conditional path", "conditional paths"))
	}
	if f.Unknown > 0 {
		parts = append(parts, text.Count(f.Unknown, "path", "paths")+" that may be open")
	}
	if parts == nil {
		return ""
	}
	return ", removes " + strings.Join(parts, " and ")
}

// printPaths prints the fixes that remove most paths.
func (t *textRun) printPaths(p *page) {
	paths := t.estate.paths
	if paths == nil || len(paths.Fixes) == 0 {
		return
	}
	about := "the fixes that remove most, counted from " + text.Count(paths.Sources, "Windows host", "Windows hosts") + " seen; signet explain path-smb-to-smb says how"
	if paths.Sources == 0 {
		about = "no Windows host was seen to count paths from: fixes by the endpoints that they close"
	}
	p.heading("PATHS", about)
	for i := range paths.Fixes[:min(len(paths.Fixes), mostFixes)] {
		f := &paths.Fixes[i]
		p.item(fmt.Sprintf("%d", i+1), t.style.bold(text.Clean(f.Finding))+" ("+t.style.severity(f.Severity)+"), "+text.Count(f.Endpoints, "endpoint", "endpoints")+removed(f))
		p.text(10, 10, text.Clean(f.Because))
	}
}
