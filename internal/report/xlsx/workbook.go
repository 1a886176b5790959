package xlsx

import (
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"signet/internal/report"
	"signet/internal/text"
)

// workbook is a summary and sheets under way. Rows stream into files of the system's temporary folder until the end. A sheet
// has at most 1,048,576 rows: what is beyond stays out, and the summary says how many.
type workbook struct {
	w      io.Writer
	book   *excelize.File
	head   int // the style of headers
	sheets []*sheet
}

type sheet struct {
	name    string
	stream  *excelize.StreamWriter
	columns int
	rows    int // written, the header among them
	left    uint64
}

// column is a heading and how wide it is, in characters.
type column struct {
	title string
	width float64
}

// mostSheetRows is what a sheet holds.
const mostSheetRows = 1 << 20

// open starts the workbook with its summary.
func (b *workbook) open() (err error) {
	b.book = excelize.NewFile()
	if err := b.book.SetSheetName("Sheet1", "Summary"); err != nil {
		return err
	}
	b.head, err = b.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Color: []string{"E6EAF0"}, Pattern: 1}})
	return err
}

// sheet starts a sheet of these columns, with a frozen header.
func (b *workbook) sheet(name string, columns ...column) (*sheet, error) {
	if _, err := b.book.NewSheet(name); err != nil {
		return nil, err
	}
	stream, err := b.book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		if err := stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return nil, err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	s := &sheet{name: name, stream: stream, columns: len(columns)}
	b.sheets = append(b.sheets, s)
	row := make([]any, len(columns))
	for i, c := range columns {
		row[i] = excelize.Cell{StyleID: b.head, Value: c.title}
	}
	return s, s.append(row)
}

// append writes one row.
func (s *sheet) append(row []any) error {
	if s.rows >= mostSheetRows {
		s.left++
		return nil
	}
	s.rows++
	return s.stream.SetRow("A"+strconv.Itoa(s.rows), row)
}

// sheetTime is how a summary writes times.
const sheetTime = "2006-01-02 15:04:05 UTC"

// notes are rows of the summary.
func notes(warnings []string) (rows [][]any) {
	for _, w := range warnings {
		rows = append(rows, []any{"Note", report.Cell(w)})
	}
	return rows
}

// finish closes the sheets, fills the summary and writes the file.
func (b *workbook) finish(rows [][]any) error {
	defer b.book.Close()
	for _, sh := range b.sheets {
		last, err := excelize.CoordinatesToCellName(sh.columns, sh.rows)
		if err != nil {
			return err
		}
		if err := b.book.AutoFilter(sh.name, "A1:"+last, nil); err != nil {
			return err
		}
		if err := sh.stream.Flush(); err != nil {
			return err
		}
		if sh.left > 0 {
			rows = append(rows, []any{sh.name, text.Count(sh.left, "row is", "rows are") + " beyond what a sheet holds: -o csv has them"})
		}
	}
	for i, row := range rows {
		if err := b.book.SetSheetRow("Summary", "A"+strconv.Itoa(i+1), &row); err != nil {
			return err
		}
	}
	if err := b.book.SetColStyle("Summary", "A", b.head); err != nil {
		return err
	}
	if err := b.book.SetColWidth("Summary", "A", "B", 24); err != nil {
		return err
	}
	return b.book.Write(b.w)
}
