package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"signet"
)

// yardstick is the policy that others are measured by: the one in force where none is named.
const yardstick = "baseline"

// inherit takes what Extends rates and this policy does not. A rule under Rules is its own wholly: what the base says of it by
// role counts no more. Built-in policies rate by nothing else: they hold no places and no exceptions.
func (p *Policy) inherit() error {
	line, named := p.lines["extends"]
	if !named {
		return nil
	}
	base, err := BuiltIn(p.Extends)
	if err != nil {
		return fmt.Errorf("line %d: extends: %w", line, err)
	}
	p.base = base.ID()
	if p.Default == "" {
		p.fallback = base.fallback
	}
	for rule := range base.off {
		if !p.rated(rule) {
			p.off[rule] = true
		}
	}
	for rule, s := range base.severities {
		if !p.rated(rule) {
			p.severities[rule] = s
		}
	}
	for rule, by := range base.byRole {
		if p.rated(rule) {
			continue
		}
		own := p.byRole[rule]
		if own == nil {
			own = map[string]signet.Severity{}
			p.byRole[rule] = own
		}
		for role, s := range by {
			if _, rated := own[role]; !rated {
				own[role] = s
			}
		}
	}
	p.hosts = p.hosts || len(p.byRole) > 0
	return nil
}

// Base is the ID of the policy that this one extends; "" where it extends none.
func (p *Policy) Base() string { return p.base }

// rated tells whether the policy's own Rules name a rule.
func (p *Policy) rated(rule string) bool {
	_, ok := p.Rules[rule]
	return ok
}

// lowered lists the rules that the policy leaves to its default, though baseline rates them higher: worst first.
func (p *Policy) lowered(rules []string) []string {
	base, err := BuiltIn(yardstick)
	if p.shipped || err != nil {
		return nil
	}
	at := map[string]signet.Severity{}
	for _, rule := range rules {
		_, rated := p.severities[rule]
		if s, on := base.Severity(rule); on && !rated && !p.off[rule] && s > p.fallback {
			at[rule] = s
		}
	}
	list := slices.Sorted(maps.Keys(at))
	slices.SortStableFunc(list, func(a, b string) int { return int(at[b]) - int(at[a]) })
	for i, rule := range list {
		list[i] = rule + " (" + at[rule].String() + ")"
	}
	return list
}

// mostLowered is how many rules a warning names.
const mostLowered = 3

// lowering says in a sentence that the policy rates rules lower than baseline without naming them; "" where it does not.
func (p *Policy) lowering(rules []string) string {
	list := p.lowered(rules)
	n := len(list)
	if n == 0 {
		return ""
	}
	more := ""
	if n > mostLowered {
		list, more = list[:mostLowered], fmt.Sprintf(" and %d more", n-mostLowered)
	}
	return fmt.Sprintf("policy %s rates %d of %d rules lower than %s by its default (%s): %s%s; `extends: %s` keeps the higher severity",
		p.ID(), n, len(rules), yardstick, p.fallback, strings.Join(list, ", "), more, yardstick)
}

// Warnings are sentences on the policy that a reader of its findings should know.
func (j *Judge) Warnings() []string {
	if said := j.policy.lowering(slices.Collect(maps.Keys(j.titles))); said != "" {
		return []string{said}
	}
	return nil
}
