// Package engine moves targets through checks into a Sink.
//
// A Run visits a Source position by position. What is asked of a target is a list of questions, one for each port of each
// check (questions.go); each is a probe (probe.go), which yields one Observation. Two drivers hold probes: an event loop,
// on Linux (loop_linux.go and the files beside it), which keeps thousands of plain TCP connections on one thread and gives
// TLS and datagrams to goroutines (follow_linux.go); and a goroutine for each host everywhere else (portable.go, host.go).
// Where it may, the loop has package sweep find open ports first (discover_linux.go).
//
// The package asks the dial.Gate before every packet. It does not judge, format or store, and it knows no protocol: what
// to ask is the checks' business.
package engine
