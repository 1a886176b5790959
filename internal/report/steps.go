package report

import (
	"cmp"
	"slices"
	"strings"

	"signet"
	"signet/internal/text"
)

// Step is one piece of work: the fix of one rule, and what it closes.
type Step struct {
	Rule, Title string
	Severity    signet.Severity // the worst that it has anywhere
	Fix         string          // the setting, in one line of Markdown

	Exposed, Other             uint64 // endpoints that break the rule: exposed by it, and others
	Open, Conditional, Unknown uint64 // relay paths that the fix removes
}

// Steps is the one order of work of a run, whoever shows it. It grows with the rules that are broken, not with the run.
type Steps struct {
	rules   *Rulebook
	by      map[string]*Step
	removes map[string]signet.PathFix
}

// NewSteps has no work yet.
func NewSteps(rules *Rulebook) *Steps { return &Steps{rules: rules, by: map[string]*Step{}} }

// Note counts what one endpoint breaks. What is for information alone is no work, nor is what somebody accepted.
func (s *Steps) Note(l *Line) {
	if !l.Reached() {
		return
	}
	findings := l.Judgement.Findings
	for i := range findings {
		f := &findings[i]
		if !Counted(f) {
			continue
		}
		step := s.by[f.Rule]
		if step == nil {
			step = &Step{Rule: f.Rule, Title: f.Title, Fix: s.rules.Fix(f.Rule)}
			s.by[f.Rule] = step
		}
		step.Severity = max(step.Severity, f.Severity)
		if slices.ContainsFunc(findings[:i], func(b signet.Finding) bool { return b.Rule == f.Rule && Counted(&b) }) {
			continue // another page of the same endpoint
		}
		if l.Verdict == signet.Exposed && s.rules.Of(f.Rule).Rule.Relay() {
			step.Exposed++
		} else {
			step.Other++
		}
	}
}

// Weigh adds which relay paths each fix removes.
func (s *Steps) Weigh(p *signet.Paths) {
	s.removes = map[string]signet.PathFix{}
	for _, f := range p.Fixes {
		s.removes[f.Finding] = f
	}
}

// Sorted lists the steps, the one to begin with first: the severest, of those the one that removes most paths, then the one that
// closes most endpoints. A rule whose fix nobody knows is no step.
func (s *Steps) Sorted() []Step {
	var list []Step
	for _, step := range s.by {
		if step.Fix == "" {
			continue
		}
		one, f := *step, s.removes[step.Rule]
		one.Rule, one.Title = text.Clean(step.Rule), text.Clean(step.Title)
		one.Open, one.Conditional, one.Unknown = f.Open, f.Conditional, f.Unknown
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Step) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Open, a.Open), cmp.Compare(b.Conditional, a.Conditional),
			cmp.Compare(b.Unknown, a.Unknown), cmp.Compare(b.Exposed, a.Exposed), cmp.Compare(b.Other, a.Other), strings.Compare(a.Rule, b.Rule))
	})
	return list
}

// Closes says what a step is good for: "closes 12 exposed endpoints and 3 others, removes 195 open paths".
func (s *Step) Closes() string {
	what := text.Count(s.Exposed, "exposed endpoint", "exposed endpoints")
	switch {
	case s.Exposed == 0:
		what = text.Count(s.Other, "endpoint that is not exposed by it", "endpoints that are not exposed by it")
	case s.Other > 0:
		what += " and " + text.Count(s.Other, "other", "others")
	}
	var paths []string
	if s.Open > 0 {
		paths = append(paths, text.Count(s.Open, "open path", "open paths"))
	}
	if s.Conditional > 0 {
		paths = append(paths, text.Count(s.Conditional, "conditional path", "conditional paths"))
	}
	if s.Unknown > 0 {
		paths = append(paths, text.Count(s.Unknown, "path that may be open", "paths that may be open"))
	}
	if paths == nil {
		return "closes " + what
	}
	return "closes " + what + ", removes " + text.And(paths)
}
