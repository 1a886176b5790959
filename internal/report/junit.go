package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
)

// JUnit writes XML as test runners do and build servers read: a suite per check. A finding above information is a
// failed test, an undetermined endpoint a skipped one, a defect of ours an error, anything else a passed one, which says its verdict. Suites
// carry their totals before their tests, so that nothing can be written before the end.
type JUnit struct {
	Ignore
	w      io.Writer
	rules  *Rulebook
	h      Header
	suites map[string]*suite
}

type suite struct {
	tests, failures, errors, skipped int
	seconds                          float64
	cases                            spool
	buf                              []byte
}

// NewJUnit writes to w.
func NewJUnit(w io.Writer, rules *Rulebook) *JUnit {
	return &JUnit{w: w, rules: rules, suites: map[string]*suite{}}
}

// Begin remembers the header.
func (j *JUnit) Begin(h *Header) error { j.h = *h; return nil }

// Endpoint files the tests of one endpoint. What was not there is no test.
func (j *JUnit) Endpoint(l *Line) error {
	if !l.Reached() && !l.Lost() {
		return nil
	}
	s := j.suites[l.Check]
	if s == nil {
		s = &suite{}
		j.suites[l.Check] = s
	}
	class, name, took := testClass(l.Check, l.Addr, who(l)), l.Endpoint.String()+" ", l.Took.Seconds()
	s.seconds += took
	failed := false
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !counted(f) {
			continue
		}
		failed = true
		s.failures++
		fix := j.rules.fix(f.Rule)
		if fix != "" {
			fix = "Fix: " + fix
		}
		if err := s.test(class, name+f.Rule, took, attributes([]byte("<failure"), "type", f.Severity.String(), "message", f.Title),
			xmlLines(append(append(prefixed("Where: ", f.Where), f.Because...), fix)...), "failure"); err != nil {
			return err
		}
	}
	because := xmlLines(l.Because...)
	switch {
	case l.Outcome == signet.Fault:
		s.errors++
		text := because
		if l.Err != nil {
			text = xmlLines(l.Err.Phase + ": " + l.Err.Text)
		}
		return s.test(class, name+"verdict", took, []byte(`<error type="fault" message="Signet or this machine failed"`), text, "error")
	case l.Outcome == signet.Skipped:
		s.errors++
		return s.test(class, name+"verdict", took, []byte(`<error type="not-asked" message="not asked, for a reason of ours"`), because, "error")
	case l.Verdict == signet.Undetermined:
		s.skipped++
		return s.test(class, name+"verdict", took, attributes([]byte("<skipped"), "message", "undetermined: "+strings.Join(l.Because, "; ")), "", "skipped")
	case !failed:
		return s.test(class, name+"verdict", took, []byte("<system-out"), xmlLines(append([]string{l.Verdict.String()}, l.Because...)...), "system-out")
	}
	return nil
}

func prefixed(label, text string) []string {
	if text == "" {
		return nil
	}
	return []string{label + text}
}

// testClass is what build servers group the tests of a host under.
func testClass(check string, addr netip.Addr, host string) string {
	return strings.TrimSpace(check + "." + addr.String() + " " + host)
}

// test appends one test case with one element in it; text is escaped already.
func (s *suite) test(class, name string, took float64, open []byte, text, end string) error {
	s.tests++
	b := append(s.buf[:0], "    <testcase"...)
	b = attributes(b, "classname", class, "name", name, "time", fmt.Sprintf("%.3f", took))
	b = append(append(b, '>'), open...)
	if text == "" {
		b = append(b, "/>"...)
	} else {
		b = append(append(append(b, '>'), text...), "</"+end+">"...)
	}
	s.buf = append(b, "</testcase>\n"...)
	_, err := s.cases.Write(s.buf)
	return err
}

// End writes the document.
func (j *JUnit) End(sum *Summary) error {
	return writeSuites(j.w, j.suites, "signet "+j.h.Run, j.h.Started, sum.Ended.Sub(j.h.Started),
		[][2]string{{"tool", j.h.Tool}, {"policy", j.h.Policy}, {"depth", j.h.Depth.String()}})
}

// writeSuites writes the document.
func writeSuites(w io.Writer, suites map[string]*suite, title string, begun time.Time, took time.Duration, properties [][2]string) error {
	b := bufio.NewWriter(w)
	var all suite
	for _, s := range suites {
		all.tests, all.failures, all.errors, all.skipped = all.tests+s.tests, all.failures+s.failures, all.errors+s.errors, all.skipped+s.skipped
	}
	fmt.Fprintf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites%s tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
		attributes(nil, "name", title), all.tests, all.failures, all.errors, all.skipped, took.Seconds())
	for _, name := range slices.Sorted(maps.Keys(suites)) {
		s := suites[name]
		fmt.Fprintf(b, "  <testsuite%s tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\" timestamp=\"%s\">\n",
			attributes(nil, "name", name), s.tests, s.failures, s.errors, s.skipped, s.seconds, begun.UTC().Format("2006-01-02T15:04:05"))
		b.WriteString("    <properties>")
		for _, p := range properties {
			fmt.Fprintf(b, "<property%s value=\"%s\"/>", attributes(nil, "name", p[0]), xmlText(p[1]))
		}
		b.WriteString("</properties>\n")
		if err := s.cases.flush(b); err != nil {
			return err
		}
		b.WriteString("  </testsuite>\n")
	}
	b.WriteString("</testsuites>\n")
	return b.Flush()
}
