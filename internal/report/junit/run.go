package junit

import (
	"io"
	"strings"

	"signet"
	"signet/internal/report"
)

// run writes a finding above information as a test that failed, an undetermined endpoint as one that was skipped, a defect of
// ours and what was not asked as an error, and anything else as one that passed, which says its verdict.
type run struct {
	report.Ignore
	document
	h report.Header
}

func newRun(w io.Writer, o *report.Options) report.Handler { return &run{document: newDocument(w, o)} }

// Begin remembers the header.
func (r *run) Begin(h *report.Header) error { r.h = *h; return nil }

// Endpoint files the tests of one endpoint. What was not there is no test.
func (r *run) Endpoint(l *report.Line) error {
	if !l.Reached() && !l.Lost() {
		return nil
	}
	s, name := r.suite(l.Check), l.Endpoint.String()+" "
	c := newCase(l.Check, l.Addr, l.Who(), name+"verdict")
	c.took = l.Took.Seconds()
	s.seconds += c.took
	failed := false
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !report.Counted(f) {
			continue
		}
		failed = true
		var lines []string
		if f.Where != "" {
			lines = append(lines, "Where: "+f.Where)
		}
		lines = append(lines, f.Because...)
		if fix := r.rules.Fix(f.Rule); fix != "" {
			lines = append(lines, "Fix: "+fix)
		}
		one := c
		one.name = name + f.Rule
		if err := s.fail(one, f.Severity.String(), f.Title, lines...); err != nil {
			return err
		}
	}
	switch {
	case l.Outcome == signet.Fault:
		lines := l.Because
		if l.Err != nil {
			lines = []string{l.Err.Phase + ": " + l.Err.Text}
		}
		return s.err(c, "fault", "Signet or this machine failed", lines...)
	case l.Outcome == signet.Skipped:
		return s.err(c, "not-asked", "not asked, for a reason of ours", l.Because...)
	case l.Verdict == signet.Undetermined:
		return s.skip(c, "undetermined: "+strings.Join(l.Because, "; "))
	case !failed:
		return s.pass(c, append([]string{l.Verdict.String()}, l.Because...)...)
	}
	return nil
}

// End writes the document.
func (r *run) End(s *report.Summary) error {
	return r.close("signet "+r.h.Run, r.h.Started, s.Ended.Sub(r.h.Started), property{"tool", r.h.Tool}, property{"policy", r.h.Policy}, property{"depth", r.h.Depth.String()})
}
