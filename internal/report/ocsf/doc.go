// Package ocsf writes a run, or what changed between two, as Compliance Findings (class 2003) of the Open Cybersecurity Schema
// Framework 1.3.0, one JSON object a line. It streams.
package ocsf

import "signet/internal/report"

// Format is -o ocsf.
func Format() report.Format { return report.Format{Name: "ocsf", Run: newRun, Diff: newDiff} }
