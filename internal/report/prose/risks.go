package prose

import (
	"fmt"
	"strings"

	"signet/internal/report"
	"signet/internal/text"
)

// How many accepted risks are listed; xlsx has them all.
const (
	mostRisks    = 10
	mostRiskRows = 30 // of a table
)

// risksAbout says what stands under the heading.
const risksAbout = "exceptions of the policy cover them until the day named; the verdicts stay"

// printRisks lists what the policy excepts: which rule, who answers for it until when and why, and where.
func (t *textRun) printRisks(p *page) {
	if t.risks.Findings == 0 {
		return
	}
	p.heading("ACCEPTED RISKS", t.risks.Sum()+"; "+risksAbout)
	list, left := t.risks.Worst(mostRisks)
	for i, r := range list {
		if i > 0 {
			p.blank()
		}
		p.item(t.style.severity(r.Severity), r.Title+" "+t.style.faint("("+r.Rule+")")+", "+text.Count(r.Total, "endpoint", "endpoints"))
		p.text(10, 10, "until "+r.Until+", "+r.Owner+": "+r.Reason)
		var shown []entry
		for _, at := range r.First {
			shown = append(shown, entry{at: at.At, who: at.Who})
		}
		p.flow(12, shown)
		if more := r.Total - uint64(len(shown)); more > 0 {
			p.whole(12, t.style.faint(t.more(int(more), "-o xlsx")))
		}
	}
	if left > 0 {
		p.whole(2, t.style.faint(t.moreRisks(left)))
	}
}

// moreRisks says how many accepted findings are left out, and the command that shows them.
func (d *digest) moreRisks(n uint64) string {
	return fmt.Sprintf("… and %s more: %s", text.Count(n, "accepted finding", "accepted findings"), d.origin.Show(d.h.Run, "-o xlsx"))
}

// risksTable is the same for Markdown.
func (m *markdownRun) risksTable() {
	if m.risks.Findings == 0 {
		return
	}
	m.line("\n## Accepted risks: %s\n\n%s.\n\n| severity | rule | endpoints | owner | reason | until |\n|---|---|---|---|---|---|", m.risks.Sum(), text.Capital(risksAbout))
	list, left := m.risks.Worst(mostRiskRows)
	cut := false
	for _, r := range list {
		cut = cut || r.Total > uint64(len(r.First))
		m.line("| %s | `%s` | %s | %s | %s | %s |", r.Severity, code(r.Rule), riskCell(r), markdown(r.Owner), markdown(r.Reason), markdown(r.Until))
	}
	switch {
	case left > 0:
		m.line("\n%s.", m.moreRisks(left))
	case cut:
		m.line("\nAll endpoints: %s.", m.origin.Show(m.h.Run, "-o xlsx"))
	}
}

// riskCell names the endpoints of a risk in a cell.
func riskCell(r *report.Risk) string {
	var parts []string
	for _, at := range r.First {
		parts = append(parts, strings.TrimSpace("`"+code(at.At.String())+"` "+markdown(text.Cut(at.Who, 40))))
	}
	if more := r.Total - uint64(len(r.First)); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, ", ")
}
