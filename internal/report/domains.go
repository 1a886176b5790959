package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// Domains collects the domain controllers that a run met: one weak controller opens its whole domain. Only what checks of
// the directory say counts (check.Check.Domain).
type Domains struct {
	opens map[string]bool // checks by which a weak controller opens its domain
	by    map[string]*Domain
}

// Domain is a domain of which a controller was asked.
type Domain struct {
	Name        string // clean, in lower case
	Verdict     signet.Verdict
	Counts      Counts       // of controllers
	Controllers []Controller // by address
}

// Controller is a domain controller as far as its directory goes. Its texts are clean.
type Controller struct {
	Addr    netip.Addr
	Name    string
	Verdict signet.Verdict
	Weak    []Weakness
}

// Weakness is a rule that a controller breaks, and where: "389", "443 (/certsrv/)".
type Weakness struct {
	Rule string
	On   []string
}

// NewDomains knows which of the checks are about a directory.
func NewDomains(checks []check.Check) *Domains {
	d := &Domains{opens: map[string]bool{}, by: map[string]*Domain{}}
	for _, c := range checks {
		if c.Domain {
			d.opens[c.Name] = true
		}
	}
	return d
}

// Note files a host if it is known for a controller of a domain with a name.
func (d *Domains) Note(h *signet.Host) {
	if h.Domain == "" || !h.Has(check.RoleDomainController) {
		return
	}
	c := Controller{Addr: h.Address, Name: text.Clean(h.Name), Verdict: signet.Unseen}
	for _, p := range h.Endpoints {
		if d.opens[p.Check] {
			c.Verdict = c.Verdict.Worse(p.Verdict)
		}
	}
	byRule := map[string][]string{}
	found := slices.SortedStableFunc(slices.Values(h.Findings), func(a, b signet.HostFinding) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), strings.Compare(a.Where, b.Where))
	})
	for _, f := range found {
		if !d.opens[f.Check] {
			continue
		}
		on := fmt.Sprint(f.Port)
		if f.Where != "" {
			on += " (" + text.Clean(f.Where) + ")"
		}
		byRule[f.Rule] = append(byRule[f.Rule], on)
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		c.Weak = append(c.Weak, Weakness{text.Clean(rule), byRule[rule]})
	}
	name := strings.ToLower(text.Clean(h.Domain))
	domain := d.by[name]
	if domain == nil {
		domain = &Domain{Name: name, Verdict: signet.Unseen}
		d.by[name] = domain
	}
	domain.Verdict = domain.Verdict.Worse(c.Verdict)
	domain.Counts[c.Verdict]++
	domain.Controllers = append(domain.Controllers, c)
}

// Sorted lists the domains, the worst first.
func (d *Domains) Sorted() []*Domain {
	list := slices.SortedFunc(maps.Values(d.by), func(a, b *Domain) int {
		return cmp.Or(a.Verdict.Rank()-b.Verdict.Rank(), strings.Compare(a.Name, b.Name))
	})
	for _, domain := range list {
		slices.SortFunc(domain.Controllers, func(a, b Controller) int { return a.Addr.Compare(b.Addr) })
	}
	return list
}

// Asked says how many controllers were asked, and what came of it.
func (d *Domain) Asked() string {
	return fmt.Sprintf("%s asked: %d weak, %d undetermined, %d guarded, %d unseen", text.Count(uint64(len(d.Controllers)), "controller", "controllers"),
		d.Counts[signet.Exposed], d.Counts[signet.Undetermined], d.Counts[signet.Guarded], d.Counts[signet.Unseen])
}

// Wanting lists the controllers that somebody has to look at, the worst first: those that are not guarded, or break a rule all
// the same.
func (d *Domain) Wanting() []*Controller {
	var list []*Controller
	for i := range d.Controllers {
		if c := &d.Controllers[i]; c.Verdict != signet.Guarded || len(c.Weak) > 0 {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *Controller) int { return a.Verdict.Rank() - b.Verdict.Rank() })
	return list
}
