package report

import (
	"io"
	"strings"

	"signet/internal/check"
	"signet/internal/text"
)

// Format is a way to write a run, and what changed between two runs.
type Format struct {
	Name string // the word for it, as in -o NAME
	Run  func(io.Writer, *Options) Handler
	Diff func(io.Writer, *Options) DiffWriter

	// By lists the ways in which it can order its endpoints, besides its own.
	By []string

	// Lines tells that every line stands for itself, so that the beginning of an output is worth keeping.
	Lines bool
}

// ByHost orders endpoints by their hosts.
const ByHost = "host"

// Options are what a format may ask for besides the stream.
type Options struct {
	Checks []check.Check // whose rules and advice are quoted
	Width  int           // columns to lay text out in
	Color  bool          // colour it for a terminal
	Origin Origin        // where there is more of the run
	By     string        // order endpoints so: empty, or one of Format.By
}

// Origin is how the reader of a report asks for more of its run. The zero value: nothing keeps the run.
type Origin struct {
	Command string // prints the run: "signet report"
	Stored  bool   // it takes the run's ID, and so does signet fix
	Flags   string // what makes them show the same: " --policy strict"
}

// Show is the command that shows a run in another way, given as flags: "signet report RUN -o csv".
func (o *Origin) Show(run, flags string) string {
	switch {
	case o.Command == "":
		return "the same command with " + flags
	case o.Stored:
		return o.Command + " " + text.Clean(run) + o.Flags + " " + flags
	}
	return o.Command + o.Flags + " " + flags
}

// Script is the command that prints the script of a fix for the hosts of a run, and of an empty rule the whole order of work;
// empty where nothing keeps the run.
func (o *Origin) Script(rule, run string) string {
	if !o.Stored {
		return ""
	}
	return strings.TrimSuffix("signet fix "+rule, " ") + " --from " + text.Clean(run) + o.Flags
}
