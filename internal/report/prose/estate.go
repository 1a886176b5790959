package prose

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// estate is what the text report keeps of hosts: what is said beside an endpoint, and sums.
type estate struct {
	names   map[netip.Addr]string // of hosts that a list may name
	systems map[string]int
	roles   map[string]int
	odd     []string // hosts that sources disagree about
	oddMore int
	named   int
	hosts   int
}

// How much is listed; JSON lines have it all.
const (
	mostOdd  = 10 // hosts that sources disagree about
	mostSums = 8  // roles, and systems
)

// Host files one host.
func (t *textRun) Host(h *signet.Host) error {
	e := &t.estate
	if e.names == nil {
		*e = estate{names: map[netip.Addr]string{}, systems: map[string]int{}, roles: map[string]int{}}
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
	t.domains.Note(h)
	return t.digest.Host(h)
}

// Wants hosts for the names and roles of endpoints, and the sums of paths.
func (t *textRun) Wants() report.Wants { return report.Wants{Hosts: true, Paths: true} }

// nameHosts gives listed endpoints the names of their hosts.
func (t *textRun) nameHosts() {
	e := &t.estate
	if e.names == nil {
		return
	}
	t.risks.Name(e.names)
	for _, c := range t.calm {
		c.list.name(e.names)
	}
	for _, s := range t.sections() {
		for _, g := range s.groups {
			g.list.name(e.names)
		}
	}
}

// printHosts prints what the hosts are, in sums, and where their names do not agree.
func (t *textRun) printHosts(p *page) {
	e := &t.estate
	if e.named == 0 && len(e.systems) == 0 && len(e.odd) == 0 {
		return
	}
	p.heading("HOSTS", fmt.Sprintf("%s, %d named", text.Count(uint64(e.hosts), "host", "hosts"), e.named))
	for _, sums := range []map[string]int{e.roles, e.systems} {
		if len(sums) > 0 {
			p.text(10, 10, commonest(sums))
		}
	}
	if len(e.odd) > 0 {
		p.text(10, 10, "Not everything that names a host says the same:")
		for _, o := range e.odd {
			p.text(12, 14, o)
		}
		if e.oddMore > 0 {
			p.whole(12, t.style.faint(t.more(e.oddMore, "-o jsonl")))
		}
	}
}

// commonest lists the largest of some sums, and counts the others.
func commonest(sums map[string]int) string {
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
