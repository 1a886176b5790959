// Package xlsx writes a run, or what changed between two, as a workbook (Office Open XML): a summary, and sheets with a frozen
// header and filters. No cell is a formula.
package xlsx

import "signet/internal/report"

// Format is -o xlsx.
func Format() report.Format { return report.Format{Name: "xlsx", Run: newRun, Diff: newDiff} }
