package report

import (
	"signet"
	"signet/internal/check"
)

// Rulebook answers what a writer says about a rule beside the finding itself. Advice is read once.
type Rulebook struct{ rules map[string]*ruling }

// ruling is a rule, the check it belongs to and its advice. Rules of a later version of Signet, read back from a
// store, have none of the three.
type ruling struct {
	check  string
	rule   check.Rule
	advice check.Advice
	known  bool
}

// NewRulebook reads the rules and advice of checks.
func NewRulebook(checks []check.Check) *Rulebook {
	b := &Rulebook{rules: map[string]*ruling{}}
	for _, c := range checks {
		for _, r := range c.Rules {
			a, err := c.AdviceFor(r.ID)
			if err != nil {
				a = check.Advice{} // a law elsewhere says that every rule has its advice
			}
			b.rules[r.ID] = &ruling{check: c.Name, rule: r, advice: a, known: true}
		}
	}
	return b
}

// of never returns nil. A rule of a later version counts as one that opens a way.
func (b *Rulebook) of(rule string) *ruling {
	if r := b.rules[rule]; r != nil {
		return r
	}
	return &ruling{rule: check.Rule{ID: rule, Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}}}
}

// fix is the setting that closes a finding, in one line.
func (b *Rulebook) fix(rule string) string { return b.of(rule).advice.Setting }

// counted tells whether a finding stands for a weakness: one of severity info is for information alone.
func counted(f *signet.Finding) bool { return f.Severity > signet.Info }
