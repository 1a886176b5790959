package junit

import (
	"encoding/xml"
	"testing"

	"signet/internal/report/reporttest"
)

func TestJUnit(t *testing.T) {
	reporttest.TestFormat(t, Format(), "junit.xml")
	got := reporttest.Render(t, Format())
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
	if err := xml.Unmarshal(reporttest.RenderEmpty(t, Format()), &doc); err != nil {
		t.Fatal(err)
	}
}

// Only what is known to be closed passed; what was not asked again was skipped.
func TestDiffNeverCountsSilenceAsAFix(t *testing.T) {
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	if err := xml.Unmarshal(reporttest.RenderDiff(t, Format(), reporttest.Changes()), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 10 || suites.Failures != 2 || suites.Skipped != 3 {
		t.Errorf("%+v, want 10 tests, 2 failures, 3 skipped", suites)
	}
}

// Tests wait for the end of the document compressed.
func TestWhatIsKeptHasABound(t *testing.T) { reporttest.TestKept(t, Format()) }
