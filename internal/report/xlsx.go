package report

import (
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/text"
)

// XLSX writes a workbook: findings, endpoints, hosts and a summary, each a sheet with a frozen header and filters.
// Rows stream into files of the system's temporary folder until the end. A sheet has at most 1,048,576 rows: what is
// beyond stays out, and the summary says how many.
type XLSX struct {
	Ignore
	rules *Rulebook
	h     Header
	*workbook

	findings, endpoints, hosts *sheet
}

// workbook is a summary and sheets under way.
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

// mostSheetRows is what a sheet holds.
const mostSheetRows = 1 << 20

// NewXLSX writes to w.
func NewXLSX(w io.Writer, rules *Rulebook) *XLSX {
	return &XLSX{rules: rules, workbook: &workbook{w: w}}
}

// Begin opens the workbook and its sheets.
func (x *XLSX) Begin(h *Header) (err error) {
	x.h = *h
	if err := x.open(); err != nil {
		return err
	}
	if x.findings, err = x.sheet("Findings", []float64{18, 8, 30, 8, 10, 30, 46, 24, 60, 60, 14}, "Address", "Port", "Host", "Check", "Severity", "Rule", "Title", "Where", "Because", "Fix", "Verdict"); err != nil {
		return err
	}
	if x.endpoints, err = x.sheet("Endpoints", []float64{18, 8, 10, 30, 8, 12, 14, 60, 24, 40, 22, 60}, "Address", "Port", "Transport", "Host", "Check", "Outcome", "Verdict", "Because", "Not asked", "Error", "At", "Sources disagree"); err != nil {
		return err
	}
	x.hosts, err = x.sheet("Hosts", []float64{18, 30, 24, 30, 40, 10}, "Address", "Name", "Domain", "System", "Roles", "Findings")
	return err
}

func (x *workbook) open() (err error) {
	x.book = excelize.NewFile()
	if err := x.book.SetSheetName("Sheet1", "Summary"); err != nil {
		return err
	}
	x.head, err = x.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Color: []string{"E6EAF0"}, Pattern: 1}})
	return err
}

func (x *workbook) sheet(name string, widths []float64, columns ...string) (*sheet, error) {
	if _, err := x.book.NewSheet(name); err != nil {
		return nil, err
	}
	stream, err := x.book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, w := range widths {
		if err := stream.SetColWidth(i+1, i+1, w); err != nil {
			return nil, err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	s := &sheet{name: name, stream: stream, columns: len(columns)}
	x.sheets = append(x.sheets, s)
	row := make([]any, len(columns))
	for i, c := range columns {
		row[i] = excelize.Cell{StyleID: x.head, Value: c}
	}
	return s, s.add(row)
}

// add appends one row.
func (s *sheet) add(row []any) error {
	if s.rows >= mostSheetRows {
		s.left++
		return nil
	}
	s.rows++
	return s.stream.SetRow("A"+strconv.Itoa(s.rows), row)
}

// Endpoint adds the endpoint and its findings.
func (x *XLSX) Endpoint(l *Line) error {
	failure := ""
	if l.Err != nil {
		failure = l.Err.Phase + ": " + l.Err.Text
	}
	host := cell(who(l))
	if err := x.endpoints.add([]any{l.Addr.String(), int(l.Port), l.Transport.String(), host, cell(l.Check), l.Outcome.String(), l.Verdict.String(),
		cell(strings.Join(l.Because, "; ")), cell(strings.Join(l.Unasked, " ")), cell(failure), l.At.UTC().Format("2006-01-02 15:04:05"), cell(strings.Join(l.Disagreements, "; "))}); err != nil {
		return err
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if err := x.findings.add([]any{l.Addr.String(), int(l.Port), host, cell(l.Check), f.Severity.String(), cell(f.Rule), cell(f.Title), cell(f.Where),
			cell(strings.Join(f.Because, "; ")), cell(plain(x.rules.fix(f.Rule))), l.Verdict.String()}); err != nil {
			return err
		}
	}
	return nil
}

// Wants hosts, which have a sheet.
func (x *XLSX) Wants() Wants { return Wants{Hosts: true} }

// Host adds one host.
func (x *XLSX) Host(h *signet.Host) error {
	var roles []string
	for _, r := range h.Roles {
		roles = append(roles, r.Role+text.Either(r.Certain, "", " (likely)"))
	}
	return x.hosts.add([]any{h.Address.String(), cell(h.Name), cell(h.Domain), cell(h.OS), cell(strings.Join(roles, ", ")), len(h.Findings)})
}

// End writes the summary and the file.
func (x *XLSX) End(s *Summary) error {
	rows := [][]any{
		{"Targets", cell(strings.Join(x.h.Targets, ", "))}, {"Started", x.h.Started.UTC().Format(sheetTime)}, {"Ended", s.Ended.UTC().Format(sheetTime)},
		{"Policy", cell(x.h.Policy)}, {"Depth", x.h.Depth.String()}, {"Checks", cell(strings.Join(x.h.Checks, " "))}, {"Run", cell(x.h.Run)}, {"Tool", cell(x.h.Tool)},
		{"Addresses", s.Coverage.Addresses}, {"Alive", s.Coverage.Alive}, {"Endpoints asked", s.Coverage.Asked}, {"Answered", s.Coverage.Outcomes[signet.Answered]},
		{"Exposed", s.Verdicts[signet.Exposed]}, {"Undetermined", s.Verdicts[signet.Undetermined]}, {"Guarded", s.Verdicts[signet.Guarded]}, {"Unseen", s.Verdicts[signet.Unseen]},
	}
	if s.Interrupted {
		rows = append(rows, []any{"Interrupted", "what was learned until then"})
	}
	rows = append(rows, notes(lostOf(s))...)
	return x.finish(append(rows, notes(x.h.Warnings)...))
}

const sheetTime = "2006-01-02 15:04:05 UTC"

func notes(warnings []string) (rows [][]any) {
	for _, w := range warnings {
		rows = append(rows, []any{"Note", cell(w)})
	}
	return rows
}

// finish closes the sheets, fills the summary and writes the file.
func (x *workbook) finish(rows [][]any) error {
	defer x.book.Close()
	for _, sh := range x.sheets {
		last, err := excelize.CoordinatesToCellName(sh.columns, sh.rows)
		if err != nil {
			return err
		}
		if err := x.book.AutoFilter(sh.name, "A1:"+last, nil); err != nil {
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
		if err := x.book.SetSheetRow("Summary", "A"+strconv.Itoa(i+1), &row); err != nil {
			return err
		}
	}
	if err := x.book.SetColStyle("Summary", "A", x.head); err != nil {
		return err
	}
	if err := x.book.SetColWidth("Summary", "A", "B", 24); err != nil {
		return err
	}
	return x.book.Write(x.w)
}
