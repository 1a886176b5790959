// Package report turns judged observations into what people and programs read.
//
// A run is a stream of three things: a Header, Lines and a Summary. Every writer is a handler of that stream, a stored
// run is rendered again by the same handlers, and the Tally beside them decides the exit code. Writers query nothing
// and load nothing from outside.
package report
