package ocsf

import (
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run writes an event that failed for each finding, one with a warning for each endpoint that stayed undetermined, and one that
// passed for each endpoint that breaks no rule, with the status unknown where it is unseen.
type run struct {
	report.Ignore
	lines
}

func newRun(w io.Writer, o *report.Options) report.Handler { return &run{lines: newLines(w, o)} }

// Begin remembers the header: a line is an event, and a run is none.
func (r *run) Begin(h *report.Header) error {
	r.tool, r.run, r.policy = h.Tool, h.Run, h.Policy
	return nil
}

// Endpoint writes the events of one endpoint.
func (r *run) Endpoint(l *report.Line) error {
	if !l.Reached() && !l.Lost() {
		return nil
	}
	f := report.FactsOf(l)
	about := subject{at: l.Endpoint, host: f.HostName(l), check: l.Check, verdict: l.Verdict, when: l.At}
	because := strings.Join(text.CleanAll(l.Because), "; ")
	passed := true
	write := func(e *event) error {
		e.Unmapped["outcome"] = l.Outcome.String()
		return r.write(e)
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !report.Counted(f) {
			continue
		}
		passed = false
		if err := write(r.finding(&about, f, fail)); err != nil {
			return err
		}
	}
	switch {
	case l.Outcome == signet.Skipped:
		return write(r.verdict(&about, unknown, "It was not asked, for a reason of ours", because))
	case l.Verdict == signet.Undetermined:
		return write(r.verdict(&about, warning, "Signet could not tell whether the endpoint is guarded", because))
	case passed && l.Verdict == signet.Unseen: // no rule is broken, but nothing was seen to pass either
		return write(r.verdict(&about, unknown, "No NTLM and no guard was seen", because))
	case passed:
		return write(r.verdict(&about, pass, "No rule of the policy is broken", because))
	}
	return nil
}

// End flushes.
func (r *run) End(*report.Summary) error { return r.b.Flush() }
