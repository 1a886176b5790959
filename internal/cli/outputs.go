package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"signet/internal/report"
)

// outputs is every -o of a command.
type outputs struct {
	writers []report.Writer // of a run
	files   []*output
}

// output is one file or standard output.
type output struct {
	io.Writer
	name string
	format
	file *os.File      // nil for standard output
	buf  *bufio.Writer // nil where each line is to be seen as it is made
}

// format is one word of -o.
type format struct {
	word string
	run  func(*app, *output, string) report.Writer
	diff func(*app, *output, string) report.DiffWriter
}

// formats lists every format. One that streams shows each line as it is made; the others are written at the end.
func formats() []format {
	rules := func(a *app) *report.Rulebook { return report.NewRulebook(a.checks) }
	type (
		run  = report.Writer
		diff = report.DiffWriter
	)
	return []format{
		{"text",
			func(a *app, o *output, color string) run {
				return report.NewText(o, a.checks, a.width(), a.colored(o, color))
			},
			func(a *app, o *output, color string) diff {
				return report.NewDiffText(o, a.width(), a.colored(o, color))
			}},
		{"jsonl",
			func(_ *app, o *output, _ string) run { return report.NewJSONL(o) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffJSONL(o) }},
		{"json",
			func(_ *app, o *output, _ string) run { return report.NewJSON(o) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffJSON(o) }},
		{"csv",
			func(a *app, o *output, _ string) run { return report.NewCSV(o, rules(a)) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffCSV(o) }},
		{"markdown",
			func(a *app, o *output, _ string) run { return report.NewMarkdown(o, a.checks, rules(a)) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffMarkdown(o) }},
		{"html",
			func(a *app, o *output, _ string) run { return report.NewHTML(o, a.checks, rules(a)) },
			func(a *app, o *output, _ string) diff { return report.NewDiffHTML(o, rules(a)) }},
		{"xlsx",
			func(a *app, o *output, _ string) run { return report.NewXLSX(o, rules(a)) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffXLSX(o) }},
		{"sarif",
			func(a *app, o *output, _ string) run { return report.NewSARIF(o, rules(a)) },
			func(a *app, o *output, _ string) diff { return report.NewDiffSARIF(o, rules(a)) }},
		{"ocsf",
			func(a *app, o *output, _ string) run { return report.NewOCSF(o, rules(a)) },
			func(a *app, o *output, _ string) diff { return report.NewDiffOCSF(o, rules(a)) }},
		{"opengraph",
			func(a *app, o *output, _ string) run { return report.NewOpenGraph(o, rules(a)) },
			func(a *app, o *output, _ string) diff { return report.NewDiffOpenGraph(o, rules(a)) }},
		{"nmap",
			func(_ *app, o *output, _ string) run { return report.NewNmap(o) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffNmap(o) }},
		{"junit",
			func(a *app, o *output, _ string) run { return report.NewJUnit(o, rules(a)) },
			func(a *app, o *output, _ string) diff { return report.NewDiffJUnit(o, rules(a)) }},
		{"list",
			func(_ *app, o *output, _ string) run { return report.NewList(o) },
			func(_ *app, o *output, _ string) diff { return report.NewDiffList(o) }},
	}
}

// formatNames joins the words of -o for a message.
func formatNames() string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.word)
	}
	return strings.Join(names, ", ")
}

func formatOf(name string) (format, bool) {
	for _, f := range formats() {
		if f.word == name {
			return f, true
		}
	}
	return format{}, false
}

// open creates the writers of a run for `FORMAT[=FILE]` arguments.
func (a *app) open(specs []string, color string) (*outputs, error) {
	o, err := a.openFiles(specs)
	if err != nil {
		return nil, err
	}
	for _, f := range o.files {
		o.writers = append(o.writers, f.run(a, f, color))
	}
	return o, nil
}

// openFiles creates what `FORMAT[=FILE]` arguments write to. Only one may go to standard output: two would be one
// document that is neither.
func (a *app) openFiles(specs []string) (*outputs, error) {
	if len(specs) == 0 {
		specs = []string{"text"}
	}
	if err := settleOutputs(specs); err != nil {
		return nil, err
	}
	o := &outputs{}
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		out := &output{Writer: a.Stdout, name: "standard output"}
		out.format, _ = formatOf(name) // settleOutputs knew it
		if toFile && path != "-" {
			f, err := os.Create(path)
			if err != nil {
				o.close()
				return nil, trouble("-o %s: %v", spec, err)
			}
			out.file, out.name = f, path
			out.buf = bufio.NewWriterSize(f, 64<<10)
			out.Writer = out.buf
		}
		o.files = append(o.files, out)
	}
	return o, nil
}

// settleOutputs looks at every -o before a file is made: a slip in one must not empty the file of another.
func settleOutputs(specs []string) error {
	stdout, files := "", map[string]string{}
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		_, known := formatOf(name)
		switch {
		case !known:
			return usage("-o %q: there is no such format (%s)", name, formatNames())
		case toFile && path == "":
			return usage("-o %s: a file name is missing after =", spec)
		case toFile && path != "-":
			whole, err := filepath.Abs(path)
			if err != nil {
				return trouble("-o %s: %v", spec, err)
			}
			if other, twice := files[whole]; twice {
				return usage("-o %s and -o %s both go to %s", other, name, path)
			}
			files[whole] = name
		case stdout != "":
			return usage("-o %s and -o %s both go to standard output; give one of them a file: -o %s=FILE", stdout, name, name)
		default:
			stdout = name
		}
	}
	return nil
}

// width is the terminal's, or COLUMNS, or what fits a ticket.
func (a *app) width() int {
	if n, err := strconv.Atoi(a.env["COLUMNS"]); err == nil && n > 0 {
		return n
	}
	if w := terminalWidth(a.Stdout); w > 0 {
		return w
	}
	return 100
}

// colored decides on colour for one output (https://no-color.org for NO_COLOR).
func (a *app) colored(out *output, when string) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return out.file == nil && a.env["NO_COLOR"] == "" && a.env["TERM"] != "dumb" && isTerminal(a.Stdout)
}

// begin opens a run for every writer.
func (o *outputs) begin(h *report.Header) error {
	for _, w := range o.writers {
		if err := w.Begin(h); err != nil {
			return trouble("output: %v", err)
		}
	}
	return nil
}

// end closes it.
func (o *outputs) end(s *report.Summary) error {
	for _, w := range o.writers {
		if err := w.End(s); err != nil {
			return trouble("output: %v", err)
		}
	}
	if err := o.close(); err != nil {
		return trouble("output: %v", err)
	}
	return nil
}

// flush makes what was written so far visible to others.
func (o *outputs) flush() error {
	var errs []error
	for _, f := range o.files {
		if f.buf != nil {
			errs = append(errs, f.buf.Flush())
		}
	}
	return errors.Join(errs...)
}

// close flushes and closes every file and says what failed.
func (o *outputs) close() error {
	var errs []error
	for _, f := range o.files {
		if f.file == nil {
			continue
		}
		errs = append(errs, f.buf.Flush(), f.file.Close())
		f.file = nil
	}
	return errors.Join(errs...)
}
