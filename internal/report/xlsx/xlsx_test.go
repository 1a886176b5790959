package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

func TestXLSX(t *testing.T) {
	got := reporttest.Render(t, Format())
	book, err := excelize.OpenReader(bytes.NewReader(got)) // a workbook of our own; the program itself reads none
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for name, want := range map[string]int{"By rule": 5, "Findings": 5, "Endpoints": 8, "Hosts": 1} {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != want {
			t.Errorf("%s has %d rows, want %d", name, len(rows), want)
		}
		for _, row := range rows {
			for _, c := range row {
				reporttest.Fit(t, []byte(c))
				if regexp.MustCompile(`^[ "]*[=+\-@]`).MatchString(c) {
					t.Errorf("%s has a formula: %q", name, c)
				}
			}
		}
		if p, err := book.GetPanes(name); err != nil || !p.Freeze || p.YSplit != 1 {
			t.Errorf("%s: the header is not frozen: %+v, %v", name, p, err)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	filters := 0
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		filters += bytes.Count(b, []byte("<autoFilter "))
		if bytes.Contains(b, []byte("<f>")) || strings.Contains(f.Name, "externalLink") || strings.Contains(f.Name, "vba") {
			t.Errorf("%s holds a formula, a link or a macro", f.Name)
		}
	}
	if filters != 4 {
		t.Errorf("%d filters, want 4", filters)
	}
	if len(reporttest.RenderEmpty(t, Format())) == 0 {
		t.Error("an empty run gives no workbook")
	}
}

func TestXLSXHosts(t *testing.T) {
	var b bytes.Buffer
	x := newRun(&b, reporttest.Options())
	for _, err := range []error{x.Begin(reporttest.Header()), x.Host(&signet.Host{Name: "=1", Roles: []signet.HostRole{{Role: "server"}}}), x.End(reporttest.Summary(nil))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if rows, err := book.GetRows("Hosts"); err != nil || len(rows) != 2 || rows[1][1] != "'=1" || rows[1][6] != "server (likely)" {
		t.Errorf("hosts %q, %v", rows, err)
	}
}

// LibreOffice opens it and reads every row of the third sheet.
func TestXLSXInLibreOffice(t *testing.T) {
	path, err := exec.LookPath("soffice")
	if err != nil {
		reporttest.Missing(t, "soffice is missing: apt-get install libreoffice-calc-nogui")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.xlsx"), reporttest.Render(t, Format()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,3", "--outdir", dir, filepath.Join(dir, "run.xlsx"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) != 1 {
		t.Fatalf("LibreOffice wrote %v, %v", files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || rows[0][0] != "Address" || rows[1][0] != "10.0.0.20" || !strings.Contains(rows[1][5], "</script>") {
		t.Errorf("LibreOffice reads %d rows: %.300q", len(rows), rows)
	}
}

// line is an endpoint with findings of these severities, each of a rule of its own.
func line(addr string, v signet.Verdict, severities ...signet.Severity) *report.Line {
	l := &report.Line{Observation: reporttest.At(addr, 445, "smb", `{}`, signet.Answered), Judgement: signet.Judgement{Verdict: v}}
	for _, s := range severities {
		l.Judgement.Findings = append(l.Judgement.Findings, signet.Finding{Rule: "rule-" + s.String(), Title: "It is " + s.String(), Severity: s})
	}
	return l
}

// book reads a workbook back.
func book(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// column gives cells of a sheet below the header, those of each row joined.
func columns(t *testing.T, f *excelize.File, sheet string, at ...int) (out []string) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", sheet, len(rows), err)
	}
	for _, row := range rows[1:] {
		var cells []string
		for _, i := range at {
			if i < len(row) {
				cells = append(cells, row[i])
			} else {
				cells = append(cells, "")
			}
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

// Every sheet has the worst first, whatever the order in which a run tells of it; rows of one rank stay by address.
func TestWorstComeFirst(t *testing.T) {
	lines := []*report.Line{
		line("10.0.0.1", signet.Guarded), line("10.0.0.2", signet.Unseen), line("10.0.0.3", signet.Undetermined), line("10.0.0.4", signet.Exposed, signet.Medium), line("10.0.0.5", signet.Exposed, signet.Critical, signet.Info),
		line("10.0.0.6", signet.Guarded, signet.Low), line("10.0.0.7", signet.Exposed, signet.Medium),
	}
	lines[6].Excepted = []signet.Excepted{{Finding: signet.Finding{Rule: "rule-high", Title: "It is high", Severity: signet.High}}, {Finding: signet.Finding{Rule: "rule-high", Severity: signet.High, Where: "/b"}}}
	lines[3].Judgement.Findings = append(lines[3].Judgement.Findings, signet.Finding{Rule: "rule-medium", Severity: signet.Medium, Where: "/b"})
	var b bytes.Buffer
	x := newRun(&b, reporttest.Options())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.Begin(reporttest.Header()))
	for _, l := range lines {
		must(x.Endpoint(l))
		h := &signet.Host{Address: l.Addr, Endpoints: []signet.HostEndpoint{{Verdict: signet.Guarded}, {Verdict: l.Verdict}}}
		for _, f := range l.Judgement.Findings {
			h.Findings = append(h.Findings, signet.HostFinding{Rule: f.Rule, Severity: f.Severity})
		}
		must(x.Host(h))
	}
	must(x.End(reporttest.Summary(lines)))
	f := book(t, b.Bytes())
	if got := strings.Join(f.GetSheetList(), ", "); got != "Summary, By rule, Findings, Hosts, Endpoints, Accepted risks" {
		t.Error(got)
	}
	for sheet, tt := range map[string]struct {
		at   []int
		want []string
	}{
		"Findings":       {[]int{0, 3, 4}, []string{"10.0.0.5 critical exposed", "10.0.0.4 medium exposed", "10.0.0.4 medium exposed", "10.0.0.7 medium exposed", "10.0.0.6 low guarded", "10.0.0.5 info exposed"}},
		"Endpoints":      {[]int{0, 4, 5}, []string{"10.0.0.5 exposed critical", "10.0.0.4 exposed medium", "10.0.0.7 exposed medium", "10.0.0.3 undetermined ", "10.0.0.6 guarded low", "10.0.0.1 guarded ", "10.0.0.2 unseen "}},
		"Hosts":          {[]int{0, 2, 3, 4, 5}, []string{"10.0.0.5 exposed critical 2 1", "10.0.0.4 exposed medium 2 1", "10.0.0.7 exposed medium 1 1", "10.0.0.3 undetermined  0 0", "10.0.0.6 guarded low 1 0", "10.0.0.1 guarded  0 0", "10.0.0.2 guarded  0 0"}},
		"By rule":        {[]int{0, 1, 3, 4, 5}, []string{"critical rule-critical 1 0 0", "high rule-high 0 0 1", "medium rule-medium 2 0 0", "low rule-low 0 1 0", "info rule-info 1 0 0"}},
		"Accepted risks": {[]int{0, 4, 7}, []string{"10.0.0.7 high ", "10.0.0.7 high /b"}},
	} {
		if got := columns(t, f, sheet, tt.at...); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q\nwant %q", sheet, got, tt.want)
		}
	}
}

// The first sheet has the coverage, the counts, and the order of work that every report has.
func TestSummaryHasTheOrderOfWork(t *testing.T) {
	var b bytes.Buffer
	reporttest.WriteWithHosts(t, newRun(&b, reporttest.Options()))
	rows, err := book(t, b.Bytes()).GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join(row, "|"))
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"Coverage\nAddresses|", "\nVerdicts|endpoints\nExposed|2\n", "\nFindings\nCritical|1\nHigh|", "\nOrder of work|What is wrong|How to close it|Rule|Exposed endpoints|Other endpoints|Open paths|"} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q:\n%s", want, all)
		}
	}
	if at := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "Order of work|") }); at < 0 || at+2 >= len(got) || !strings.HasPrefix(got[at+1], "critical|") || !strings.HasSuffix(got[at+2], "|smb-signing-not-required|1|0|5|0|0") {
		t.Errorf("the first step:\n%s", all)
	}
}

// What is printed is A4 across, as wide as the page, with the header on each; columns for the screen alone stay off the paper.
func TestPrinting(t *testing.T) {
	f := book(t, reporttest.RenderLines(t, Format(), reporttest.Header(), reporttest.Excepted()))
	names := map[string]string{}
	for _, n := range f.GetDefinedName() {
		names[n.Scope+" "+n.Name] = n.RefersTo
	}
	for _, sheet := range f.GetSheetList() {
		l, err := f.GetPageLayout(sheet)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.GetSheetProps(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if *l.Orientation != "landscape" || *l.Size != 9 || *l.FitToWidth != 1 || *l.FitToHeight != 0 || !*p.FitToPage {
			t.Errorf("%s: the layout of the page is %v, %v", sheet, l, p)
		}
		if h, err := f.GetHeaderFooter(sheet); err != nil || !strings.Contains(h.OddFooter, "Page &P of &N") {
			t.Errorf("%s: the pages have no numbers: %v, %v", sheet, h, err)
		}
		if sheet != "Summary" && names[sheet+" _xlnm.Print_Titles"] != "'"+sheet+"'!$1:$1" {
			t.Errorf("%s: the header is not repeated: %q", sheet, names)
		}
	}
	if high, err := f.GetRowHeight("By rule", 1); err != nil || high != 2*lineHeight {
		t.Errorf("a header of two lines is %v high, %v", high, err)
	}
	if got := names["Findings _xlnm.Print_Area"]; got != "'Findings'!$A$1:$G$3" {
		t.Errorf("of the findings %q is printed", got)
	}
}

// Any text is read back as it is, and no sheet takes more than it holds.
func TestTexts(t *testing.T) {
	var b bytes.Buffer
	w := workbook{w: &b}
	if err := w.open(); err != nil {
		t.Fatal(err)
	}
	texts := []string{"a<b>&\"c\"", " before and behind ", "two\nlines", "_x0041_", "__x0041_", "_x00zz_", "_x0041", "ä😀", "1", "0x1", "TRUE"}
	s := w.sheet("Texts", 1, column{"A", 10, false}, column{"B", 10, false})
	for i, text := range texts {
		s.add(0, []any{text, i})
	}
	s.add(0, []any{"\x00\x1b\uFFFE\xff", 123456789})
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	rows, err := book(t, b.Bytes()).GetRows("Texts")
	if err != nil || len(rows) != len(texts)+2 {
		t.Fatalf("%q, %v", rows, err)
	}
	for i, text := range texts {
		if rows[i+1][0] != text || rows[i+1][1] != strconv.Itoa(i) {
			t.Errorf("%q is read back as %q", text, rows[i+1])
		}
	}
	if last := rows[len(texts)+1]; last[0] != "\uFFFD\uFFFD\uFFFD\uFFFD" || last[1] != "123456789" {
		t.Errorf("what XML cannot hold is read back as %q", last)
	}
}

// A row is as high as its text, and no higher than a spreadsheet takes.
func TestHighRows(t *testing.T) {
	var b bytes.Buffer
	w := workbook{w: &b}
	if err := w.open(); err != nil {
		t.Fatal(err)
	}
	s := w.sheet("Texts", 1, column{"A", 10, true})
	s.add(0, []any{strings.Repeat("long text ", 3)})
	s.add(0, []any{strings.Repeat("long text ", 100)})
	s.add(0, []any{"/a/path-of-14/"}) // LibreOffice begins with the first slash alone
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	f := book(t, b.Bytes())
	for row, want := range map[int]float64{2: 3 * lineHeight, 3: 409, 4: 3 * lineHeight} {
		if high, err := f.GetRowHeight("Texts", row); err != nil || high != want {
			t.Errorf("row %d is %v high, want %v (%v)", row, high, want, err)
		}
	}
}

// A sheet ends at the rows that it holds, the mildest left out, and the first sheet says so.
func TestFullSheet(t *testing.T) {
	var b bytes.Buffer
	w := workbook{w: &b}
	if err := w.open(); err != nil {
		t.Fatal(err)
	}
	lead := w.sheet("Summary", 2, column{"", 10, false}, column{"", 10, true})
	lead.lead = true
	s := w.sheet("Rows", 1, column{"A", 10, false})
	for range mostSheetRows - 2 {
		s.add(1, []any{"m"})
	}
	s.add(2, []any{"last"})
	s.add(0, []any{"first"})
	w.overflow(lead)
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	f := book(t, b.Bytes())
	if rows, err := f.GetRows("Summary"); err != nil || len(rows) != 1 || !strings.HasPrefix(rows[0][1], "1 row is beyond what a sheet holds") {
		t.Errorf("the first sheet says %q, %v", rows, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Open("xl/worksheets/sheet2.xml")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(sheet, []byte("<row ")); n != mostSheetRows || !bytes.Contains(sheet, []byte(`<row r="2"><c r="A2" s="3" t="inlineStr"><is><t>first</t>`)) || bytes.Contains(sheet, []byte("last")) {
		t.Errorf("%d rows; the first, or the last, is not what it should be", n)
	}
}

// TestTables: what others fill opens as they filled it.
func TestTables(t *testing.T) {
	var b bytes.Buffer
	if err := Tables(&b, [][2]string{{"Report", "a <b> & c"}, {"", "more"}}, Table{Name: "Overdue", Columns: []Column{{"Owner", 20, false}, {"Findings", 10, false}}, Rows: [][]any{{report.Cell("=1+1"), 3}, {"", 0}}}, Table{Name: "Board", Columns: []Column{{"Rule", 20, true}}}); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for name, want := range map[string]string{"Summary": "[[Report a <b> & c] [ more]]", "Overdue": "[[Owner Findings] ['=1+1 3] [ 0]]", "Board": "[[Rule]]"} {
		if rows, err := book.GetRows(name); err != nil || fmt.Sprint(rows) != want {
			t.Errorf("%s: %v %v, want %s", name, rows, err, want)
		}
	}
}
