package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/compare"
	"signet/internal/line"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/prose"
	"signet/internal/report/reporttest"
	"signet/internal/report/xlsx"
)

// The goldens of a diff in the formats of this room; formats in rooms of their own have theirs.
func TestDiffFormats(t *testing.T) {
	for ext, f := range map[string]report.Format{"jsonl": report.JSONL(), "json": report.JSON(), "list": report.List()} {
		got := reporttest.RenderDiff(t, f, reporttest.Changes())
		reporttest.Golden(t, "diff."+ext, got)
		reporttest.Fit(t, got)
		reporttest.RenderDiff(t, f, nil)
	}
}

func TestDiffList(t *testing.T) {
	if got := string(reporttest.RenderDiff(t, report.List(), reporttest.Changes())); got != "10.0.0.9:445\n10.0.0.2:445\n10.0.0.5:445\n" {
		t.Errorf("%q: want the endpoint that worsened, the one that came exposed, and the one that was newly asked", got)
	}
}

// What a list of the new run leaves out, a list of what changed leaves out too, and says so beside it.
func TestDiffListNamesWhatIsToBeFixed(t *testing.T) {
	changes := reporttest.Changes()
	worsened, appeared := *changes[0], *changes[1]
	worsened.NewVerdict, appeared.Accepted = signet.Guarded, true
	var b bytes.Buffer
	w := report.List().Diff(&b, reporttest.Options())
	for _, c := range []*compare.Change{changes[0], &worsened, &appeared} {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(&compare.Summary{}); err != nil {
		t.Fatal(err)
	}
	want := "-o list leaves out 1 endpoint whose risk is accepted and 1 guarded endpoint that breaks a rule; -o text tells of them"
	if aside := w.(report.Aside).Aside(); b.String() != "10.0.0.9:445\n" || aside != want {
		t.Errorf("%q beside %q", aside, b.String())
	}
}

func TestDiffTables(t *testing.T) {
	formula := regexp.MustCompile(`(^|;)[ "]*[=+\-@＝＋－＠]`)
	rows, err := csv.NewReader(bytes.NewReader(reporttest.RenderDiff(t, report.CSV(), reporttest.Changes()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(reporttest.RenderDiff(t, xlsx.Format(), reporttest.Changes())))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet, err := book.GetRows("Changes")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := book.GetPanes("Changes"); err != nil || !p.Freeze {
		t.Errorf("the header is not frozen: %v", err)
	}
	if len(rows) != 1+4+9 || len(sheet) != len(rows) {
		t.Errorf("%d rows, %d in the sheet, want a header and 13", len(rows), len(sheet))
	}
	for _, list := range [][][]string{rows[1:], sheet[1:]} {
		for _, row := range list {
			for _, c := range row {
				if formula.MatchString(c) {
					t.Errorf("a formula: %q", c)
				}
			}
		}
	}
	for _, want := range [][]string{{"worsened", "rated", "http-note", "critical", "low"}, {"not-asked", "lost", "smb-signing-not-required", "high", ""}, {"improved", "", "", "", ""}} {
		found := false
		for _, r := range rows[1:] {
			found = found || r[0] == want[0] && r[9] == want[1] && r[10] == want[2] && r[11] == want[3] && r[12] == want[4]
		}
		if !found {
			t.Errorf("no row says %v", want)
		}
	}
}

func TestDiffJSONDocument(t *testing.T) {
	for _, changes := range [][]*compare.Change{nil, reporttest.Changes()} {
		var doc struct {
			Schema        string
			Diff, Summary map[string]any
			Changes       []map[string]any
		}
		d := json.NewDecoder(bytes.NewReader(reporttest.RenderDiff(t, report.JSON(), changes)))
		d.DisallowUnknownFields()
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if doc.Schema != line.Schema || doc.Diff["kind"] != "diff" || doc.Summary["kind"] != "summary" || len(doc.Changes) != len(changes) {
			t.Errorf("%+v", doc)
		}
	}
}

// However much changed, a page and a ticket keep their bounds and say what they left out.
func TestDiffBounds(t *testing.T) {
	var many []*compare.Change
	for i := range 3000 {
		c := *reporttest.Changes()[0]
		c.New.Addr = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
		c.Kind = compare.Kinds()[i%len(compare.Kinds())]
		many = append(many, &c)
		if c.Kind == compare.Worsened {
			for range 4 {
				many = append(many, &c)
			}
		}
	}
	if page := reporttest.RenderDiff(t, html.Format(), many); len(page) > 6<<20 || !bytes.Contains(page, []byte(`more: <span class="w">-o</span> csv`)) {
		t.Errorf("the page has %d bytes, or does not say what it left out", len(page))
	}
	for _, f := range []report.Format{prose.Text(), prose.Markdown()} {
		if text := string(reporttest.RenderDiff(t, f, many)); !strings.Contains(text, "and 1145 more") {
			t.Errorf("%s does not say what it left out", f.Name)
		}
	}
}
