package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is a mistake at a place of the text.
type Problem struct {
	Line, Column int // from 1; columns are bytes
	Text         string
}

func (p Problem) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
}

// Row is a line of a table below its head.
type Row struct {
	Line  int
	cells map[string]cell
}

type cell struct {
	text   string
	column int
}

// Get is what stands under a column, without the spaces around it; "" where nothing does.
func (r *Row) Get(column string) string { return r.cells[column].text }

// Has tells whether the table has a column, whatever stands there.
func (r *Row) Has(column string) bool { _, ok := r.cells[column]; return ok }

// Wrong is a problem of what stands under a column.
func (r *Row) Wrong(column, text string) Problem {
	at := r.cells[column].column
	if at == 0 {
		at = 1
	}
	return Problem{r.Line, at, column + ": " + text}
}

// mostProblems is how many anybody reads at once.
const mostProblems = 100

// Read reads a table whose first line names its columns, in any order: some of known, and all of required. Values are separated by
// commas, or by semicolons, as spreadsheets of some languages write them. There are no rows where there is a problem.
func Read(text []byte, most int, known, required []string) (rows []Row, problems []Problem) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, []Problem{{1, 1, "the text is not UTF-8"}}
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	if head, _, _ := bytes.Cut(text, []byte("\n")); bytes.Contains(head, []byte(";")) && !bytes.Contains(head, []byte(",")) {
		r.Comma = ';'
	}
	var head []string
	wrong := func(line, column int, format string, args ...any) {
		if len(problems) < mostProblems {
			problems = append(problems, Problem{line, column, fmt.Sprintf(format, args...)})
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if p, ok := errors.AsType[*csv.ParseError](err); ok {
			wrong(p.Line, p.Column, "%v", p.Err)
			return nil, problems // what follows would be read wrongly
		}
		if err != nil {
			wrong(1, 1, "%v", err)
			return nil, problems
		}
		line, _ := r.FieldPos(0)
		if head == nil {
			if len(fields) > 2*len(known) { // nobody means it, and each would be looked for among all of them
				wrong(line, 1, "there are %d columns: want %s", len(fields), strings.Join(known, ", "))
				return nil, problems
			}
			for i, name := range fields {
				name = strings.ToLower(strings.TrimSpace(name))
				_, column := r.FieldPos(i)
				switch {
				case !slices.Contains(known, name):
					wrong(line, column, "there is no column %.40q: want %s", name, strings.Join(known, ", "))
				case slices.Contains(head, name):
					wrong(line, column, "the column %s stands twice", name)
				}
				head = append(head, name)
			}
			for _, name := range required {
				if !slices.Contains(head, name) {
					wrong(line, 1, "the first line names the columns, and %s is missing", name)
				}
			}
			if len(problems) > 0 {
				return nil, problems
			}
			continue
		}
		if len(fields) == 1 && strings.TrimSpace(fields[0]) == "" {
			continue
		}
		if len(fields) > len(head) {
			_, column := r.FieldPos(len(head))
			wrong(line, column, "there are %d values for %d columns", len(fields), len(head))
			continue
		}
		if len(rows) == most {
			wrong(line, 1, "there are more than %d lines", most)
			return nil, problems
		}
		row := Row{line, map[string]cell{}}
		for i, name := range head {
			c := cell{column: 1}
			if i < len(fields) {
				c.text = armed(strings.TrimSpace(fields[i]), false)
				_, c.column = r.FieldPos(i)
			}
			row.cells[name] = c
		}
		for _, name := range required {
			if row.Get(name) == "" {
				wrong(line, row.cells[name].column, "%s: is missing", name)
			}
		}
		rows = append(rows, row)
	}
	if head == nil {
		wrong(1, 1, "there is nothing in it")
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rows, nil
}

// armed puts an apostrophe before what a spreadsheet would calculate, behind a semicolon too, at which some of them begin another cell. Where on is
// false it takes one off again.
func armed(s string, on bool) string {
	var out strings.Builder
	for {
		part, rest, more := strings.Cut(s, ";")
		from := len(part) - len(strings.TrimLeft(part, ` "`))
		formula := strings.TrimLeft(part[from:], "'")
		if formula != "" && strings.ContainsRune("=+-@\t\r", rune(formula[0])) {
			if on {
				part = part[:from] + "'" + part[from:]
			} else if len(formula) < len(part)-from {
				part = part[:from] + part[from+1:]
			}
		}
		out.WriteString(part)
		if !more {
			return out.String()
		}
		out.WriteByte(';')
		s = rest
	}
}

// Write writes a table that Read reads. Values that a spreadsheet would read as formulas have an apostrophe in front.
func Write(w io.Writer, head []string, rows [][]string) error {
	c := csv.NewWriter(w)
	if err := c.Write(head); err != nil {
		return err
	}
	for _, row := range rows {
		row = slices.Clone(row)
		for i, v := range row {
			row[i] = armed(v, true)
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
