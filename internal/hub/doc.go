// Package hub is what a server does whether or not anybody looks: it makes the runs that were launched, one at a time and within its
// limits, goes on with those that were under way when it ended, reads every run that was made elsewhere, and shows what all of them say
// together.
//
//	hub.go       one hub, what it has to do            jobs.go, job.go   launches, one after another
//	runner.go    who makes a run: this process, here   launch.go         what is launched, and what people say of rows
//	readings.go  runs → readings, which are stored     world.go          readings → what somebody sees
//	policies.go  which policy judges what              runs.go           runs, their reports, what changed between two
//	comparing.go each run and the one before it        changes.go        what changed, as it is kept (change.go: a row)
//
// Each run that ended is compared once with the one before it of its site (of no site: with one that asked the same; a verification: its
// endpoint with what was known of it), and what changed is kept for as long as the settings say, whatever becomes of the runs and of
// policies. A first run has no changes. Who sends alerts reads them behind a cursor that it keeps: Changes gives rows in the order in which
// runs were compared, ChangeSets what came of each run, rows or none, and a channel that is closed when there is more. Whoever stores its
// cursor in the write that queues what is to be sent sends each change once, whatever ends in between.
//
// It knows no HTTP and speaks no NTLM: package run asks, and who may do what, package desk says.
package hub
