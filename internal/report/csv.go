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
	"signet/internal/text"
)

// CSV writes one row per finding, and one per endpoint without findings. Columns are described in docs/formats.md;
// new ones come at the end.
type CSV struct {
	Ignore
	b     *bufio.Writer
	w     *csv.Writer
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

// NewCSV writes to w.
func NewCSV(w io.Writer, rules *Rulebook) *CSV {
	b := bufio.NewWriterSize(w, 64<<10)
	return &CSV{b: b, w: csv.NewWriter(b), rules: rules}
}

// Begin writes the names of the columns.
func (c *CSV) Begin(h *Header) error {
	c.run = h.Run
	return c.w.Write(csvColumns())
}

// Endpoint writes the rows of one endpoint.
func (c *CSV) Endpoint(l *Line) error {
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

func (c *CSV) write(l *Line, f *signet.Finding, severity string) error {
	var failure signet.Failure
	if l.Err != nil {
		failure = *l.Err
	}
	c.row = append(c.row[:0],
		l.Addr.String(), l.PortString(), l.Transport.String(), cell(l.Name), cell(who(l)), cell(l.Check), l.Outcome.String(), l.Verdict.String(), cell(strings.Join(l.Because, "; ")),
		cell(f.Rule), severity, cell(f.Title), cell(f.Where), cell(strings.Join(f.Because, "; ")), cell(c.rules.fix(f.Rule)),
		cell(strings.Join(l.Unasked, " ")), cell(failure.Phase), cell(failure.Text),
		l.At.UTC().Format(time.RFC3339), milliseconds(l.Took), cell(c.run), cell(strings.Join(l.Disagreements, "; ")))
	return c.w.Write(c.row)
}

// End flushes.
func (c *CSV) End(*Summary) error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return err
	}
	return c.b.Flush()
}

// cell is text that no spreadsheet takes for a formula.
func cell(s string) string { return check.Defuse(text.Clean(s)) }

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', -1, 64)
}
