package xlsx

import (
	"io"

	"signet/internal/report"
	"signet/internal/text"
)

// workbook is a summary and sheets under way. A sheet has at most 1,048,576 rows: the mildest of what is beyond stay out, and the
// summary says how many.
type workbook struct {
	w      io.Writer
	pack   *packing
	sheets []*sheet
}

// sheet is a table under way. Its rows wait for the end, so that the worst come first.
type sheet struct {
	name    string
	columns []column
	piles   piles
	printed int  // how many columns are printed; the others stand beside them on the screen
	rows    int  // that are kept, without the header
	lead    bool // the first one: rows of its own form, neither header nor filter
}

// column is a heading and how wide it is, in characters. One that wraps has long text: its rows grow where there are few.
type column struct {
	title string
	width float64
	wraps bool
}

// Bounds of a sheet: how many rows it holds, the header among them, and up to how many of them grow with their text, which a
// spreadsheet has to measure when it opens the file.
const (
	mostSheetRows = 1 << 20
	mostWrapped   = 5000
)

// open starts the workbook.
func (b *workbook) open() (err error) {
	b.pack, err = newPacking()
	return err
}

// sheet starts a sheet of which the first columns are printed.
func (b *workbook) sheet(name string, printed int, columns ...column) *sheet {
	s := &sheet{name: name, columns: columns, printed: printed, piles: piles{by: map[int]*pile{}, pack: b.pack}}
	b.sheets = append(b.sheets, s)
	return s
}

// add takes a row of a rank: those of rank 0 come first. A cell is a string, an int or a uint64.
func (s *sheet) add(rank int, row []any) {
	s.rows++
	s.piles.add(rank, false, row)
}

// heading adds a row that stands over those that follow.
func (s *sheet) heading(row ...any) {
	s.rows++
	s.piles.add(0, true, row)
}

// sheetTime is how a summary writes times.
const sheetTime = "2006-01-02 15:04:05 UTC"

// list adds rows of two cells, a label and a value.
func (s *sheet) list(rows ...[2]any) {
	for _, row := range rows {
		s.add(0, row[:])
	}
}

// notes adds rows of a text each.
func (s *sheet) notes(label string, texts []string) {
	for _, t := range texts {
		s.add(0, []any{label, report.Cell(t)})
	}
}

// overflow says on the first sheet what the others did not hold.
func (b *workbook) overflow(lead *sheet) {
	for _, s := range b.sheets {
		if over := s.rows - (mostSheetRows - 1); over > 0 && s != lead {
			lead.notes(s.name, []string{text.Count(uint64(over), "row is", "rows are") + " beyond what a sheet holds, those that would come last: -o csv has them"})
		}
	}
}
