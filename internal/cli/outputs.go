package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"signet/internal/outfile"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/junit"
	"signet/internal/report/nmap"
	"signet/internal/report/ocsf"
	"signet/internal/report/opengraph"
	"signet/internal/report/prose"
	"signet/internal/report/sarif"
	"signet/internal/report/xlsx"
	"signet/internal/text"
)

// outputs is every -o of a command: the report of a run.
type outputs struct {
	report.Tee
	files []*output
	tell  func(line string) // what a format says beside its output
}

// output is one file or standard output.
type output struct {
	io.Writer
	name   string
	format report.Format
	place  outfile.Place
	file   *os.File      // nil for standard output, and once it is closed
	buf    *bufio.Writer // nil where each line is to be seen as it is made
	failed bool          // its writer did not come to an end
	spare  bool          // what it would replace is worth more
}

// formats lists every format, as -o names them.
func formats() []report.Format {
	return []report.Format{
		prose.Text(), report.JSONL(), report.JSON(), report.CSV(), prose.Markdown(),
		html.Format(), xlsx.Format(), sarif.Format(), ocsf.Format(), opengraph.Format(), nmap.Format(), junit.Format(),
		report.List(),
	}
}

// formatWords are the words of -o.
func formatWords() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.Name)
	}
	return names
}

// formatNames joins them for a message.
func formatNames() string { return strings.Join(formatWords(), ", ") }

// noSuchFormat says what is wrong with a value of -o, and what was most likely meant.
func noSuchFormat(spec string) string {
	name, _, _ := strings.Cut(spec, "=")
	format := strings.TrimPrefix(filepath.Ext(spec), ".")
	format = formatAlias(format)
	_, known := formatOf(format)
	switch {
	case name == "utput": // -output, whose letters are -o and a format
		return "did you mean --output?"
	case name == "pdf" || known && format == "html" && strings.HasSuffix(name, ".pdf"):
		return "there is no such format (" + formatNames() + "); a browser prints the page of -o html=FILE to PDF, with every host in it"
	case formatAlias(name) != name:
		return "there is no such format; did you mean " + formatAlias(name) + "? (" + formatNames() + ")"
	case known && name == spec:
		return "a format goes before the file: -o " + format + "=" + spec
	case strings.Contains(name, ","):
		return "give -o once for each format, all but one with a file: -o json=FILE -o html=FILE"
	case len(name) == 1 && strings.Contains("AGNX", name):
		return "nmap's -o" + name + " is not Signet's: -o nmap=FILE writes nmap's XML, -o text=FILE what the screen shows"
	}
	return "there is no such format" + text.DidYouMean(name, formatWords()) + " (" + formatNames() + ")"
}

// formatAlias is the format that goes by another word, or by the end of its files; any other word is what it was.
func formatAlias(word string) string {
	switch strings.ToLower(word) {
	case "txt":
		return "text"
	case "md":
		return "markdown"
	case "xml":
		return "nmap"
	case "xls", "excel":
		return "xlsx"
	case "htm", "pdf":
		return "html"
	}
	return word
}

func formatOf(name string) (report.Format, bool) {
	for _, f := range formats() {
		if f.Name == name {
			return f, true
		}
	}
	return report.Format{}, false
}

// open creates the handlers of a run for `FORMAT[=FILE]` arguments. others are files that the command has open besides.
func (a *app) open(specs []string, as look, others ...string) (*outputs, error) {
	o, err := a.openFiles(specs, others...)
	if err != nil {
		return nil, err
	}
	o.tell = a.tell
	for _, f := range o.files {
		o.Tee = append(o.Tee, f.format.Run(f, a.display(f, as)))
	}
	return o, nil
}

// openFiles creates what `FORMAT[=FILE]` arguments write to. Only one may go to standard output: two would be one
// document that is neither. A file grows beside the one of its name and takes its place with finish.
func (a *app) openFiles(specs []string, others ...string) (*outputs, error) {
	if len(specs) == 0 {
		specs = []string{"text"}
	}
	if err := a.settleOutputs(specs, others...); err != nil {
		return nil, err
	}
	o := &outputs{}
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		out := &output{Writer: a.Stdout, name: "standard output"}
		out.format, _ = formatOf(name) // settle knew it
		o.files = append(o.files, out)
		if !toFile || path == "-" {
			continue
		}
		var err error
		if out.place, err = outfile.Of(path); err == nil {
			out.file, err = out.place.Create()
		}
		if err != nil {
			o.close()
			return nil, trouble("-o %s: %v", spec, err)
		}
		if out.name = path; !out.place.AsIs() {
			a.interrupts.litter(out.place.Part(), !out.format.Lines)
		}
		out.buf = bufio.NewWriterSize(out.file, 64<<10)
		out.Writer = out.buf
	}
	return o, nil
}

// settleOutputs looks at every -o before a file is made: a slip in one must not cost the file of another. Of what they go to
// no two may be one, nor one of others, files that the command has open besides.
func (a *app) settleOutputs(specs []string, others ...string) error {
	if err := knownFormats(specs); err != nil {
		return err
	}
	stdout := ""
	var used []outfile.Place
	var by []string
	for _, spec := range specs {
		name, path, toFile := strings.Cut(spec, "=")
		switch {
		case toFile && path == "":
			return usage("-o %s: a file name is missing after =", spec)
		case toFile && path != "-":
			p, err := outfile.Of(path)
			if err != nil {
				return trouble("-o %s: %v", spec, err)
			}
			for i := range used {
				if p.Is(&used[i]) {
					return usage("-o %s and -o %s both go to %s", by[i], name, path)
				}
			}
			for _, other := range others {
				if q, err := outfile.Of(other); err == nil && p.Is(&q) {
					return usage("-o %s would overwrite %s, which this command also uses", name, path)
				}
			}
			used, by = append(used, p), append(by, name)
		case stdout != "":
			return usage("-o %s and -o %s both go to standard output; give one of them a file: -o %s=FILE", stdout, name, name)
		default:
			stdout = name
		}
	}
	for i := range used {
		if stdout != "" && a.isStdout(&used[i]) {
			return usage("-o %s and -o %s both go to standard output", stdout, by[i])
		}
	}
	return nil
}

// knownFormats refuses values of -o that name no format.
func knownFormats(specs []string) error {
	for _, spec := range specs {
		name, _, _ := strings.Cut(spec, "=")
		if _, known := formatOf(name); !known {
			return usage("-o %q: %s", name, noSuchFormat(spec))
		}
	}
	return nil
}

// isStdout tells whether a place is what standard output goes to.
func (a *app) isStdout(p *outfile.Place) bool {
	s, ok := a.Stdout.(*standard)
	return ok && p.IsOpen(s.file)
}

// display is what the format of an output may ask for.
func (a *app) display(out *output, as look) *report.Options {
	return &report.Options{Checks: a.run.Checks, Width: a.width(), Color: a.colored(out, as.color), Origin: as.origin, By: as.by}
}

// look is how a command wants its reports to look, and where they say that there is more.
type look struct {
	color  string
	by     string // how endpoints are ordered
	origin report.Origin
}

const byUsage = "group the endpoints of text and Markdown by `GROUP`: host, the worst host first (default by finding)"

// settleBy refuses a way of ordering that none of the outputs has.
func settleBy(by string, specs []string) error {
	if by == "" {
		return nil
	}
	if err := knownFormats(specs); err != nil {
		return err
	}
	if len(specs) == 0 {
		specs = []string{"text"}
	}
	has := func(f report.Format) bool { return slices.Contains(f.By, by) }
	if !slices.ContainsFunc(formats(), has) {
		return usage("--by %q: endpoints can only be listed by host", by)
	}
	for _, spec := range specs {
		name, _, _ := strings.Cut(spec, "=")
		if f, _ := formatOf(name); has(f) {
			return nil
		}
	}
	name, _, _ := strings.Cut(specs[0], "=")
	return usage("--by %s: -o text and -o markdown list endpoints so, -o %s does not", by, name)
}

// keptBy is the origin of a run in a store, as judged by a policy. kept: it is there.
func keptBy(store, policy string, kept bool) report.Origin {
	if !kept {
		return report.Origin{}
	}
	flags := judgedBy(policy)
	if path, ok := strings.CutPrefix(store, "sqlite:"); ok && path != "" { // the URL of another store may hold a password
		flags += " --store " + quoted(store)
	}
	return report.Origin{Command: "signet report", Stored: true, Flags: flags}
}

// judgedBy is the flag that judges by a policy.
func judgedBy(policy string) string {
	if policy == "baseline" {
		return ""
	}
	return " --policy " + quoted(policy)
}

// quoted is a word as shells take it.
func quoted(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`-_./:\@%+=,`, r)
	}) {
		return `"` + word + `"`
	}
	return word
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
	return out.buf == nil && a.env["NO_COLOR"] == "" && a.env["TERM"] != "dumb" && isTerminal(a.Stdout) && understandsEscapes(a.Stdout)
}

// Begin opens a run for every output.
func (o *outputs) Begin(h *report.Header) error {
	if err := o.Tee.Begin(h); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// End closes it. An output that fails keeps no other from its end.
func (o *outputs) End(s *report.Summary) error {
	var errs []error
	for i, h := range o.Tee {
		if err := h.End(s); err != nil {
			errs = append(errs, err)
			o.files[i].failed = true
		} else if a, ok := h.(report.Aside); ok && a.Aside() != "" {
			o.tell(a.Aside())
		}
	}
	if err := errors.Join(append(errs, o.finish())...); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// flush makes what was written so far visible to others. An error shows again at the next write.
func (o *outputs) flush() {
	for _, f := range o.files {
		if f.file != nil {
			f.buf.Flush()
		}
	}
}

// spareOlder leaves files that are there already as they are, and says whether there is any.
func (o *outputs) spareOlder() (any bool) {
	for _, f := range o.files {
		f.spare = f.file != nil && f.place.Replaces()
		any = any || f.spare
	}
	return any
}

// finish puts every file that is whole in its place, and says what failed.
func (o *outputs) finish() error {
	var errs []error
	for _, f := range o.files {
		if f.file == nil || f.failed {
			continue
		}
		if f.spare {
			f.place.Abandon(f.file, f.buf, false)
		} else if err := f.place.Finish(f.file, f.buf, f.format.Lines); err != nil {
			errs = append(errs, err)
		}
		f.file = nil
	}
	return errors.Join(errs...)
}

// close leaves alone what was not finished: the older files stay as they were.
func (o *outputs) close() { o.abandon(false) }

// abandon is close, which keeps with lines what of JSON lines has grown until now: each of them is whole.
func (o *outputs) abandon(lines bool) {
	for _, f := range o.files {
		if f.file != nil {
			f.place.Abandon(f.file, f.buf, lines && f.format.Lines)
			f.file = nil
		}
	}
}
