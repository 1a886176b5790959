package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/line"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/junit"
	"signet/internal/report/nmap"
	"signet/internal/report/ocsf"
	"signet/internal/report/opengraph"
	"signet/internal/report/prose"
	"signet/internal/report/reporttest"
	"signet/internal/report/sarif"
	"signet/internal/report/xlsx"
)

// formats are all of them.
func formats() []report.Format {
	return []report.Format{
		prose.Text(), report.JSONL(), report.JSON(), report.CSV(), prose.Markdown(), html.Format(), xlsx.Format(),
		sarif.Format(), ocsf.Format(), opengraph.Format(), nmap.Format(), junit.Format(), report.List(),
	}
}

func TestCSV(t *testing.T) {
	reporttest.TestFormat(t, report.CSV(), "csv")
	got := reporttest.Render(t, report.CSV())
	rows, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+4+5 {
		t.Errorf("%d rows, want a header, four findings and five endpoints without", len(rows))
	}
	formula := regexp.MustCompile(`(^|;)[ "]*[=+\-@＝＋－＠]`)
	for _, row := range rows[1:] {
		for i, c := range row {
			if formula.MatchString(c) {
				t.Errorf("column %s is a formula: %q", rows[0][i], c)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for _, got := range [][]byte{reporttest.Render(t, report.JSON()), reporttest.RenderEmpty(t, report.JSON())} {
		reporttest.Fit(t, got)
		var doc struct {
			Schema       string
			Run, Summary map[string]any
			Results      []map[string]any
		}
		d := json.NewDecoder(bytes.NewReader(got))
		d.DisallowUnknownFields()
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Token(); err != io.EOF {
			t.Errorf("something stands behind the document: %v", err)
		}
		if doc.Schema != line.Schema || doc.Run["kind"] != "run" || doc.Summary["kind"] != "summary" {
			t.Errorf("schema %q, run %v, summary %v", doc.Schema, doc.Run["kind"], doc.Summary["kind"])
		}
		for _, e := range doc.Results {
			if e["kind"] != "endpoint" {
				t.Errorf("a result of kind %v", e["kind"])
			}
		}
	}
	got := reporttest.Render(t, report.JSON())
	lines := reporttest.Render(t, report.JSONL())
	objects := 0
	for object := range bytes.Lines(lines) {
		objects++
		if !bytes.Contains(got, bytes.TrimSuffix(object, []byte("\n"))) {
			t.Errorf("the document lacks %.100s…", object)
		}
	}
	if objects != 2+len(reporttest.Lines()) {
		t.Errorf("%d objects, want %d", objects, 2+len(reporttest.Lines()))
	}
}

// Hosts and paths stand among the results.
func TestJSONHosts(t *testing.T) {
	var b bytes.Buffer
	j := report.JSON().Run(&b, nil)
	lines := reporttest.Lines()[:1]
	for _, err := range []error{j.Begin(reporttest.Header()), j.Host(&signet.Host{Name: reporttest.Hostile()}), j.Endpoint(lines[0]), j.Path(&signet.Path{Because: reporttest.Hostile()}), j.End(reporttest.Summary(lines))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var doc struct{ Results []struct{ Kind string } }
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Results) != 3 || doc.Results[0].Kind != "host" || doc.Results[2].Kind != "path" {
		t.Errorf("results %v", doc.Results)
	}
	reporttest.Fit(t, b.Bytes())
}

// What sources disagree about stands in every format that a person or a program reads endpoints in.
func TestDisagreementsAreShown(t *testing.T) {
	const said = "nmap 7.93 of 2026-11-20 says optional, this says required"
	l := &report.Line{Observation: &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: 445}, Check: "smb", Outcome: signet.Answered, Open: true,
	}, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"x"}}, Disagreements: []string{said + " | =1"}}
	for _, format := range formats() {
		out := string(reporttest.RenderLines(t, format, &report.Header{Run: "r"}, []*report.Line{l}))
		switch format.Name {
		case "csv", "markdown", "sarif":
			if !strings.Contains(out, said) {
				t.Errorf("%s: %s", format.Name, out)
			}
		}
		if format.Name == "markdown" && strings.Contains(out, said+" | =1") {
			t.Errorf("a bar breaks the table: %s", out)
		}
	}
}
