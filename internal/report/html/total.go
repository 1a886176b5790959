package html

import (
	"cmp"
	"html/template"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// total sums every host of a run, those too that do not fit on the page.
type total struct {
	rules        *report.Rulebook
	verdicts     report.Counts // of hosts
	excepted     uint64        // of the exposed ones: those that exceptions cover whole
	byRule       map[string]*group
	undetermined reasons
	roles, nets  map[string]*splitRow
}

func newTotal(rules *report.Rulebook) *total {
	return &total{rules: rules, byRule: map[string]*group{}, roles: map[string]*splitRow{}, nets: map[string]*splitRow{}}
}

func (t *total) hosts() uint64 { return t.verdicts.Total() }

// count adds one host to every sum.
func (t *total) count(h *host) {
	v := h.verdict()
	t.verdicts[v]++
	if h.accepted() {
		t.excepted++
	}
	t.place(h, v)
	for i := range h.ends {
		e := &h.ends[i]
		if e.verdict == signet.Undetermined {
			t.undetermined.count(e.check+": "+strings.Join(e.because, "; "), h, e)
		}
		for j := range e.findings {
			f := &e.findings[j]
			g := t.byRule[f.rule]
			if g == nil {
				g = &group{Rule: f.rule, Title: f.title}
				t.byRule[f.rule] = g
			}
			g.count(h, e, f, t.rules.Of(f.rule).Rule.Relay())
		}
	}
}

// group is a rule and what breaks it.
type group struct {
	Rule, Title, Severity, Requires, Count string
	Hosts, Exposed, Other                  string
	Advice                                 template.HTML
	Reasons                                []reasonRow
	ReasonsLeft                            string

	severity       signet.Severity
	exposed, other uint64
	hosts          uint64
	last           netip.Addr
	seen           reasons
}

// groups lists the rules that are broken, worst first and of equals in the order of work.
func (t *total) groups(steps []report.Step) []*group {
	place := map[string]int{}
	for i := range steps {
		place[steps[i].Rule] = i - len(steps)
	}
	groups := slices.SortedFunc(maps.Values(t.byRule), func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(place[a.Rule], place[b.Rule]),
			cmp.Compare(b.exposed, a.exposed), cmp.Compare(b.other, a.other), strings.Compare(a.Rule, b.Rule))
	})
	for _, g := range groups {
		r := t.rules.Of(g.Rule)
		g.Severity, g.Requires, g.Advice = g.severity.String(), r.Rule.Requires, adviceHTML(r)
		g.Hosts, g.Exposed, g.Other = text.Grouped(g.hosts), text.Grouped(g.exposed), text.Grouped(g.other)
		g.Count = text.CountGrouped(g.exposed+g.other, "endpoint", "endpoints") + " on " + text.CountGrouped(g.hosts, "host", "hosts")
		g.Reasons, g.ReasonsLeft = g.seen.top()
	}
	return groups
}

// count adds a finding of an endpoint.
func (g *group) count(h *host, e *endpoint, f *finding, relay bool) {
	g.severity = max(g.severity, f.severity)
	if e.verdict == signet.Exposed && relay {
		g.exposed++
	} else {
		g.other++
	}
	if g.last != h.addr {
		g.last = h.addr
		g.hosts++
	}
	if len(f.because) > 0 {
		g.seen.count(strings.Join(f.because, "; "), h, e)
	}
}

// place counts a host under its roles and its subnet.
func (t *total) place(h *host, v signet.Verdict) {
	count := func(m map[string]*splitRow, name string) {
		if m[name] == nil {
			m[name] = &splitRow{Name: name}
		}
		m[name].verdicts[v]++
	}
	for _, r := range h.roles {
		count(t.roles, r)
	}
	if len(h.roles) == 0 {
		count(t.roles, roleNotKnown)
	}
	bits := 64
	if h.addr.Is4() {
		bits = 24
	}
	if net, err := h.addr.WithZone("").Prefix(bits); err == nil {
		count(t.nets, net.String())
	}
}

// roleNotKnown stands for the role of a host that shows none.
const roleNotKnown = "not known"

// splits shows exposure by role and by subnet.
func (t *total) splits() []split {
	var out []split
	if len(t.roles) > 1 || t.roles[roleNotKnown] == nil && len(t.roles) > 0 {
		out = append(out, splitOf(t.roles, "Hosts by role; a host may have several", "Role"))
	}
	if len(t.nets) > 0 {
		out = append(out, splitOf(t.nets, "Hosts by subnet", "Subnet"))
	}
	return out
}
