// Package html writes a run, or what changed between two, as one page that loads nothing: figures and fixes for who decides,
// every host with its evidence for who repairs. What a peer says never becomes an element or a script: html/template escapes
// it, and a Content-Security-Policy names the hashes of the style and the script that the page has.
//
// A page has bounds, since a browser opens some megabytes at once and a mail takes no more: the worst comes first, and what
// does not fit is counted and said. What is kept until the end of a run has the same bounds.
package html

import "signet/internal/report"

// Format is -o html.
func Format() report.Format { return report.Format{Name: "html", Run: newRun, Diff: newDiff} }
