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
	summary *sheet
	changes *sheet
}

func newDiff(w io.Writer, _ *report.Options) report.DiffWriter {
	return &diff{workbook: workbook{w: w}}
}

// changeWidths are the widths of report.DiffColumns, of which the first twelve are printed.
func changeWidths() []float64 {
	return []float64{14, 30, 18, 18, 8, 10, 8, 14, 14, 10, 30, 10, 14, 24, 60}
}

const changesPrinted = 12

// Begin opens the workbook.
func (d *diff) Begin(h *report.DiffHeader) error {
	d.h = *h
	if err := d.open(); err != nil {
		return err
	}
	d.summary = d.sheet("Summary", 2, column{"", 36, false}, column{"", 80, true})
	d.summary.lead = true
	var columns []column
	for i, name := range report.DiffColumns() {
		columns = append(columns, column{text.Capital(strings.ReplaceAll(name, "_", " ")), changeWidths()[i], false})
	}
	d.changes = d.sheet("Changes", changesPrinted, columns...)
	return nil
}

// Change adds the rows of one change.
func (d *diff) Change(c *compare.Change) error {
	for _, cells := range report.DiffRows(c) {
		row := make([]any, len(cells))
		for i, text := range cells {
			row[i] = text
		}
		row[4] = int(c.Endpoint().Port)
		d.changes.add(0, row)
	}
	return nil
}

// End writes the summary and the file.
func (d *diff) End(s *compare.Summary) error {
	d.summary.list([2]any{"Old run", report.Cell(d.h.Old)}, [2]any{"New run", report.Cell(d.h.New)})
	if !d.h.OldStarted.IsZero() {
		d.summary.list([2]any{"Old started", d.h.OldStarted.UTC().Format(sheetTime)})
	}
	if !d.h.NewStarted.IsZero() {
		d.summary.list([2]any{"New started", d.h.NewStarted.UTC().Format(sheetTime)})
	}
	d.summary.list([2]any{"Policy", report.Cell(d.h.Policy)}, [2]any{"Tool", report.Cell(d.h.Tool)})
	for _, k := range compare.Kinds() {
		d.summary.list([2]any{report.KindTitle(k), s.Changes[k]})
	}
	d.summary.list([2]any{"Unchanged", s.Changes[compare.Same]}, [2]any{"Hosts before", s.OldHosts}, [2]any{"Hosts now", s.NewHosts}, [2]any{"Hosts at another address", s.Moved},
		[2]any{"Hosts that may be at another address", s.Alike}, [2]any{"Addresses with another host", s.Replaced})
	d.summary.notes("Note", d.h.Warnings)
	d.overflow(d.summary)
	return d.write()
}
