package report

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"

	"signet/internal/compare"
	"signet/internal/text"
)

// DiffCSV writes a row per finding that came, went or was rated anew, and one per change without any.
type DiffCSV struct {
	b *bufio.Writer
	w *csv.Writer
}

// NewDiffCSV writes to w.
func NewDiffCSV(w io.Writer) *DiffCSV {
	b := bufio.NewWriterSize(w, 64<<10)
	return &DiffCSV{b: b, w: csv.NewWriter(b)}
}

func diffColumns() []string {
	return []string{"change", "host", "old_address", "new_address", "port", "transport", "check", "old_verdict", "new_verdict", "finding", "rule", "severity", "was_severity", "where", "because"}
}

// diffRows are the cells of a change.
func diffRows(c *compare.Change) [][]string {
	old, now, oldVerdict, newVerdict := "", "", "", ""
	if c.Old.Addr.IsValid() {
		old, oldVerdict = c.Old.Addr.String(), c.OldVerdict.String()
	}
	if c.New.Addr.IsValid() {
		now, newVerdict = c.New.Addr.String(), c.NewVerdict.String()
	}
	at := place(c)
	var rows [][]string
	for _, e := range effects(c) {
		rule, severity, was, where := "", "", "", ""
		if e.finding != nil {
			rule, severity, where = e.finding.Rule, e.finding.Severity.String(), e.finding.Where
		}
		if e.what == "rated" {
			was = e.was.String()
		}
		rows = append(rows, []string{c.Kind.String(), cell(c.Host), old, now, at.PortString(), at.Transport.String(), cell(c.Check), oldVerdict, newVerdict,
			e.what, cell(rule), severity, was, cell(where), cell(strings.Join(c.Because, "; "))})
	}
	return rows
}

// Begin writes the names of the columns.
func (d *DiffCSV) Begin(*DiffHeader) error { return d.w.Write(diffColumns()) }

// Change writes the rows of one change.
func (d *DiffCSV) Change(c *compare.Change) error {
	for _, row := range diffRows(c) {
		if err := d.w.Write(row); err != nil { // WriteAll flushes each time
			return err
		}
	}
	return nil
}

// End flushes.
func (d *DiffCSV) End(*compare.Summary) error {
	d.w.Flush()
	if err := d.w.Error(); err != nil {
		return err
	}
	return d.b.Flush()
}

// DiffXLSX writes a workbook: a summary, and the rows of csv with a frozen header and filters.
type DiffXLSX struct {
	h DiffHeader
	*workbook
	changes *sheet
}

// NewDiffXLSX writes to w.
func NewDiffXLSX(w io.Writer) *DiffXLSX { return &DiffXLSX{workbook: &workbook{w: w}} }

// Begin opens the workbook.
func (d *DiffXLSX) Begin(h *DiffHeader) (err error) {
	d.h = *h
	if err := d.open(); err != nil {
		return err
	}
	names := diffColumns()
	for i, n := range names {
		n = strings.ReplaceAll(n, "_", " ")
		names[i] = text.Capital(n)
	}
	d.changes, err = d.sheet("Changes", []float64{14, 30, 18, 18, 8, 10, 8, 14, 14, 10, 30, 10, 14, 24, 60}, names...)
	return err
}

// Change adds the rows of one change.
func (d *DiffXLSX) Change(c *compare.Change) error {
	for _, cells := range diffRows(c) {
		row := make([]any, len(cells))
		for i, text := range cells {
			row[i] = text
		}
		row[4] = int(place(c).Port)
		if err := d.changes.add(row); err != nil {
			return err
		}
	}
	return nil
}

// End writes the summary and the file.
func (d *DiffXLSX) End(s *compare.Summary) error {
	rows := [][]any{{"Old run", cell(d.h.Old)}, {"New run", cell(d.h.New)}}
	if !d.h.OldStarted.IsZero() {
		rows = append(rows, []any{"Old started", d.h.OldStarted.UTC().Format(sheetTime)})
	}
	if !d.h.NewStarted.IsZero() {
		rows = append(rows, []any{"New started", d.h.NewStarted.UTC().Format(sheetTime)})
	}
	rows = append(rows, []any{"Policy", cell(d.h.Policy)}, []any{"Tool", cell(d.h.Tool)})
	for _, k := range compare.Kinds() {
		title, _ := kindWords(k)
		rows = append(rows, []any{title, s.Changes[k]})
	}
	rows = append(rows, []any{"Unchanged", s.Changes[compare.Same]}, []any{"Hosts before", s.OldHosts}, []any{"Hosts now", s.NewHosts}, []any{"Hosts at another address", s.Moved}, []any{"Hosts that may be at another address", s.Alike}, []any{"Addresses with another host", s.Replaced})
	return d.finish(append(rows, notes(d.h.Warnings)...))
}

// DiffList writes the endpoints that got worse, came with a weakness or were newly asked and have one, as TARGETs.
type DiffList struct{ w *bufio.Writer }

// NewDiffList writes to w.
func NewDiffList(w io.Writer) *DiffList { return &DiffList{bufio.NewWriter(w)} }

// Begin writes nothing: a list is only targets.
func (d *DiffList) Begin(*DiffHeader) error { return nil }

// Change writes the endpoint if there is something new to fix at it.
func (d *DiffList) Change(c *compare.Change) error {
	if broke(c) || c.Kind == compare.NewlyAsked && weak(c) {
		d.w.WriteString(place(c).AddrPort().String() + "\n") // its first error is kept for Flush
	}
	return nil
}

// End flushes.
func (d *DiffList) End(*compare.Summary) error { return d.w.Flush() }
