package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"signet/internal/report"
)

// outputs is every -o of a run.
type outputs struct {
	writers []report.Writer
	files   []*output
}

// output is one file or standard output.
type output struct {
	io.Writer
	name string
	file *os.File      // nil for standard output
	buf  *bufio.Writer // nil where each line is to be seen as it is made
}

// format is one word of -o.
type format struct {
	name string
	open func(*app, *output, string) report.Writer
}

// formats lists every format. One that streams shows each line as it is made; the others are written at the end.
func formats() []format {
	checks := func(a *app) *report.Rulebook { return report.NewRulebook(a.checks) }
	return []format{
		{"text", func(a *app, o *output, color string) report.Writer {
			return report.NewText(o, a.checks, a.width(), a.colored(o, color))
		}},
		{"jsonl", func(_ *app, o *output, _ string) report.Writer { return report.NewJSONL(o) }},
		{"json", func(_ *app, o *output, _ string) report.Writer { return report.NewJSON(o) }},
		{"csv", func(a *app, o *output, _ string) report.Writer { return report.NewCSV(o, checks(a)) }},
		{"markdown", func(a *app, o *output, _ string) report.Writer { return report.NewMarkdown(o, a.checks, checks(a)) }},
		{"html", func(a *app, o *output, _ string) report.Writer { return report.NewHTML(o, a.checks, checks(a)) }},
		{"xlsx", func(a *app, o *output, _ string) report.Writer { return report.NewXLSX(o, checks(a)) }},
		{"sarif", func(a *app, o *output, _ string) report.Writer { return report.NewSARIF(o, checks(a)) }},
		{"ocsf", func(a *app, o *output, _ string) report.Writer { return report.NewOCSF(o, checks(a)) }},
		{"opengraph", func(a *app, o *output, _ string) report.Writer { return report.NewOpenGraph(o, checks(a)) }},
		{"nmap", func(_ *app, o *output, _ string) report.Writer { return report.NewNmap(o) }},
		{"junit", func(a *app, o *output, _ string) report.Writer { return report.NewJUnit(o, checks(a)) }},
		{"list", func(_ *app, o *output, _ string) report.Writer { return report.NewList(o) }},
	}
}

// formatNames joins the words of -o for a message.
func formatNames() string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func formatOf(name string) (format, bool) {
	for _, f := range formats() {
		if f.name == name {
			return f, true
		}
	}
	return format{}, false
}

// open creates the writers of `FORMAT[=FILE]` arguments. Only one may go to standard output: two would be one
// document that is neither.
func (a *app) open(specs []string, color string) (*outputs, error) {
	if len(specs) == 0 {
		specs = []string{"text"}
	}
	if err := settleOutputs(specs); err != nil {
		return nil, err
	}
	o := &outputs{}
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		format, _ := formatOf(name)
		out := &output{Writer: a.Stdout, name: "standard output"}
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
		o.writers = append(o.writers, format.open(a, out, color))
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
			if other, twice := files[path]; twice {
				return usage("-o %s and -o %s both go to %s", other, name, path)
			}
			files[path] = name
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
