package report

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
	"signet/internal/text"
)

// CSV is -o csv: a table for a spreadsheet or a script.
func CSV() Format {
	return Format{Name: "csv",
		Run: func(w io.Writer, o *Options) Handler {
			return &csvRun{table: newTable(w), rules: NewRulebook(o.Checks)}
		},
		Diff: func(w io.Writer, _ *Options) DiffWriter { return &csvDiff{newTable(w)} }}
}

// table is comma-separated values under way (RFC 4180).
type table struct {
	b *bufio.Writer
	w *csv.Writer
}

func newTable(w io.Writer) table {
	b := bufio.NewWriterSize(w, 64<<10)
	return table{b: b, w: csv.NewWriter(b)}
}

// close flushes both writers.
func (t *table) close() error {
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return err
	}
	return t.b.Flush()
}

// Cell is text that no spreadsheet takes for a formula.
func Cell(s string) string { return check.Defuse(text.Clean(s)) }

// csvRun writes one row per finding, and one per endpoint without findings. Columns are described in docs/formats.md;
// new ones come at the end.
type csvRun struct {
	Ignore
	table
	rules *Rulebook
	run   string
	row   []string
}

// csvColumns is the first row.
func csvColumns() []string {
	return []string{
		"address", "port", "transport", "name", "host", "check", "outcome", "verdict", "verdict_because",
		"rule", "severity", "title", "where", "because", "fix",
		"unasked", "error_phase", "error_text", "at", "took_ms", "run", "disagreements",
	}
}

// Begin writes the names of the columns.
func (c *csvRun) Begin(h *Header) error {
	c.run = h.Run
	return c.w.Write(csvColumns())
}

// Endpoint writes the rows of one endpoint.
func (c *csvRun) Endpoint(l *Line) error {
	if len(l.Judgement.Findings) == 0 {
		return c.write(l, &signet.Finding{}, "")
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if err := c.write(l, f, f.Severity.String()); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvRun) write(l *Line, f *signet.Finding, severity string) error {
	var failure signet.Failure
	if l.Err != nil {
		failure = *l.Err
	}
	c.row = append(c.row[:0],
		l.Addr.String(), l.PortString(), l.Transport.String(), Cell(l.Name), Cell(l.Who()), Cell(l.Check), l.Outcome.String(), l.Verdict.String(), Cell(strings.Join(l.Because, "; ")),
		Cell(f.Rule), severity, Cell(f.Title), Cell(f.Where), Cell(strings.Join(f.Because, "; ")), Cell(c.rules.Fix(f.Rule)),
		Cell(strings.Join(l.Unasked, " ")), Cell(failure.Phase), Cell(failure.Text),
		l.At.UTC().Format(time.RFC3339), milliseconds(l.Took), Cell(c.run), Cell(strings.Join(l.Disagreements, "; ")))
	return c.w.Write(c.row)
}

// End flushes.
func (c *csvRun) End(*Summary) error { return c.close() }

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', -1, 64)
}

// csvDiff writes DiffColumns and the DiffRows of every change.
type csvDiff struct{ table }

// Begin writes the names of the columns.
func (d *csvDiff) Begin(*DiffHeader) error { return d.w.Write(DiffColumns()) }

// Change writes the rows of one change.
func (d *csvDiff) Change(c *compare.Change) error {
	for _, row := range DiffRows(c) {
		if err := d.w.Write(row); err != nil { // WriteAll flushes each time
			return err
		}
	}
	return nil
}

// End flushes.
func (d *csvDiff) End(*compare.Summary) error { return d.close() }
