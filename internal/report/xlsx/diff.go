package xlsx

import (
	"io"
	"strings"

	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff has a sheet with the rows of csv.
type diff struct {
	workbook
	h       report.DiffHeader
	changes *sheet
}

func newDiff(w io.Writer, _ *report.Options) report.DiffWriter {
	return &diff{workbook: workbook{w: w}}
}

// changeWidths are the widths of report.DiffColumns.
func changeWidths() []float64 {
	return []float64{14, 30, 18, 18, 8, 10, 8, 14, 14, 10, 30, 10, 14, 24, 60}
}

// Begin opens the workbook.
func (d *diff) Begin(h *report.DiffHeader) (err error) {
	d.h = *h
	if err := d.open(); err != nil {
		return err
	}
	var columns []column
	for i, name := range report.DiffColumns() {
		columns = append(columns, column{text.Capital(strings.ReplaceAll(name, "_", " ")), changeWidths()[i]})
	}
	d.changes, err = d.sheet("Changes", columns...)
	return err
}

// Change adds the rows of one change.
func (d *diff) Change(c *compare.Change) error {
	for _, cells := range report.DiffRows(c) {
		row := make([]any, len(cells))
		for i, text := range cells {
			row[i] = text
		}
		row[4] = int(c.Endpoint().Port)
		if err := d.changes.append(row); err != nil {
			return err
		}
	}
	return nil
}

// End writes the summary and the file.
func (d *diff) End(s *compare.Summary) error {
	rows := [][]any{{"Old run", report.Cell(d.h.Old)}, {"New run", report.Cell(d.h.New)}}
	if !d.h.OldStarted.IsZero() {
		rows = append(rows, []any{"Old started", d.h.OldStarted.UTC().Format(sheetTime)})
	}
	if !d.h.NewStarted.IsZero() {
		rows = append(rows, []any{"New started", d.h.NewStarted.UTC().Format(sheetTime)})
	}
	rows = append(rows, []any{"Policy", report.Cell(d.h.Policy)}, []any{"Tool", report.Cell(d.h.Tool)})
	for _, k := range compare.Kinds() {
		rows = append(rows, []any{report.KindTitle(k), s.Changes[k]})
	}
	rows = append(rows, []any{"Unchanged", s.Changes[compare.Same]}, []any{"Hosts before", s.OldHosts}, []any{"Hosts now", s.NewHosts}, []any{"Hosts at another address", s.Moved}, []any{"Hosts that may be at another address", s.Alike}, []any{"Addresses with another host", s.Replaced})
	return d.finish(append(rows, notes(d.h.Warnings)...))
}
