package prose

import (
	"fmt"
	"strings"

	"signet/internal/text"
)

// How many are listed.
const (
	mostDomains     = 10
	mostControllers = 30 // of all of them
)

// printDomains prints the domains whose controllers were asked, the worst first.
func (t *textRun) printDomains(p *page) {
	list := t.domains.Sorted()
	if len(list) == 0 {
		return
	}
	p.heading("DOMAINS", "one weak domain controller opens its whole domain")
	left := mostControllers
	for _, domain := range list[:min(len(list), mostDomains)] {
		p.item("", domain.Name+": "+t.style.verdict(domain.Verdict, domain.Verdict.String())+" ("+domain.Asked()+")")
		more := 0
		for _, c := range domain.Wanting() {
			if left--; left < 0 {
				more++
				continue
			}
			var weak []string
			for _, w := range c.Weak {
				weak = append(weak, w.Rule+" on "+strings.Join(w.On, ", "))
			}
			said := strings.Join(weak, "; ")
			if said == "" {
				said = c.Verdict.String()
			}
			p.hang(10, strings.TrimSpace(c.Addr.String()+" "+text.Cut(c.Name, 40)), said)
		}
		if more > 0 {
			p.whole(10, t.style.faint(t.more(more, "-o csv")))
		}
	}
	if more := len(list) - mostDomains; more > 0 {
		p.whole(10, t.style.faint(fmt.Sprintf("… and %s more: %s", text.Count(more, "domain", "domains"), t.origin.Show(t.h.Run, "-o jsonl"))))
	}
}
