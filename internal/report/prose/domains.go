package prose

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/text"
)

// How many are listed.
const (
	mostDomains     = 10
	mostControllers = 30 // of all of them
)

// controller is a domain controller as far as its directory goes.
type controller struct {
	addr    netip.Addr
	name    string
	verdict signet.Verdict
	weak    []string // "ldap-signing-not-required on 3268, 389"
}

// opensDomain tells whether a check is one by which a weak domain controller opens its domain.
func (t *textRun) opensDomain(name string) bool {
	return slices.ContainsFunc(t.checks, func(c check.Check) bool { return c.Domain && c.Name == name })
}

// controller files a domain controller; only what checks say counts by which it opens its domain.
func (e *estate) controller(h *signet.Host, counts func(check string) bool) {
	c := controller{addr: h.Address, name: text.Clean(h.Name), verdict: signet.Unseen}
	for _, p := range h.Endpoints {
		if counts(p.Check) {
			c.verdict = c.verdict.Worse(p.Verdict)
		}
	}
	byRule := map[string][]string{}
	for _, f := range h.Findings {
		if !counts(f.Check) {
			continue
		}
		at := fmt.Sprint(f.Port)
		if f.Where != "" {
			at += " (" + text.Clean(f.Where) + ")"
		}
		byRule[f.Rule] = append(byRule[f.Rule], at)
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		slices.Sort(byRule[rule])
		c.weak = append(c.weak, text.Clean(rule)+" on "+strings.Join(byRule[rule], ", "))
	}
	domain := strings.ToLower(text.Clean(h.Domain))
	e.domains[domain] = append(e.domains[domain], c)
}

// printDomains prints the domains whose controllers were asked, the worst first.
func (t *textRun) printDomains(p *page) {
	e := &t.estate
	if len(e.domains) == 0 {
		return
	}
	worst := func(domain string) (v signet.Verdict) {
		v = signet.Unseen
		for _, c := range e.domains[domain] {
			v = v.Worse(c.verdict)
		}
		return v
	}
	names := slices.SortedFunc(maps.Keys(e.domains), func(a, b string) int {
		return cmp.Or(worst(a).Rank()-worst(b).Rank(), cmp.Compare(a, b))
	})
	p.heading("DOMAINS", "one weak domain controller opens its whole domain")
	left := mostControllers
	for _, domain := range names[:min(len(names), mostDomains)] {
		list := e.domains[domain]
		slices.SortFunc(list, func(a, b controller) int { return a.addr.Compare(b.addr) })
		var count report.Counts
		for _, c := range list {
			count[c.verdict]++
		}
		v := worst(domain)
		p.item("", domain+": "+t.style.verdict(v, v.String())+fmt.Sprintf(" (%s asked: %d weak, %d undetermined, %d guarded, %d unseen)",
			text.Count(uint64(len(list)), "controller", "controllers"), count[signet.Exposed], count[signet.Undetermined], count[signet.Guarded], count[signet.Unseen]))
		more := 0
		for _, c := range list {
			if c.verdict == signet.Guarded && len(c.weak) == 0 {
				continue
			}
			if left--; left < 0 {
				more++
				continue
			}
			said := strings.Join(c.weak, "; ")
			if said == "" {
				said = c.verdict.String()
			}
			p.hang(10, strings.TrimSpace(c.addr.String()+" "+text.Cut(c.name, 40)), said)
		}
		if more > 0 {
			p.whole(10, t.style.faint(t.more(more, "-o csv")))
		}
	}
	if more := len(names) - mostDomains; more > 0 {
		p.whole(10, t.style.faint(fmt.Sprintf("… and %s more: %s", text.Count(more, "domain", "domains"), t.origin.Show(t.h.Run, "-o jsonl"))))
	}
}
