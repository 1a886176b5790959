// Package line is the schema signet/1: every line of JSON that Signet writes, and every line of its own that it reads.
//
// Each kind of line has one encoder, AppendRun, AppendEndpoint and so on: they append one object, its kind first and no line
// end. What is written once an endpoint, a host or a path is appended by hand, since reflection would cost as much as asking
// the endpoint did. Text from the network is escaped where a terminal would obey it (package text).
//
// There are two readers over one decoder. Read is for files: it takes objects in any layout, from any version, and can pass
// over what it does not understand. Transfer is for what a store exported to a store: it takes what Export wrote and refuses
// the rest. limits.go says how much either of them takes.
//
// Fields are never renamed, and what is empty is left out only where docs/output.md says so. Unknown fields and unknown kinds
// are ignored.
//
// It knows the nouns of package signet alone: whoever has a richer type, as a report or a store has, converts it here.
package line
