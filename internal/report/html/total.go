package html

import (
	"cmp"
	"fmt"
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

type reasonSum struct {
	n      uint64
	sample []string
}

// split is exposure by one way of sorting hosts.
type split struct {
	Caption, Head, Left string
	Rows                []splitRow
}

type splitRow struct {
	Name                                   string
	Exposed, Undetermined, Guarded, Unseen string
	Bars                                   []segment

	verdicts report.Counts
}

// show writes the numbers of a row.
func (r *splitRow) show(v report.Counts) {
	r.Exposed, r.Undetermined, r.Guarded, r.Unseen = text.Grouped(v[signet.Exposed]), text.Grouped(v[signet.Undetermined]), text.Grouped(v[signet.Guarded]), text.Grouped(v[signet.Unseen])
}

// groups lists the rules that are broken, worst first.
func (t *total) groups() []*group {
	groups := slices.SortedFunc(maps.Values(t.byRule), func(a, b *group) int {
		return cmp.Or(int(b.severity)-int(a.severity), cmp.Compare(b.exposed, a.exposed), cmp.Compare(b.other, a.other), strings.Compare(a.Rule, b.Rule))
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

// reasons counts texts. Of a run in which every endpoint has a reason of its own it keeps the first.
type reasons struct {
	by     map[string]*reasonSum
	others uint64 // endpoints with a reason that is not kept
}

const mostDistinct = 2000

func (r *reasons) count(text string, h *host, e *endpoint) {
	s := r.by[text]
	if s == nil {
		if len(r.by) == mostDistinct {
			r.others++
			return
		}
		if r.by == nil {
			r.by = map[string]*reasonSum{}
		}
		s = &reasonSum{}
		r.by[text] = s
	}
	s.n++
	if len(s.sample) < 3 {
		s.sample = append(s.sample, netip.AddrPortFrom(h.addr, e.port).String())
	}
}

// top lists the most common ones, and says what is left.
func (r *reasons) top() (rows []reasonRow, left string) {
	texts := slices.SortedFunc(maps.Keys(r.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.by[b].n, r.by[a].n), strings.Compare(a, b))
	})
	rest := r.others
	for i, t := range texts {
		s := r.by[t]
		if i >= mostReasons {
			rest += s.n
			continue
		}
		sample := strings.Join(s.sample, ", ")
		if s.n > uint64(len(s.sample)) {
			sample += ", …"
		}
		rows = append(rows, reasonRow{text.Cut(t, 400), text.Grouped(s.n), sample})
	}
	if rest > 0 {
		left = fmt.Sprintf("… and %s with other reasons: -o csv has them all.", text.CountGrouped(rest, "endpoint", "endpoints"))
	}
	return rows, left
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

func splitOf(m map[string]*splitRow, caption, head string) split {
	rows := slices.SortedFunc(maps.Values(m), func(a, b *splitRow) int {
		return cmp.Or(cmp.Compare(b.verdicts[signet.Exposed], a.verdicts[signet.Exposed]), cmp.Compare(b.verdicts[signet.Undetermined], a.verdicts[signet.Undetermined]), strings.Compare(a.Name, b.Name))
	})
	s := split{Caption: caption, Head: head}
	for _, r := range rows[:min(len(rows), mostSplit)] {
		r.show(r.verdicts)
		r.Bars = bars(r.verdicts, 100)
		s.Rows = append(s.Rows, *r)
	}
	if n := len(rows) - mostSplit; n > 0 {
		s.Left = "… and " + text.Grouped(uint64(n)) + " more with less exposure."
	}
	return s
}

// bars divides a width among verdicts.
func bars(v report.Counts, width float64) []segment {
	total := v.Total()
	if total == 0 {
		return nil
	}
	var out []segment
	x := 0.0
	for _, verdict := range signet.Verdicts() {
		w := width * float64(v[verdict]) / float64(total)
		if w > 0 {
			out = append(out, segment{verdict.String(), fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", w)})
		}
		x += w
	}
	return out
}
