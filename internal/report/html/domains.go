package html

import (
	"cmp"
	"strings"

	"signet/internal/report"
	"signet/internal/text"
)

// How much of the domains a page shows.
const (
	mostDomains     = 20
	mostControllers = 30 // of one domain
)

// domainCard is a domain as the page shows it.
type domainCard struct {
	Name, Verdict, Asked, Left string
	Rows                       []controllerRow
}

// controllerRow is a controller that somebody has to look at.
type controllerRow struct {
	At, Name, Verdict string
	Weak              []weakRow
}

// weakRow is a rule that it breaks. Rule is empty where the page does not explain it.
type weakRow struct{ Rule, Title, On string }

// domains shows the domains whose controllers were asked, the worst first.
func (v *view) domains(d *report.Domains, rules *report.Rulebook) {
	list := d.Sorted()
	if more := len(list) - mostDomains; more > 0 {
		v.DomainsLeft = "… and " + text.Count(uint64(more), "more domain", "more domains") + ": -o jsonl has every controller."
		list = list[:mostDomains]
	}
	for _, domain := range list {
		card := domainCard{Name: text.Cut(domain.Name, 100), Verdict: domain.Verdict.String(), Asked: domain.Asked()}
		wanting := domain.Wanting()
		if more := len(wanting) - mostControllers; more > 0 {
			card.Left = "… and " + text.Count(uint64(more), "more controller", "more controllers") + ": the table of hosts has them."
			wanting = wanting[:mostControllers]
		}
		for _, c := range wanting {
			row := controllerRow{At: c.Addr.String(), Name: text.Cut(c.Name, 60), Verdict: c.Verdict.String()}
			for _, w := range c.Weak {
				row.Weak = append(row.Weak, weakRow{v.explained(w.Rule), cmp.Or(rules.Of(w.Rule).Rule.Title, w.Rule), text.Cut(strings.Join(w.On, ", "), 200)})
			}
			card.Rows = append(card.Rows, row)
		}
		v.Domains = append(v.Domains, card)
	}
}
