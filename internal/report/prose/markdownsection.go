package prose

import (
	"cmp"
	"fmt"
	"strings"

	"signet/internal/text"
)

// How much of the lists of endpoints a page of Markdown shows, where a row is a line.
const (
	mostTableRows  = 200 // in all sections together
	leastTableRows = 4   // of one table
)

// stepsTable is the one order of work.
func (m *markdownRun) stepsTable() {
	list, left := m.firstSteps()
	if len(list) == 0 {
		return
	}
	m.line("\n## What to do first\n\n%s.\n\n| | severity | finding | setting | effect | command |\n|---:|---|---|---|---|---|", markdown(text.Capital(m.stepsAbout())))
	for i := range list {
		s := &list[i]
		m.line("| %d | %s | %s (`%s`) | %s | %s | `%s` |", i+1, s.Severity, markdown(s.Title), code(s.Rule), strings.ReplaceAll(s.Fix, "|", "&#124;"), s.Closes(), code(cmp.Or(m.origin.Script(s.Rule, m.h.Run), "signet explain "+s.Rule)))
	}
	if left != "" {
		m.line("\n%s.", left)
	}
}

// share is how many rows of one table are shown, so that all tables together keep to their number.
func (m *markdownRun) share() int {
	most := mostTableRows
	for ; most > leastTableRows; most-- {
		sum := 0
		for _, s := range m.sections() {
			groups, _, _ := m.sorted(s, mostGroups)
			for _, g := range groups {
				sum += min(g.list.total, most)
			}
		}
		if sum <= mostTableRows {
			break
		}
	}
	return most
}

// section writes the endpoints of a section, a table for each finding that they stand under.
func (m *markdownRun) section(title, about string, s *section) {
	if s.total == 0 {
		return
	}
	m.line("\n## %s: %s", title, about)
	groups, left, endpoints := m.sorted(s, mostGroups)
	most := m.share()
	for _, g := range groups {
		m.group(g, len(groups) > 1, most)
	}
	if words := m.leftOut(left, endpoints); words != "" {
		m.line("\n%s.", words)
	}
}

// group writes the endpoints that are listed under one finding; those without one need no heading where they are alone.
func (m *markdownRun) group(g *group, headed bool, most int) {
	count := text.Count(g.list.total, "endpoint", "endpoints")
	if f := &g.finding; f.Rule != "" {
		m.line("\n### %s\n\n`%s` · %s · %s%s", markdown(f.Title), code(f.Rule), f.Severity, count, m.wanted(f.Rule))
	} else if headed {
		m.line("\n### No finding\n\n%s", count)
	}
	if list := g.sortedAlso(); len(list) > 0 {
		var parts []string
		for _, a := range list[:min(len(list), mostAlso)] {
			parts = append(parts, fmt.Sprintf("`%s` (%s) at %d", code(a.finding.Rule), a.finding.Severity, a.total))
		}
		if more := len(list) - mostAlso; more > 0 {
			parts = append(parts, text.Count(more, "more rule", "more rules"))
		}
		m.line("Also at these endpoints: %s.", strings.Join(parts, ", "))
	}
	m.table(&g.list, most)
}

// wanted is what a rule wants, behind its count.
func (d *digest) wanted(rule string) string {
	if requires := d.rules.Of(rule).Rule.Requires; requires != "" {
		return ". Wanted: " + markdown(requires) + "."
	}
	return "."
}

// calmTables lists what is guarded and what is unseen, where that was asked for.
func (m *markdownRun) calmTables() {
	for _, v := range calmVerdicts() {
		c := m.calm[v]
		if c == nil || !m.h.All {
			continue
		}
		m.line("\n## %s: %s", text.Capital(v.String()), text.Count(c.total, "endpoint", "endpoints"))
		m.line("\n%s.%s", text.Capital(calmWords(v)), text.Either(c.weak > 0, " "+c.weakWords()+".", ""))
		if c.list.total > 0 {
			m.table(&c.list, mostRows)
		}
	}
}

// table lists endpoints by address, so many of them.
func (m *markdownRun) table(list *listing, most int) {
	m.line("\n| endpoint | host | because |\n|---|---|---|")
	first := list.sorted()[0].first
	shown := first[:min(len(first), most)]
	for _, e := range shown {
		m.line("| `%s` | %s | %s |", code(e.at.String()), markdown(e.who), markdown(e.because))
	}
	if more := list.total - len(shown); more > 0 {
		m.line("\n%s.", m.more(more, "-o csv"))
	}
}
