package junit

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet/internal/report"
)

// document is the XML under way: a suite for each check. Suites carry their totals before their tests, so that nothing can be
// written before the end.
type document struct {
	w      io.Writer
	rules  *report.Rulebook
	suites map[string]*suite // by check
}

type suite struct {
	tests, failures, errors, skipped int
	seconds                          float64
	cases                            report.Spool
	buf                              []byte
}

type property struct{ name, value string }

func newDocument(w io.Writer, o *report.Options) document {
	return document{w: w, rules: report.NewRulebook(o.Checks), suites: map[string]*suite{}}
}

// suite returns the suite of a check.
func (d *document) suite(check string) *suite {
	s := d.suites[check]
	if s == nil {
		s = &suite{}
		d.suites[check] = s
	}
	return s
}

// testCase is what build servers show one test as: a class for its host, a name, and seconds.
type testCase struct {
	class, name string
	took        float64
}

func newCase(check string, addr netip.Addr, host, name string) testCase {
	return testCase{class: strings.TrimSpace(check + "." + addr.String() + " " + host), name: name}
}

// fail appends a test that failed. Its message and lines are of any text.
func (s *suite) fail(c testCase, kind, message string, lines ...string) error {
	s.failures++
	return s.append(c, "failure", report.XMLAttributes(nil, "type", kind, "message", message), lines)
}

// err appends a test that could not be carried out.
func (s *suite) err(c testCase, kind, message string, lines ...string) error {
	s.errors++
	return s.append(c, "error", report.XMLAttributes(nil, "type", kind, "message", message), lines)
}

// skip appends a test that was not decided.
func (s *suite) skip(c testCase, message string) error {
	s.skipped++
	return s.append(c, "skipped", report.XMLAttributes(nil, "message", message), nil)
}

// pass appends a test that passed.
func (s *suite) pass(c testCase, lines ...string) error { return s.append(c, "system-out", nil, lines) }

// append appends one test case with one element in it.
func (s *suite) append(c testCase, element string, attributes []byte, lines []string) error {
	s.tests++
	b := append(s.buf[:0], "    <testcase"...)
	b = report.XMLAttributes(b, "classname", c.class, "name", c.name, "time", fmt.Sprintf("%.3f", c.took))
	b = append(append(append(b, "><"...), element...), attributes...)
	if text := report.XMLLines(lines...); text == "" {
		b = append(b, "/>"...)
	} else {
		b = append(append(append(b, '>'), text...), "</"+element+">"...)
	}
	s.buf = append(b, "</testcase>\n"...)
	_, err := s.cases.Write(s.buf)
	return err
}

// close writes the document.
func (d *document) close(title string, begun time.Time, took time.Duration, properties ...property) error {
	b := bufio.NewWriter(d.w)
	var all suite
	for _, s := range d.suites {
		all.tests, all.failures, all.errors, all.skipped = all.tests+s.tests, all.failures+s.failures, all.errors+s.errors, all.skipped+s.skipped
	}
	fmt.Fprintf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites%s tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
		report.XMLAttributes(nil, "name", title), all.tests, all.failures, all.errors, all.skipped, took.Seconds())
	for _, name := range slices.Sorted(maps.Keys(d.suites)) {
		s := d.suites[name]
		fmt.Fprintf(b, "  <testsuite%s tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\" timestamp=\"%s\">\n",
			report.XMLAttributes(nil, "name", name), s.tests, s.failures, s.errors, s.skipped, s.seconds, begun.UTC().Format("2006-01-02T15:04:05"))
		b.WriteString("    <properties>")
		for _, p := range properties {
			fmt.Fprintf(b, "<property%s value=\"%s\"/>", report.XMLAttributes(nil, "name", p.name), report.XMLText(p.value))
		}
		b.WriteString("</properties>\n")
		if err := s.cases.Drain(b); err != nil {
			return err
		}
		b.WriteString("  </testsuite>\n")
	}
	b.WriteString("</testsuites>\n")
	return b.Flush()
}
