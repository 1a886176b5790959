package xlsx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"signet/internal/text"
)

// written is how many rows the sheet has in the file, the header among them.
func (s *sheet) written() int {
	if s.lead {
		return min(s.rows, mostSheetRows)
	}
	return min(s.rows+1, mostSheetRows)
}

// errFull ends a sheet that holds no more.
var errFull = errors.New("the sheet is full")

// write writes the part of the document that is this sheet.
func (s *sheet) write(out io.Writer) error {
	w := bufio.NewWriterSize(out, 64<<10)
	if _, err := w.WriteString(xmlHead + s.head()); err != nil {
		return err
	}
	var b []byte
	row := 0
	put := func(cells []cell, heading bool) error {
		if row == mostSheetRows {
			return errFull
		}
		row++
		b = append(strconv.AppendInt(append(b[:0], `<row r="`...), int64(row), 10), '"')
		if n := s.lines(cells, heading); n > 1 {
			b = append(strconv.AppendInt(append(b, ` ht="`...), int64(min(n*lineHeight, mostHigh)), 10), '"')
		}
		b = append(b, '>')
		for i, c := range cells {
			b = appendCell(b, i, row, c, s.style(i, heading))
		}
		_, err := w.Write(append(b, `</row>`...))
		return err
	}
	if !s.lead {
		var titles []cell
		for _, c := range s.columns {
			titles = append(titles, cell{text: []byte(c.title)})
		}
		if err := put(titles, true); err != nil {
			return err
		}
	}
	err := s.piles.each(put)
	if err != nil && !errors.Is(err, errFull) {
		return err
	}
	if _, err := w.WriteString(s.tail()); err != nil {
		return err
	}
	return w.Flush()
}

// style says how a cell of a column looks. The text of a long sheet is not wrapped.
func (s *sheet) style(column int, heading bool) int {
	switch {
	case heading:
		return styleHead
	case s.lead && column == 0:
		return styleLabel
	case s.rows <= mostWrapped && column < len(s.columns) && s.columns[column].wraps:
		return styleWrap
	}
	return styleTop
}

// How high a line is and a row may be at most, in points.
const (
	lineHeight = 15
	mostHigh   = 409
)

// lines is how many lines a row takes whose long text is wrapped. Not every spreadsheet measures that when it opens a file.
func (s *sheet) lines(cells []cell, heading bool) int {
	most := 1
	if s.rows > mostWrapped && !heading {
		return most
	}
	for i, c := range cells[:min(len(cells), len(s.columns))] {
		if heading || s.columns[i].wraps || s.lead && i == 0 {
			n, width := 0, int(s.columns[i].width)
			for _, line := range text.Wrap(string(c.text), width) {
				n += wrapped(text.Width(line), width)
			}
			most = max(most, n)
		}
	}
	return most
}

// wrapped is how many lines a line without a space takes at most. A path longer than its column is broken behind a slash, which
// leaves lines half empty: one more than its length says.
func wrapped(long, width int) int {
	if long <= width {
		return 1
	}
	return (long+width-1)/width + 1
}

// head is what stands before the rows: pages as wide as the paper, the frozen header, and the columns.
func (s *sheet) head() string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="` + main + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`)
	fmt.Fprintf(&b, `<dimension ref="A1:%s%d"/>`, letter(len(s.columns)-1), max(s.written(), 1))
	if s.lead {
		b.WriteString(`<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>`)
	} else {
		b.WriteString(`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews>`)
	}
	b.WriteString(`<sheetFormatPr defaultRowHeight="15"/><cols>`)
	for i, c := range s.columns {
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, c.width)
	}
	b.WriteString(`</cols><sheetData>`)
	return b.String()
}

// tail is what stands behind the rows: the filter, and A4 across, with the sheet's name and the number of the page.
func (s *sheet) tail() string {
	filter := ""
	if !s.lead {
		filter = fmt.Sprintf(`<autoFilter ref="A1:%s%d"/>`, letter(len(s.columns)-1), s.written())
	}
	return `</sheetData>` + filter + `<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>` +
		`<headerFooter><oddFooter>&amp;LSignet: &amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter></worksheet>`
}
