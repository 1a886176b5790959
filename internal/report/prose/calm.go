package prose

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/text"
)

// calmVerdicts are the verdicts that are listed only on demand, the worse first.
func calmVerdicts() []signet.Verdict { return []signet.Verdict{signet.Guarded, signet.Unseen} }

// calmWords say what such a verdict stands for, under a heading.
func calmWords(v signet.Verdict) string {
	if v == signet.Unseen {
		return "answered all that was asked and asked for no logon: no NTLM was seen there, and no guard"
	}
	return "no relay of NTLM, and the guard was seen"
}

// weakWords say where those stand that break rules.
func (c *calm) weakWords() string {
	return fmt.Sprintf("%d of them %s under other findings, since %s a rule", c.weak, text.Noun(c.weak, "stands", "stand"), text.Noun(c.weak, "it breaks", "they break"))
}

// printCalm prints what is guarded and what is unseen.
func (t *textRun) printCalm(p *page) {
	told := false
	for _, v := range calmVerdicts() {
		c := t.calm[v]
		if c == nil {
			continue
		}
		var parts []string
		for _, k := range t.checks {
			if n := c.byCheck[k.Name]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, k.Name))
			}
		}
		p.heading(strings.ToUpper(v.String()), text.Count(uint64(c.total), "endpoint", "endpoints")+": "+strings.Join(parts, ", ")+"; "+calmWords(v))
		if c.weak > 0 {
			p.text(10, 10, c.weakWords())
		}
		if t.h.All {
			t.printList(p, &c.list, 0)
		} else if !told {
			told = true
			p.whole(10, t.style.faint("with their reasons: "+t.origin.Show(t.h.Run, "--all")))
		}
	}
}
