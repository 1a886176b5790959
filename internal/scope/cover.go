package scope

import (
	"net/netip"
	"slices"
	"sort"
)

// Covers tells whether whatever s would ask, all of it, may be asked as of says: at every address that of holds with no port typed
// all ports, at others those typed. Where it does not, outside is the first part of s that of leaves out.
func (of *Scope) Covers(s *Scope) (outside Block, ok bool) {
	for i := range s.segments {
		seg := &s.segments[i]
		ask := &s.asks[seg.ask]
		for at := seg.first; ; {
			n := sort.Search(len(of.segments), func(i int) bool { return !of.segments[i].last.less(at) })
			if n == len(of.segments) || at.less(of.segments[n].first) || !of.asks[of.segments[n].ask].permits(ask) {
				last := seg.last
				if n < len(of.segments) && at.less(of.segments[n].first) && of.segments[n].first.prev().less(last) {
					last = of.segments[n].first.prev()
				}
				return Block{Range{at.addr(), last.addr()}, ask}, false
			}
			if !of.segments[n].last.less(seg.last) {
				break
			}
			at = of.segments[n].last.add(1)
		}
	}
	return Block{}, true
}

// permits tells whether an address that may be asked like this may be asked like that.
func (a *Ask) permits(ask *Ask) bool {
	if a.Default {
		return true
	}
	if ask.Default {
		return false
	}
	for _, p := range ask.Ports {
		if _, in := slices.BinarySearch(a.Ports, p); !in {
			return false
		}
	}
	return true
}

// Holds tells whether a port of an address is in scope. A port of 0 asks about the whole address. A zone is dropped.
func (s *Scope) Holds(addr netip.Addr, port uint16) bool {
	it, in := s.Find(addr)
	if !in {
		return false
	}
	if it.Default || port == 0 {
		return true
	}
	_, in = slices.BinarySearch(it.Ports, port)
	return in
}
