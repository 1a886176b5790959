// Package sarif writes a run, or what changed between two, as a log of the Static Analysis Results Interchange Format
// (SARIF) 2.1.0, whose sections comments name.
package sarif

import "signet/internal/report"

// Format is -o sarif.
func Format() report.Format { return report.Format{Name: "sarif", Run: newRun, Diff: newDiff} }
