package estate

import (
	"cmp"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/reconcile"
)

// found is a host of a reading.
type found struct {
	source uint16
	at     uint32
}

// mixed is an address of which several readings say something.
type mixed struct {
	hosts []found // the newest first: it says who lives there
	doors []foundDoor
}

// foundDoor is an endpoint that stands.
type foundDoor struct {
	found
	door uint32
}

// gather goes through all addresses of all readings.
func (e *Estate) gather() {
	type one struct {
		hi, lo uint64
		found
	}
	n := 0
	for i := range e.sources {
		n += len(e.sources[i].Reading.hosts)
	}
	all := make([]one, 0, n)
	for s := range e.sources {
		hosts := e.sources[s].Reading.hosts
		for i := range hosts {
			all = append(all, one{hosts[i].hi, hosts[i].lo, found{uint16(s), uint32(i)}})
		}
	}
	if len(e.sources) > 1 {
		slices.SortFunc(all, func(a, b one) int {
			return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo), cmp.Compare(a.source, b.source))
		})
	}
	e.spots = make([]spot, 0, n)
	var here []found
	for i := range all {
		here = append(here, all[i].found)
		if i+1 == len(all) || all[i+1].hi != all[i].hi || all[i+1].lo != all[i].lo {
			e.settle(addrOf(all[i].hi, all[i].lo), here)
			here = here[:0]
		}
	}
	e.spots = slices.Clip(e.spots)
}

// settle says what stands at an address of which these readings say something; those of no site come first, the newest of them
// before the others.
func (e *Estate) settle(addr netip.Addr, here []found) {
	if e.sources[here[0].source].Site == "" {
		gone := false
		for s := range here[0].source {
			gone = gone || e.sources[s].Asked != nil && e.sources[s].Asked(addr) // newer, and nothing was there
		}
		bare := 0
		for bare < len(here) && e.sources[here[bare].source].Site == "" {
			bare++
		}
		if !gone {
			here[bare-1] = here[0]
			bare--
		}
		here = here[bare:]
	}
	switch len(here) {
	case 0:
	case 1:
		e.spots = append(e.spots, e.alone(here[0]))
	default:
		e.spots = append(e.spots, spot{at: uint32(len(e.mixed)), flags: spotMixed})
		e.mixed = append(e.mixed, e.mix(slices.Clone(here)))
		e.clientAlone(len(e.spots) - 1)
	}
}

func (e *Estate) alone(f found) spot {
	s := spot{at: f.at, source: f.source}
	if e.hostOf(f).flags&flagClient != 0 {
		s.flags = spotClient
	}
	return s
}

// clientAlone marks a spot at which nothing but a client is known.
func (e *Estate) clientAlone(i int) {
	m := &e.mixed[e.spots[i].at]
	if len(m.doors) == 0 && !slices.ContainsFunc(m.hosts, func(f found) bool { return e.hostOf(f).flags&flagClient == 0 }) {
		e.spots[i].flags |= spotClient
	}
}

// mix lets several readings of an address meet. One that shows another host than the newest is left out: that host moved, or is off.
func (e *Estate) mix(list []found) (m mixed) {
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(e.newest(b), e.newest(a)) })
	shown := ""
	for _, f := range list {
		r, h := e.sources[f.source].Reading, e.hostOf(f)
		if another(shown, r.shown(h)) {
			continue
		}
		if shown == "" {
			shown = r.shown(h)
		}
		m.hosts = append(m.hosts, f)
		for d := range h.nDoors {
			e.meet(&m, foundDoor{f, h.doors + d})
		}
	}
	e.arrange(&m)
	return m
}

// arrange orders endpoints.
func (e *Estate) arrange(m *mixed) {
	slices.SortStableFunc(m.doors, func(a, b foundDoor) int {
		x, y := e.endpointOf(a), e.endpointOf(b)
		return cmp.Or(cmp.Compare(x.Port, y.Port), cmp.Compare(x.Transport, y.Transport))
	})
}

// newest is when a host was last seen, in microseconds since 1970.
func (e *Estate) newest(f found) int64 {
	r, h := e.sources[f.source].Reading, e.hostOf(f)
	at := r.Head.Started
	for _, d := range r.doorsOf(h) {
		if t := r.observed(&d); t.After(at) {
			at = t
		}
	}
	return at.UnixMicro()
}

// meet adds an endpoint, or lets it meet what another reading says of it.
func (e *Estate) meet(m *mixed, f foundDoor) {
	for i := range m.doors {
		if e.sameDoor(m.doors[i], f) {
			if at, _ := reconcile.Stands([]reconcile.Said{e.said(m.doors[i]), e.said(f)}); at == 1 {
				m.doors[i] = f
			}
			return
		}
	}
	m.doors = append(m.doors, f)
}

// said is an endpoint as far as the rule asks for it. Facts are not at hand: of two that were overheard, what they contradict each
// other in is not seen.
func (e *Estate) said(f foundDoor) reconcile.Said {
	r, d := e.sources[f.source].Reading, e.doorOf(f)
	return reconcile.Said{Verdict: r.way(d).verdict(), Observation: &signet.Observation{
		Endpoint: e.endpointOf(f), Check: r.word(r.kind(d).check), At: r.observed(d), Outcome: r.way(d).outcome(), Open: true, Source: r.word(r.note(d).source),
	}}
}

func (e *Estate) sameDoor(a, b foundDoor) bool {
	return e.endpointOf(a) == e.endpointOf(b) && e.checkOf(a) == e.checkOf(b)
}

// verify lets a verification stand for the endpoint that it asked.
func (e *Estate) verify(v *Source) {
	begun := v.Reading.Head.Started
	hi, lo := halves(v.Verified.At.Addr)
	at := v.Reading.find(hi, lo)
	i := e.at(v.Verified.At.Addr)
	if i < 0 && at < 0 {
		return
	}
	m := mixed{}
	if i >= 0 {
		m = e.mixedAt(i)
		if slices.ContainsFunc(m.hosts, func(f found) bool { return e.sources[f.source].Reading.Head.Started.After(begun) }) {
			return // the address was asked again since
		}
	}
	e.sources = append(e.sources, *v)
	me := found{uint16(len(e.sources) - 1), uint32(max(at, 0))}
	m.doors = slices.DeleteFunc(m.doors, func(f foundDoor) bool {
		x := e.endpointOf(f)
		return x.Port == v.Verified.At.Port && x.Transport == v.Verified.At.Transport && e.checkOf(f) == v.Verified.Check
	})
	if at >= 0 {
		h := e.hostOf(me)
		for d := range h.nDoors {
			f := foundDoor{me, h.doors + d}
			if x := e.endpointOf(f); x.Port == v.Verified.At.Port && x.Transport == v.Verified.At.Transport && e.checkOf(f) == v.Verified.Check {
				m.doors = append(m.doors, f)
			}
		}
		if m.hosts == nil {
			m.hosts = []found{me}
		}
	}
	e.arrange(&m)
	e.mixed = append(e.mixed, m)
	s := spot{at: uint32(len(e.mixed) - 1), flags: spotMixed}
	if i >= 0 {
		e.spots[i] = s
		return
	}
	n, _ := slices.BinarySearchFunc(e.spots, v.Verified.At.Addr, func(s spot, addr netip.Addr) int { return e.addrOf(&s).Compare(addr) })
	e.spots = slices.Insert(e.spots, n, s)
}

// mixedAt is a spot as one that is mixed.
func (e *Estate) mixedAt(i int) (m mixed) {
	s := &e.spots[i]
	if s.flags&spotMixed != 0 {
		m = e.mixed[s.at]
		return mixed{slices.Clone(m.hosts), slices.Clone(m.doors)}
	}
	f := found{s.source, s.at}
	m.hosts = []found{f}
	h := e.hostOf(f)
	for d := range h.nDoors {
		m.doors = append(m.doors, foundDoor{f, h.doors + d})
	}
	return m
}
