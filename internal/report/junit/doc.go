// Package junit writes a run, or what changed between two, as the XML that test runners write and build servers read.
package junit

import "signet/internal/report"

// Format is -o junit.
func Format() report.Format { return report.Format{Name: "junit", Run: newRun, Diff: newDiff} }
