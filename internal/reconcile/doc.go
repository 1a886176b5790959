// Package reconcile lets what several sources say of one endpoint meet: scans, captures, other tools' results. One of them
// stands, as it was observed; facts of different moments are never mixed into one. What the others say against it is
// worded, not dropped.
//
// It is pure, and knows no check: verdicts are handed to it, and facts are looked at for levels that differ.
package reconcile
