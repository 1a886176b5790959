package report

import (
	"io"

	"signet/internal/check"
)

// Format is a way to write a run, and what changed between two runs.
type Format struct {
	Name string // the word for it, as in -o NAME
	Run  func(io.Writer, *Options) Handler
	Diff func(io.Writer, *Options) DiffWriter

	// Lines tells that every line stands for itself, so that the beginning of an output is worth keeping.
	Lines bool
}

// Options are what a format may ask for besides the stream.
type Options struct {
	Checks []check.Check // whose rules and advice are quoted
	Width  int           // columns to lay text out in
	Color  bool          // colour it for a terminal
}
