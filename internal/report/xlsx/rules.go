package xlsx

import (
	"cmp"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
)

// counts is how many endpoints break each rule. It grows with the rules.
type counts struct {
	rules *report.Rulebook
	by    map[string]*count
}

// count is of one rule. An endpoint that breaks it on several pages counts once.
type count struct {
	rule, title              string
	severity                 signet.Severity // the worst that it has anywhere
	exposed, other, excepted uint64
}

// note counts what one endpoint breaks, what is for information alone too, and what somebody accepted.
func (c *counts) note(l *report.Line) {
	findings := l.Judgement.Findings
	for i := range findings {
		n := c.of(&findings[i])
		switch {
		case slices.ContainsFunc(findings[:i], func(f signet.Finding) bool { return f.Rule == n.rule }):
		case l.Verdict == signet.Exposed && c.rules.Of(n.rule).Rule.Relay():
			n.exposed++
		default:
			n.other++
		}
	}
	for i := range l.Excepted {
		n := c.of(&l.Excepted[i].Finding)
		if !slices.ContainsFunc(l.Excepted[:i], func(e signet.Excepted) bool { return e.Rule == n.rule }) {
			n.excepted++
		}
	}
}

func (c *counts) of(f *signet.Finding) *count {
	n := c.by[f.Rule]
	if n == nil {
		n = &count{rule: f.Rule, title: f.Title}
		c.by[f.Rule] = n
	}
	n.severity = max(n.severity, f.Severity)
	return n
}

// sorted lists the rules, the severest first.
func (c *counts) sorted() []*count {
	var list []*count
	for _, n := range c.by {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *count) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.exposed, a.exposed), cmp.Compare(b.other, a.other), cmp.Compare(b.excepted, a.excepted), strings.Compare(a.rule, b.rule))
	})
	return list
}
