// Package opengraph writes a run, or what changed between two, as a graph that BloodHound takes in (OpenGraph: nodes and edges
// of kinds of one's own). It holds what was seen and what was judged: hosts, their endpoints, the rules they break, and the
// name a host gives itself. It names no way of attacking anything, and no edge of it says that one host can reach into another.
package opengraph

import "signet/internal/report"

// Format is -o opengraph.
func Format() report.Format {
	return report.Format{Name: "opengraph", Run: newRun, Diff: newDiff}
}
