package estate

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/judge"
)

// lookup answers what became of rows that are not broken any more, or of which nothing was heard.
type lookup struct{ e *Estate }

// settle says in which state a remembered row is, and notes it in a, and since when it is closed. hidden: it is still broken, and a policy switches its rule off. Only
// an observation closes a row: one that is newer, that could tell, that asked all that was asked when the row was seen, and the
// page at which it stood.
func (l *lookup) settle(m *Memory, h *knownHost, n *known, a *about, closed *uint32) (s State, hidden bool) {
	rule, where := m.texts.word(a.rule), m.texts.word(a.where)
	if src := l.e.sourceOf(m.texts.word(a.site)); src != nil {
		at := judge.Place{Addr: addrOf(h.hi, h.lo), Names: []string{m.texts.word(h.name)}}
		r := src.Judge.Rate(rule, strings.Fields(m.texts.word(h.roles)), at, time.UnixMilli(n.at()))
		if !r.On {
			return Open, true
		}
		a.state = a.state&0xf0 | uint8(r.Severity)
	}
	if *closed != 0 {
		return Closed, false
	}
	i, f, ok := l.door(m, h, n, a)
	if !ok {
		return ToVerify, false
	}
	r, d := l.e.sources[f.source].Reading, l.e.doorOf(f)
	broken, stands := false, false
	l.e.breaches(f, func(at uint32, b *breach) {
		if x := r.flaw(b); r.word(x.rule) == rule && r.word(x.where) == where {
			broken = true
			stands = stands || slices.ContainsFunc(l.e.rows[l.e.rowsAt[i]:l.e.rowsAt[i+1]], func(x row) bool { return x.source == f.source && x.breach == at })
		}
	})
	switch {
	case broken && !stands:
		return Open, true // by the policy of another site
	case broken, // and a row by itself: its host has another address beside this one
		r.way(d).verdict() == signet.Undetermined,
		r.observed(d).UnixMilli() <= n.at(),
		len(check.LeftOut(strings.Fields(m.texts.word(a.unasked)), strings.Fields(r.unasked(d)))) > 0,
		!asked(r.word(r.note(d).pages), where):
		return ToVerify, false
	}
	*closed = uint32(r.observed(d).Unix())
	return Closed, false
}

// door finds the endpoint of a row: at its address, unless another host lives there now, else at the one host that shows what its
// host showed.
func (l *lookup) door(m *Memory, h *knownHost, n *known, a *about) (spot int, f foundDoor, ok bool) {
	e, shown := l.e, m.texts.word(h.shown)
	if i := e.at(addrOf(h.hi, h.lo)); i >= 0 && !another(e.shown(i), shown) {
		f, ok = l.doorAt(i, m, n, a)
		return i, f, ok
	}
	if shown == "" {
		return 0, f, false
	}
	i := e.spotOf(hostID(byShown, shown, netip.Addr{}))
	if i < 0 || e.marks[i].by != byShown {
		return 0, f, false
	}
	f, ok = l.doorAt(i, m, n, a)
	return i, f, ok
}

func (l *lookup) doorAt(i int, m *Memory, n *known, a *about) (found foundDoor, ok bool) {
	check := m.texts.word(a.check)
	l.e.doors(i, func(f foundDoor) {
		if at := l.e.endpointOf(f); at.Port == n.port && at.Transport == a.transport() && l.e.checkOf(f) == check {
			found, ok = f, true
		}
	})
	return found, ok
}

// asked tells whether the page at which a row stood was asked. Where an endpoint has no pages, or the row stands at none, that is so.
func asked(pages, where string) bool {
	if pages == "" || !strings.Contains(where, "/") {
		return true
	}
	for p := range strings.SplitSeq(pages, "\n") {
		if where == p || strings.HasSuffix(where, " "+p) {
			return true
		}
	}
	return false
}
