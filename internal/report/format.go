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

// JSONLFormat is one JSON object a line.
func JSONLFormat() Format {
	return Format{Name: "jsonl", Lines: true,
		Run:  func(w io.Writer, _ *Options) Handler { return NewJSONL(w) },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return NewDiffJSONL(w) }}
}

// JSONFormat is one JSON document.
func JSONFormat() Format {
	return Format{Name: "json",
		Run:  func(w io.Writer, _ *Options) Handler { return NewJSON(w) },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return NewDiffJSON(w) }}
}

// CSVFormat is a table for a spreadsheet or a script.
func CSVFormat() Format {
	return Format{Name: "csv",
		Run:  func(w io.Writer, o *Options) Handler { return NewCSV(w, NewRulebook(o.Checks)) },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return NewDiffCSV(w) }}
}

// ListFormat is the endpoints to fix, one a line.
func ListFormat() Format {
	return Format{Name: "list",
		Run:  func(w io.Writer, _ *Options) Handler { return NewList(w) },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return NewDiffList(w) }}
}
