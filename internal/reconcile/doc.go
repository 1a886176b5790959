// Package reconcile decides between several observations of one endpoint: those of scans, captures and other tools. One of
// them stands, as it was observed; facts of different moments are never mixed into one. What the others say against it is
// put into words and kept beside it.
//
// It is pure, and knows no check: verdicts, and the keys of flags that matter, are handed to it. Facts are searched for
// levels that differ.
package reconcile
