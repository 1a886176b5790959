package sarif

import (
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run writes a result for each finding above information, one that is suppressed for each that the policy accepts, and one of
// kind "open" for each endpoint that stayed undetermined (§3.27.9: evaluated, and too little was known to decide).
type run struct {
	report.Ignore
	log
	h report.Header
}

func newRun(w io.Writer, o *report.Options) report.Handler { return &run{log: newLog(w, o)} }

// Begin opens the log.
func (r *run) Begin(h *report.Header) error {
	r.h = *h
	return r.open()
}

// Endpoint writes the results of one endpoint.
func (r *run) Endpoint(l *report.Line) error {
	if !l.Reached() {
		return nil
	}
	f := report.FactsOf(l)
	host := f.HostName(l)
	about := properties{Check: l.Check, Outcome: l.Outcome.String(), Verdict: l.Verdict.String(), Unasked: text.CleanAll(l.Unasked), Disagreements: text.CleanAll(l.Disagreements)}
	finding := func(f *signet.Finding, accepted []suppression) error {
		if !report.Counted(f) {
			return nil
		}
		p := about
		p.Severity, p.Where = f.Severity.String(), text.Clean(f.Where)
		return r.result(l.Endpoint, host, &result{RuleID: f.Rule, Kind: "fail", Level: level(f.Severity), Message: message{Text: findingText(f, l.Endpoint)},
			Suppressions: &accepted, Properties: p}, f.Severity)
	}
	for i := range l.Judgement.Findings {
		if err := finding(&l.Judgement.Findings[i], []suppression{}); err != nil {
			return err
		}
	}
	for i := range l.Excepted {
		e := &l.Excepted[i]
		by := suppression{Kind: "external", Status: "accepted", Justification: text.Clean(e.Reason), Properties: accepted{text.Clean(e.Owner), text.Clean(e.Until)}}
		if err := finding(&e.Finding, []suppression{by}); err != nil {
			return err
		}
	}
	if l.Verdict != signet.Undetermined {
		return nil
	}
	return r.result(l.Endpoint, host, &result{RuleID: ruleUndetermined, Kind: "open", Level: "none", Suppressions: &[]suppression{}, Properties: about,
		Message: message{Text: l.Endpoint.String() + " is undetermined: " + strings.Join(text.CleanAll(l.Because), "; ")}}, signet.Info)
}

// End writes the tool, its rules and the invocation.
func (r *run) End(sum *report.Summary) error {
	invocation := map[string]any{
		"executionSuccessful": !sum.Interrupted && sum.Lost.Faults == 0 && sum.Lost.Skipped == 0, "startTimeUtc": r.h.Started.UTC().Format(time.RFC3339), "endTimeUtc": sum.Ended.UTC().Format(time.RFC3339),
		"properties": map[string]any{"targets": text.CleanAll(r.h.Targets), "checks": text.CleanAll(r.h.Checks), "depth": r.h.Depth.String(), "policy": text.Clean(r.h.Policy),
			"addresses": sum.Coverage.Addresses, "endpoints_asked": sum.Coverage.Asked, "undetermined": sum.Coverage.Undetermined,
			"exposed": sum.Verdicts[signet.Exposed], "guarded": sum.Verdicts[signet.Guarded], "unseen": sum.Verdicts[signet.Unseen]},
	}
	var told []any
	for _, said := range sum.Missing() {
		told = append(told, map[string]any{"level": "error", "message": map[string]string{"text": said}})
	}
	if told != nil {
		invocation["toolExecutionNotifications"] = told
	}
	return r.close(r.h.Tool, r.h.Run, invocation)
}
