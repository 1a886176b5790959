package compare

import (
	"fmt"

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
}

func (m *merge) gone(g *group) { m.oldOnly = append(m.oldOnly, g) }
func (m *merge) come(g *group) { m.newOnly = append(m.newOnly, g) }

// meet compares what is at one address in both runs.
func (m *merge) meet(a, b *group) error {
	if m.unchanged(a, b) {
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

// unchanged tells whether two groups say the same but for what clocks say: most hosts of most runs, and the reason why
// comparing takes less than judging. It counts what it finds to be the same.
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
		if err := m.appeared(n, b, host); err != nil {
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
		c = both(before, after)
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
			c.Because = []string{"whether the new run asked it is not known"}
		}
	case a.replaced:
		c.Kind, c.Because = Vanished, []string{"another host is at its address now, and this one was found nowhere"}
	case n != nil:
		c.Kind, c.Because = Vanished, []string{"asked again: " + n.Outcome.String()}
	default:
		c.Kind, c.Because = Vanished, []string{"asked again, and nothing was there"}
	}
	return c
}

func (m *merge) appeared(n *signet.Observation, b *group, host string) error {
	after := m.judged(n, b)
	m.sum.NewOpen++
	return m.tell(&Change{Kind: Appeared, New: n.Endpoint, Host: host, Check: n.Check, NewVerdict: after.judgement.Verdict,
		Gained: after.judgement.Findings, Because: after.judgement.Because})
}

// tell counts a change and hands it on.
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

// rest matches the hosts that are at one address in one run only, each by the surest key that just one host of either run
// has, and compares what is left with nothing.
func (m *merge) rest() error {
	if len(m.oldOnly) > 0 && len(m.newOnly) > 0 {
		byKey := map[string][2][]int{}
		index := func(side int, list []*group) {
			for i, g := range list {
				for _, k := range m.id(g).keys() {
					e := byKey[k]
					e[side] = append(e[side], i)
					byKey[k] = e
				}
			}
		}
		index(0, m.oldOnly)
		index(1, m.newOnly)
		for i, a := range m.oldOnly {
			for _, k := range m.id(a).keys() {
				e := byKey[k]
				if len(e[0]) != 1 || len(e[1]) != 1 || e[0][0] != i {
					continue // several hosts show it: it tells none from another
				}
				b := m.newOnly[e[1][0]]
				if b == nil || m.id(a).same(m.id(b)) == signet.No {
					continue
				}
				m.oldOnly[i], m.newOnly[e[1][0]] = nil, nil
				m.sum.Moved++
				if err := m.pair(a, b); err != nil {
					return err
				}
				break
			}
		}
	}
	for _, a := range m.oldOnly {
		if a == nil {
			continue
		}
		if err := m.pair(a, &group{addr: a.addr}); err != nil {
			return err
		}
	}
	for _, b := range m.newOnly {
		if b == nil {
			continue
		}
		if err := m.pair(&group{addr: b.addr}, b); err != nil {
			return err
		}
	}
	return nil
}
