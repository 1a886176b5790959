// Package nmap writes a run, or what changed between two, as nmap's XML: what nmap's DTD accepts, and what programs that
// were built on nmap read. Hosts stand there with their ports, with nmap's own scripts where the facts answer them, and with
// one script of ours that has the verdict.
//
// It follows nmap.dtd and the output of nmap 7.93.
package nmap

import (
	"signet/internal/report"
)

// Format is -o nmap.
func Format() report.Format { return report.Format{Name: "nmap", Run: newRun, Diff: newDiff} }
