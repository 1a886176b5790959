// Package report is the stream of a run and what every format of it shares.
//
// A run is handed to Handlers as it goes: a Header; clients that were overheard; Lines, each an endpoint as it was observed
// and judged; hosts and paths where a handler wants them; and a Summary. A diff of two runs is handed to a DiffWriter. A
// stored run is rendered again by the same handlers. The Tally beside them decides the exit code, never a format.
//
// Small formats are here: JSON, JSON lines, CSV, a list of targets. Each large one is a room of its own below this one, which
// imports this room and none of the others, and shows one function, its Format. A format writes to its io.Writer: it asks
// nothing of a store or the network, and loads nothing from outside.
//
// A new format is a room with a function that returns its Format, and that function in the list of -o (internal/cli/outputs.go).
// In its room a document, or what else the format is made of, is written once: a run and a diff both fill it.
package report
