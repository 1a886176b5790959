package reporttest

import (
	"signet"
	"signet/internal/report"
)

// Verdict is a line with a verdict at an address.
func Verdict(addr string, v signet.Verdict) *report.Line {
	o := At(addr, 80, "http", "", signet.Answered)
	return &report.Line{Observation: o, Judgement: signet.Judgement{Verdict: v, Because: []string{"the reason of " + addr}}}
}

// Verdicts is a run that holds each verdict.
func Verdicts() []*report.Line {
	return []*report.Line{Verdict("10.0.0.1", signet.Exposed), Verdict("10.0.0.2", signet.Undetermined), Verdict("10.0.0.3", signet.Guarded), Verdict("10.0.0.4", signet.Unseen)}
}

// Unasked is an endpoint that was lost for a reason of ours.
func Unasked(addr string, port uint16, outcome signet.Outcome, why string) *report.Line {
	o := At(addr, port, "smb", "", outcome)
	o.Open, o.Err = false, &signet.Failure{Phase: "connect", Text: why}
	return &report.Line{Observation: o, Judgement: signet.Judgement{Because: []string{"not asked: connect: " + why}}}
}

// Lost is a run that misses a whole host, a part of one, and one that this machine failed at.
func Lost() []*report.Line {
	return []*report.Line{
		Unasked("10.0.0.1", 445, signet.Skipped, "the time was used up"), Unasked("10.0.0.1", 139, signet.Skipped, "the time was used up"),
		Unasked("10.0.0.2", 445, signet.Skipped, "the budget was used up"), Verdict("10.0.0.2", signet.Guarded),
		Unasked("10.0.0.3", 445, signet.Fault, "too many open files"),
	}
}
