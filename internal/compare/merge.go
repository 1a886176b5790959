package compare

import (
	"cmp"
	"fmt"
	"slices"

	"signet"
	"signet/internal/check"
)

// merge is one comparison under way.
type merge struct {
	*Comparer
	yield    func(*Change) error
	identify map[string]func(signet.Facts) (check.Identity, error)
	sum      Summary

	oldOnly, newOnly []*group // hosts at one address in one run only, or replaced there
	scratch          []byte
	failed           error // of a pair that matched
}

// gone and come keep a host for the end, if anything was there.
func (m *merge) gone(g *group) {
	if g.reached() {
		m.oldOnly = append(m.oldOnly, g)
	}
}

func (m *merge) come(g *group) {
	if g.reached() {
		m.newOnly = append(m.newOnly, g)
	}
}

// meet compares what is at one address in both runs.
func (m *merge) meet(a, b *group) error {
	if m.unchanged(a, b) {
		return nil
	}
	switch { // where nothing is in one run, the host may be elsewhere in that one
	case !a.reached():
		b.other = a
		m.come(b)
		return nil
	case !b.reached():
		a.other = b
		m.gone(a)
		return nil
	}
	if m.id(a).same(m.id(b)) == signet.No {
		m.sum.Replaced++
		a.replaced = true
		m.gone(a)
		m.come(b)
		return nil
	}
	return m.pair(a, b)
}

// unchanged tells whether two groups say the same apart from what clocks told, and counts them if so. That is the case of
// most hosts of most runs: they are compared without being judged.
func (m *merge) unchanged(a, b *group) bool {
	x, y := m.short(a), m.short(b)
	if x != y {
		return false
	}
	m.sum.same(x.Reached)
	return true
}

func (m *merge) short(g *group) Short {
	s := Short{Addr: g.addr}
	for _, o := range g.list {
		if o.Reached() {
			s.Reached++
			s.Digest += m.digest(o)
		}
	}
	return s
}

func (m *merge) digest(o *signet.Observation) (sum uint64) {
	sum, m.scratch = check.Digest(o, check.FactsJSON(o), m.scratch)
	return sum
}

// id identifies a group once.
func (m *merge) id(g *group) *identity {
	if g.id != nil {
		return g.id
	}
	g.id = &identity{}
	for _, o := range g.list {
		g.id.by(o.Target)
	}
	for _, o := range g.list {
		identify := m.identify[o.Check]
		if identify == nil || o.Facts == nil {
			continue
		}
		if said, err := identify(o.Facts); err == nil { // unreadable facts are the judge's to report
			g.id.add(said)
		}
		if len(g.id.names) > 0 && g.id.guid != "" {
			break // the rest would only say it again
		}
	}
	return g.id
}

// pair compares two groups of one host.
func (m *merge) pair(a, b *group) error {
	host := m.id(b).label()
	if host == "" {
		host = m.id(a).label()
	}
	after := map[key]*signet.Observation{}
	for _, o := range b.list {
		after[keyOf(o)] = o
	}
	known := map[key]bool{}
	counted := [2]bool{}
	b.more = m.moreOf(a, b)
	for _, o := range a.list {
		if !o.Reached() {
			continue
		}
		n := after[keyOf(o)]
		known[keyOf(o)], counted[0] = true, true
		counted[1] = counted[1] || n != nil && n.Reached()
		if err := m.endpoint(o, n, a, b, host); err != nil {
			return err
		}
	}
	for _, n := range b.list {
		if !n.Reached() || known[keyOf(n)] {
			continue
		}
		counted[1] = true
		if err := m.appeared(n, a, b, host); err != nil {
			return err
		}
	}
	if counted[0] {
		m.sum.OldHosts++
	}
	if counted[1] {
		m.sum.NewHosts++
	}
	return nil
}

// judged judges an observation, as part of its host where that makes a difference.
func (m *merge) judged(o *signet.Observation, g *group) *seen {
	if m.OnHost == nil {
		return &seen{o, m.Judge(o)}
	}
	if g.judge == nil {
		g.judge = m.OnHost(g.list)
	}
	return &seen{o, g.judge(o)}
}

// endpoint compares one that was there with what is known of it now: n may be nil, a and b are the host's groups.
func (m *merge) endpoint(o, n *signet.Observation, a, b *group, host string) error {
	m.sum.OldOpen++
	if n != nil && o.Addr == n.Addr && m.OnHost == nil && m.digest(o) == m.digest(n) { // else the rest of the host rates it anew
		m.sum.NewOpen++
		m.sum.Changes[Same]++
		return nil
	}
	before := m.judged(o, a)
	var c Change
	if n != nil && n.Reached() {
		after := m.judged(n, b)
		m.sum.NewOpen++
		c = both(before, after, check.ShapeOf(m.Checks, n.Check), b.more)
	} else {
		c = m.lost(before, n, a, b)
	}
	c.Host = host
	return m.tell(&c)
}

// lost is an endpoint that was there and is not now.
func (m *merge) lost(before *seen, n *signet.Observation, a, b *group) Change {
	c := Change{Old: before.Endpoint, Check: before.Check, OldVerdict: before.judgement.Verdict, Lost: before.judgement.Findings}
	asked := signet.NotKnown
	at := *before.Observation
	at.Addr = b.addr // where the host is now
	if n != nil && n.Outcome != signet.Skipped {
		asked = signet.Yes
	} else if n == nil && m.Asked != nil {
		asked = m.Asked(&at)
	}
	switch {
	case asked != signet.Yes:
		c.Kind = NotAsked
		c.Because = []string{"the new run did not ask it"}
		if asked == signet.NotKnown {
			c.Because = []string{"Signet does not know whether the new run asked it"}
		}
	case a.replaced:
		c.Kind, c.Because = Vanished, []string{"another host is at its address now"}
	case n != nil:
		c.Kind, c.Because = Vanished, []string{"asked again: " + n.Outcome.String()}
	default:
		c.Kind, c.Because = Vanished, []string{"asked again, and nothing was there"}
	}
	if a.alike.IsValid() {
		c.Because = append(c.Because, fmt.Sprintf("may be the same host as is at %s now, by what that says of itself, which anybody can say", a.alike))
	}
	return c
}

// appeared is an endpoint that is there and was not, or was not asked.
func (m *merge) appeared(n *signet.Observation, a, b *group, host string) error {
	after := m.judged(n, b)
	m.sum.NewOpen++
	c := &Change{Kind: Appeared, New: n.Endpoint, Host: host, Check: n.Check, NewVerdict: after.judgement.Verdict, Accepted: after.judgement.Accepted,
		Gained: after.judgement.Findings, Because: after.judgement.Because}
	if !m.askedBefore(n, a) {
		c.Kind, c.Because = NewlyAsked, append([]string{"the old run did not ask it"}, c.Because...)
	}
	if b.alike.IsValid() {
		c.Because = append([]string{fmt.Sprintf("may be the same host as was at %s, by what it says of itself, which anybody can say", b.alike)}, c.Because...)
	}
	return m.tell(c)
}

// askedBefore tells whether the old run asked an endpoint of a new observation, or may have. What is there now is news of
// the estate unless the old run is known not to have asked. a is the host in the old run.
func (m *merge) askedBefore(n *signet.Observation, a *group) bool {
	for _, o := range a.list {
		if keyOf(o) == keyOf(n) {
			return o.Outcome != signet.Skipped
		}
	}
	if m.AskedBefore == nil {
		return true
	}
	at := *n
	at.Addr = a.addr // where the host was then
	switch m.AskedBefore(&at) {
	case signet.Yes:
		return true
	case signet.No:
		return false
	}
	return !m.heldBack(n, a)
}

// heldBack tells whether the old run left out a port that is asked by itself only where another one did not answer, since
// that one did and hid nothing.
func (m *merge) heldBack(n *signet.Observation, a *group) bool {
	for _, c := range m.Checks {
		for _, p := range c.Ports {
			if c.Name != n.Check || p.Number != n.Port || !p.WhenAlive {
				continue
			}
			for _, o := range a.list {
				if o.Check == n.Check && o.Port == p.Unless && o.Outcome == signet.Answered {
					return m.judged(o, a).judgement.Verdict == signet.Exposed
				}
			}
		}
	}
	return false
}

// moreOf tells whether the new run is known to have asked more of a host.
func (m *merge) moreOf(a, b *group) bool {
	for _, n := range b.list {
		if !n.Reached() {
			continue
		}
		i := slices.IndexFunc(a.list, func(o *signet.Observation) bool { return keyOf(o) == keyOf(n) })
		if i < 0 && !m.askedBefore(n, a) || i >= 0 && askedMore(a.list[i], n) {
			return true
		}
	}
	return false
}

// tell counts a change and yields it.
func (m *merge) tell(c *Change) error {
	m.sum.Changes[c.Kind]++
	if c.Kind == Same {
		return nil
	}
	if c.Moved() {
		c.Because = append([]string{fmt.Sprintf("the host moved from %s to %s", c.Old.Addr, c.New.Addr)}, c.Because...)
	}
	return m.yield(c)
}

// rest compares with nothing the hosts that are at one address in one run only, but for those that were asked by one name in
// both: the resolver gave it another address. What a host says of itself is no proof that it is the same, for anybody can say
// it too: it is told beside both.
func (m *merge) rest() error {
	m.matched(func(id *identity) []string { return id.asked }, func(a, b int) error {
		old, now := m.oldOnly[a], m.newOnly[b]
		if m.id(old).same(m.id(now)) == signet.No {
			return nil
		}
		m.oldOnly[a], m.newOnly[b] = nil, nil
		m.sum.Moved++
		return m.pair(old, now)
	})
	if m.failed != nil {
		return m.failed
	}
	m.matched((*identity).keys, func(a, b int) error {
		old, now := m.oldOnly[a], m.newOnly[b]
		if old.alike.IsValid() || now.alike.IsValid() || m.id(old).same(m.id(now)) == signet.No {
			return nil
		}
		old.alike, now.alike = now.addr, old.addr
		m.sum.Alike++
		return nil
	})
	for _, a := range m.oldOnly {
		if a == nil {
			continue
		}
		if err := m.pair(a, cmp.Or(a.other, &group{addr: a.addr})); err != nil {
			return err
		}
	}
	for _, b := range m.newOnly {
		if b == nil {
			continue
		}
		if err := m.pair(cmp.Or(b.other, &group{addr: b.addr}), b); err != nil {
			return err
		}
	}
	return nil
}

// matched goes through the pairs of an old and a new host that have a key in common, one that just one host of either run
// has: what several show tells none from another.
func (m *merge) matched(keys func(*identity) []string, found func(a, b int) error) {
	if len(m.oldOnly) == 0 || len(m.newOnly) == 0 {
		return
	}
	byKey := map[string][2][]int{}
	index := func(side int, list []*group) {
		for i, g := range list {
			if g == nil {
				continue
			}
			for _, k := range keys(m.id(g)) {
				e := byKey[k]
				e[side] = append(e[side], i)
				byKey[k] = e
			}
		}
	}
	index(0, m.oldOnly)
	index(1, m.newOnly)
	for i, a := range m.oldOnly {
		if a == nil {
			continue
		}
		for _, k := range keys(m.id(a)) {
			e := byKey[k]
			if len(e[0]) == 1 && len(e[1]) == 1 && m.oldOnly[i] != nil && m.newOnly[e[1][0]] != nil {
				if m.failed = found(i, e[1][0]); m.failed != nil {
					return
				}
			}
		}
	}
}
