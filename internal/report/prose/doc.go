// Package prose writes a run, or what changed between two, for a person who reads it from top to bottom: as text for a
// terminal or a ticket, and as Markdown for a wiki. The worst stands first, endpoints stand under what is said of them, and
// lists have bounds: what they leave out is counted, and in other formats.
package prose

import "signet/internal/report"

// Text is -o text.
func Text() report.Format {
	return report.Format{Name: "text", Run: newText, Diff: newDiffText, By: []string{report.ByHost}}
}

// Markdown is -o markdown, in GitHub's dialect (tables).
func Markdown() report.Format {
	return report.Format{Name: "markdown", Run: newMarkdown, Diff: newDiffMarkdown, By: []string{report.ByHost}}
}
