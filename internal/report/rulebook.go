package report

import (
	"strings"

	"signet"
	"signet/internal/check"
)

// Rulebook answers what a format says about a rule beside the finding itself. Advice is read once.
type Rulebook struct{ rules map[string]*Ruling }

// Ruling is a rule, the check it belongs to and its advice. A rule of a later version of Signet, read back from a store,
// has none of the three.
type Ruling struct {
	Check  string
	Rule   check.Rule
	Advice check.Advice
	Known  bool
}

// NewRulebook reads the rules and advice of checks.
func NewRulebook(checks []check.Check) *Rulebook {
	b := &Rulebook{rules: map[string]*Ruling{}}
	for _, c := range checks {
		for _, r := range c.Rules {
			a, err := c.AdviceFor(r.ID)
			if err != nil {
				a = check.Advice{} // a law elsewhere says that every rule has its advice
			}
			b.rules[r.ID] = &Ruling{Check: c.Name, Rule: r, Advice: a, Known: true}
		}
	}
	return b
}

// Of returns what is known of a rule, never nil. A rule of a later version counts as one that opens a way.
func (b *Rulebook) Of(rule string) *Ruling {
	if r := b.rules[rule]; r != nil {
		return r
	}
	return &Ruling{Rule: check.Rule{ID: rule, Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}}}
}

// Fix is the setting that closes a finding, in one line of Markdown; empty where none is known.
func (b *Rulebook) Fix(rule string) string { return b.Of(rule).Advice.Setting }

// PlainFix is Fix without its mark-up.
func (b *Rulebook) PlainFix(rule string) string {
	return strings.NewReplacer("`", "", "**", "", "*", "").Replace(b.Fix(rule))
}

// Counted tells whether a finding stands for a weakness: one of severity info is for information alone.
func Counted(f *signet.Finding) bool { return f.Severity > signet.Info }
