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

// estate is what the text report keeps of hosts: what is said beside an endpoint, and sums.
type estate struct {
	names   map[netip.Addr]string // of hosts that a list may name
	domains map[string][]controller
	systems map[string]int
	roles   map[string]int
	odd     []string // hosts that sources disagree about
	oddMore int
	named   int
	hosts   int
	paths   *signet.Paths
}

// controller is a domain controller as far as its directory goes.
type controller struct {
	addr    netip.Addr
	name    string
	verdict signet.Verdict
	weak    []string // "ldap-signing-not-required on 3268, 389"
}

// How much is listed; JSON lines have it all.
const (
	mostOdd   = 10
	mostFixes = 5
	mostSums  = 8
)

// Host files one host.
func (t *textRun) Host(h *signet.Host) error {
	e := &t.estate
	if e.names == nil {
		*e = estate{names: map[netip.Addr]string{}, domains: map[string][]controller{},
			systems: map[string]int{}, roles: map[string]int{}, paths: e.paths}
	}
	e.hosts++
	if h.Name != "" {
		e.named++
		if t.shown[h.Address] {
			e.names[h.Address] = text.Clean(h.Name)
		}
	}
	if h.OS != "" {
		e.systems[text.Clean(h.OS)]++
	}
	for _, r := range h.Roles {
		if r.Certain {
			e.roles[text.Clean(r.Role)]++
		}
	}
	for _, d := range h.Disagreements {
		if len(e.odd) < mostOdd {
			e.odd = append(e.odd, strings.TrimSpace(h.Address.String()+" "+text.Cut(text.Clean(h.Name), 40))+": "+text.Clean(d))
		} else {
			e.oddMore++
		}
	}
	if h.Has(check.RoleDomainController) && h.Domain != "" {
		e.controller(h, t.opensDomain)
	}
	return nil
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

// Paths keeps the sums for the end.
func (t *textRun) Paths(p *signet.Paths) error { t.estate.paths = p; return nil }

// Wants hosts for the names and roles of endpoints, and the sums of paths.
func (t *textRun) Wants() report.Wants { return report.Wants{Hosts: true, Paths: true} }

// reconcile gives listed endpoints the names of their hosts.
func (t *textRun) reconcile() {
	e := &t.estate
	if e.names == nil {
		return
	}
	t.undetermined.name(e.names)
	for _, c := range t.calm {
		c.list.name(e.names)
	}
	for _, g := range t.groups {
		g.exposed.name(e.names)
		g.other.name(e.names)
	}
}

// domains prints the domains whose controllers were asked, the worst first.
func (t *textRun) domains(p *page) {
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
	for _, domain := range names {
		list := e.domains[domain]
		slices.SortFunc(list, func(a, b controller) int { return a.addr.Compare(b.addr) })
		var count report.Counts
		for _, c := range list {
			count[c.verdict]++
		}
		v := worst(domain)
		p.item("", domain+": "+t.style.verdict(v, v.String())+fmt.Sprintf(" (%s asked: %d weak, %d undetermined, %d guarded, %d unseen)",
			text.Count(uint64(len(list)), "controller", "controllers"), count[signet.Exposed], count[signet.Undetermined], count[signet.Guarded], count[signet.Unseen]))
		left := mostEntries
		for _, c := range list {
			if c.verdict == signet.Guarded && len(c.weak) == 0 {
				continue
			}
			if left--; left < 0 {
				break
			}
			said := strings.Join(c.weak, "; ")
			if said == "" {
				said = c.verdict.String()
			}
			p.hang(10, strings.TrimSpace(c.addr.String()+" "+text.Cut(c.name, 40)), said)
		}
	}
}

// hosts prints what the hosts are, in sums, and where their names do not agree.
func (t *textRun) hosts(p *page) {
	e := &t.estate
	if e.named == 0 && len(e.systems) == 0 && len(e.odd) == 0 {
		return
	}
	p.heading("HOSTS", fmt.Sprintf("%s, %d named", text.Count(uint64(e.hosts), "host", "hosts"), e.named))
	for _, sums := range []map[string]int{e.roles, e.systems} {
		if len(sums) > 0 {
			p.text(10, 10, most(sums))
		}
	}
	if len(e.odd) > 0 {
		p.text(10, 10, "Not everything that names a host says the same:")
		for _, o := range e.odd {
			p.text(12, 14, o)
		}
		if e.oddMore > 0 {
			p.text(12, 12, t.style.faint(fmt.Sprintf("… and %d more: -o jsonl has them all", e.oddMore)))
		}
	}
}

// most lists the largest numbers of something.
func most(sums map[string]int) string {
	words := slices.SortedFunc(maps.Keys(sums), func(a, b string) int { return cmp.Or(sums[b]-sums[a], cmp.Compare(a, b)) })
	var parts []string
	for i, w := range words {
		if i == mostSums {
			parts = append(parts, fmt.Sprintf("and %d more kinds", len(words)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s", sums[w], w))
	}
	return strings.Join(parts, "; ")
}

// removed words what a fix takes away.
func removed(f *signet.PathFix) string {
	var parts []string
	if f.Open > 0 {
		parts = append(parts, text.Count(f.Open, "path", "paths"))
	}
	if f.Conditional > 0 {
		parts = append(parts, text.Count(f.Conditional, "conditional path", "conditional paths"))
	}
	if f.Unknown > 0 {
		parts = append(parts, text.Count(f.Unknown, "path", "paths")+" that may be open")
	}
	if parts == nil {
		return ""
	}
	return ", removes " + strings.Join(parts, " and ")
}

// ways prints the fixes that remove most paths.
func (t *textRun) ways(p *page) {
	paths := t.estate.paths
	if paths == nil || len(paths.Fixes) == 0 {
		return
	}
	about := "the fixes that remove most, counted from " + text.Count(paths.Sources, "Windows host", "Windows hosts") + " seen; signet explain path-smb-to-smb says how"
	if paths.Sources == 0 {
		about = "no Windows host was seen to count paths from: fixes by the endpoints that they close"
	}
	p.heading("PATHS", about)
	for i := range paths.Fixes[:min(len(paths.Fixes), mostFixes)] {
		f := &paths.Fixes[i]
		p.item(fmt.Sprintf("%d", i+1), t.style.bold(text.Clean(f.Finding))+" ("+t.style.severity(f.Severity)+"), "+text.Count(f.Endpoints, "endpoint", "endpoints")+removed(f))
		p.text(10, 10, text.Clean(f.Because))
	}
}
