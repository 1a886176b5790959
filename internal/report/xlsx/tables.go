package xlsx

import "io"

// Table is a sheet that others fill: rows of strings and numbers (int, uint64) below a head. Strings are written as they are: report.Cell keeps
// them from being formulas.
type Table struct {
	Name    string // of the sheet: up to 31 letters and spaces
	Columns []Column
	Rows    [][]any
}

// Column is a heading and how wide it is, in characters. One that wraps has long text.
type Column struct {
	Title string
	Width float64
	Wraps bool
}

// Tables writes a workbook: a first sheet of labels and values, and the tables. A sheet has at most 1,048,576 rows; the first one says how
// many are beyond that.
func Tables(w io.Writer, lead [][2]string, tables ...Table) error {
	b := workbook{w: w}
	if err := b.open(); err != nil {
		return err
	}
	first := b.sheet("Summary", 2, column{"", 28, false}, column{"", 90, true})
	first.lead = true
	for _, row := range lead {
		first.list([2]any{row[0], row[1]})
	}
	for _, t := range tables {
		var columns []column
		for _, c := range t.Columns {
			columns = append(columns, column{c.Title, c.Width, c.Wraps})
		}
		s := b.sheet(t.Name, len(columns), columns...)
		for _, row := range t.Rows {
			s.add(0, row)
		}
	}
	b.overflow(first)
	return b.write()
}
