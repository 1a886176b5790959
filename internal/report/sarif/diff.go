package sarif

import (
	"io"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes results whose baselineState says what became of a finding: new, updated (another severity, or it cannot be told
// whether it still stands) or absent. What did not change is counted, not listed.
type diff struct {
	log
	h report.DiffHeader
}

func newDiff(w io.Writer, o *report.Options) report.DiffWriter { return &diff{log: newLog(w, o)} }

// Begin opens the log.
func (d *diff) Begin(h *report.DiffHeader) error { d.h = *h; return d.open() }

// Change writes the results of one change.
func (d *diff) Change(c *compare.Change) error {
	for _, e := range c.Effects() {
		if e.Finding != nil && !report.Counted(e.Finding) && e.Move != compare.Regraded {
			continue
		}
		rated := signet.Info
		if e.Finding != nil {
			rated = e.Finding.Severity
		}
		if err := d.result(e.At, text.Clean(c.Host), d.effect(c, &e), rated); err != nil {
			return err
		}
	}
	return nil
}

func (d *diff) effect(c *compare.Change, e *compare.Effect) *result {
	r := &result{Kind: "fail", Properties: properties{Change: c.Kind.String(), Check: text.Clean(c.Check), Verdict: c.Verdict().String()}}
	r.Baseline = "updated"
	switch {
	case !c.Old.Addr.IsValid() || e.Move == compare.Gained:
		r.Baseline = "new"
	case e.Move == compare.Lost && c.Closes():
		r.Baseline = "absent"
	}
	if e.Finding == nil {
		r.RuleID, r.Level = ruleVerdict, "none"
		r.Kind = map[signet.Verdict]string{signet.Exposed: "review", signet.Guarded: "pass", signet.Unseen: "notApplicable"}[c.Verdict()]
		if r.Kind == "" {
			r.RuleID, r.Kind = ruleUndetermined, "open"
		}
		r.Message.Text = e.At.String() + ": " + report.VerdictChange(c)
		if len(c.Because) > 0 {
			r.Message.Text += ": " + strings.Join(text.CleanAll(c.Because), "; ")
		}
		return r
	}
	f := e.Finding
	r.RuleID, r.Level, r.Message.Text = f.Rule, level(f.Severity), findingText(f, e.At)
	r.Properties.Severity, r.Properties.Where = f.Severity.String(), text.Clean(f.Where)
	if e.Move == compare.Regraded {
		r.Properties.Was = e.Was.String()
	}
	if e.Move == compare.Lost {
		r.Message.Text = report.KindTitle(c.Kind) + ": " + r.Message.Text
	}
	if e.Move == compare.Lost && !c.Closes() { // §3.27.9: too little was known to decide
		r.Kind, r.Level = "open", "none"
		r.Message.Text += ". " + strings.Join(text.CleanAll(c.Because), "; ")
	}
	return r
}

// End closes the log.
func (d *diff) End(s *compare.Summary) error {
	invocation := map[string]any{"executionSuccessful": true,
		"properties": map[string]any{"old": text.Clean(d.h.Old), "new": text.Clean(d.h.New), "policy": text.Clean(d.h.Policy), "unchanged": s.Changes[compare.Same], "warnings": text.CleanAll(d.h.Warnings)}}
	return d.close(d.h.Tool, "diff/"+d.h.Old+"/"+d.h.New, invocation)
}
