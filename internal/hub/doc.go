// Package hub is what a server does whether or not anybody looks: it makes the runs that were launched, one at a time and within its
// limits, goes on with those that were under way when it ended, reads every run that was made elsewhere, and shows what all of them say
// together.
//
//	hub.go       one hub, what it has to do            jobs.go, job.go   launches, one after another
//	runner.go    who makes a run: this process, here   launch.go         what is launched, and what people say of rows
//	readings.go  runs → readings, which are stored     world.go          readings → what somebody sees
//	policies.go  which policy judges what              runs.go           runs, their reports, what changed between two
//
// It knows no HTTP and speaks no NTLM: package run asks, and who may do what, package desk says.
package hub
