package compare

import (
	"iter"
	"net/netip"
)

// Short is a summary of an address: how many of its endpoints have something there, and the sum of their check.Digest. Where
// several sources may speak of one endpoint it does not say which stands, and the address has to be compared in full.
type Short struct {
	Addr    netip.Addr
	Reached uint64
	Digest  uint64
	Several bool
}

// Unlike compares two runs in short, both ordered by address, and gives the addresses that Runs has to look at, of either run;
// the others say the same in both, and are counted. What Runs makes of these alone is what it would make of everything.
func (s *Summary) Unlike(before, after iter.Seq[Short]) (old, now []netip.Addr) {
	nextOld, stopOld := iter.Pull(before)
	defer stopOld()
	nextNew, stopNew := iter.Pull(after)
	defer stopNew()
	a, moreOld := nextOld()
	b, moreNew := nextNew()
	for moreOld || moreNew {
		order := 0
		switch {
		case !moreOld:
			order = 1
		case !moreNew:
			order = -1
		default:
			order = a.Addr.Compare(b.Addr)
		}
		if order == 0 && a == b && !a.Several {
			s.same(a.Reached)
		} else {
			if order <= 0 {
				old = append(old, a.Addr)
			}
			if order >= 0 {
				now = append(now, b.Addr)
			}
		}
		if order <= 0 {
			a, moreOld = nextOld()
		}
		if order >= 0 {
			b, moreNew = nextNew()
		}
	}
	return old, now
}

// same counts a host that says the same in both runs.
func (s *Summary) same(reached uint64) {
	s.Changes[Same] += reached
	s.OldOpen += reached
	s.NewOpen += reached
	if reached > 0 {
		s.OldHosts++
		s.NewHosts++
	}
}

// Add adds what another part of the comparison came to.
func (s *Summary) Add(t *Summary) {
	for k := range s.Changes {
		s.Changes[k] += t.Changes[k]
	}
	s.OldHosts += t.OldHosts
	s.NewHosts += t.NewHosts
	s.Moved += t.Moved
	s.Alike += t.Alike
	s.Replaced += t.Replaced
	s.OldOpen += t.OldOpen
	s.NewOpen += t.NewOpen
}
