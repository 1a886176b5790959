package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"signet"
)

func newCSV(w io.Writer) Handler      { return NewCSV(w, NewRulebook(stubChecks())) }
func newJSON(w io.Writer) Handler     { return NewJSON(w) }
func newJUnit(w io.Writer) Handler    { return NewJUnit(w, NewRulebook(stubChecks())) }
func newMarkdown(w io.Writer) Handler { return NewMarkdown(w, stubChecks(), NewRulebook(stubChecks())) }

func TestCSV(t *testing.T) {
	got := render(t, newCSV)
	golden(t, "sample.csv", got)
	unfit(t, got)
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
	for _, got := range [][]byte{render(t, newJSON), renderEmpty(t, newJSON)} {
		unfit(t, got)
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
		if doc.Schema != Schema || doc.Run["kind"] != "run" || doc.Summary["kind"] != "summary" {
			t.Errorf("schema %q, run %v, summary %v", doc.Schema, doc.Run["kind"], doc.Summary["kind"])
		}
		for _, e := range doc.Results {
			if e["kind"] != "endpoint" {
				t.Errorf("a result of kind %v", e["kind"])
			}
		}
	}
	got := render(t, newJSON)
	lines := render(t, func(w io.Writer) Handler { return NewJSONL(w) })
	objects := 0
	for object := range bytes.Lines(lines) {
		objects++
		if !bytes.Contains(got, bytes.TrimSuffix(object, []byte("\n"))) {
			t.Errorf("the document lacks %.100s…", object)
		}
	}
	if objects != 2+len(sampleLines()) {
		t.Errorf("%d objects, want %d", objects, 2+len(sampleLines()))
	}
}

func TestJUnit(t *testing.T) {
	got := render(t, newJUnit)
	golden(t, "sample.junit.xml", got)
	unfit(t, got)
	var doc struct {
		XMLName xml.Name `xml:"testsuites"`
		Tests   int      `xml:"tests,attr"`
		Suites  []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Cases    []struct {
				Failures []struct{} `xml:"failure"`
				Errors   []struct{} `xml:"error"`
				Skipped  []struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, s := range doc.Suites {
		f, e, k := 0, 0, 0
		for _, c := range s.Cases {
			f, e, k = f+len(c.Failures), e+len(c.Errors), k+len(c.Skipped)
		}
		if s.Tests != len(s.Cases) || s.Failures != f || s.Errors != e || s.Skipped != k {
			t.Errorf("suite %s says %d tests, %d failures, %d errors, %d skipped; it has %d, %d, %d, %d", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, len(s.Cases), f, e, k)
		}
		total += s.Tests
	}
	if doc.Tests != total || total != 7 {
		t.Errorf("%d tests of %d, want 7: three findings, a skipped one, an error and two passed ones", doc.Tests, total)
	}
	if err := xml.Unmarshal(renderEmpty(t, newJUnit), &doc); err != nil {
		t.Fatal(err)
	}
}

func TestMarkdown(t *testing.T) {
	got := string(render(t, newMarkdown))
	golden(t, "sample.md", []byte(got))
	unfit(t, []byte(got))
	body := strings.ReplaceAll(got, "`", "")
	for _, bad := range []string{"<script", "](javascript", "<!--"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q stands in the page", bad)
		}
	}
	for n, line := range strings.Split(got, "\n") { // every row of a table of three columns has four bars
		if strings.HasPrefix(line, "| `10.") && strings.Count(line, "|") != 4 {
			t.Errorf("line %d has %d bars: %.200s", n+1, strings.Count(line, "|"), line)
		}
	}
	if !strings.Contains(string(renderEmpty(t, newMarkdown)), "## Coverage") {
		t.Error("an empty run has no coverage")
	}
}

// Hosts and paths stand among the results.
func TestJSONHosts(t *testing.T) {
	var b bytes.Buffer
	j := NewJSON(&b)
	lines := sampleLines()[:1]
	for _, err := range []error{j.Begin(sampleHeader()), j.Host(&signet.Host{Name: hostile()}), j.Endpoint(lines[0]), j.Path(&signet.Path{Because: hostile()}), j.End(sampleSummary(lines))} {
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
	unfit(t, b.Bytes())
}

// What sources disagree about stands in every format that a person or a program reads endpoints in.
func TestDisagreementsAreShown(t *testing.T) {
	const said = "nmap 7.93 of 2026-11-20 says optional, this says required"
	l := &Line{Observation: &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: 445}, Check: "smb", Outcome: signet.Answered, Open: true,
	}, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"x"}}, Disagreements: []string{said + " | =1"}}
	var csv, md, sarif, xlsx bytes.Buffer
	for name, w := range map[string]Handler{"csv": newCSV(&csv), "markdown": newMarkdown(&md), "sarif": newSARIF(&sarif), "xlsx": newXLSX(&xlsx)} {
		if err := errors.Join(w.Begin(&Header{Run: "r"}), w.Endpoint(l), w.End(&Summary{})); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for name, out := range map[string]string{"csv": csv.String(), "markdown": md.String(), "sarif": sarif.String()} {
		if !strings.Contains(out, said) {
			t.Errorf("%s: %s", name, out)
		}
	}
	if strings.Contains(md.String(), said+" | =1") {
		t.Errorf("a bar breaks the table: %s", md.String())
	}
}
