//go:build amd64 || arm64

package sweep

import (
	"net/netip"
	"time"
)

// aim is where the SYNs of a position go.
type aim struct {
	Target
	position uint64
	x        *rawLink
	to       mac
	src      netip.Addr
}

// A burst is of as many positions as the pace allows packets in burstTime, within bounds.
const (
	burstTime  = 10 * time.Millisecond
	leastBurst = 64
	mostBurst  = 1024
)

// burst sends the SYNs of a pass to the ports of positions in a row that have not answered: to one port of each, then to
// the next port of each. All ports of a host at once would be rude to it, and would use up the pace of its subnet while the
// others wait.
func (s *Sweep) burst(pass int, from, to uint64) {
	s.aims = s.aims[:0]
	for position := from; position < to; position++ {
		s.mark(pass, position)
		s.aim(position)
	}
	for i, more := 0, len(s.aims) > 0; more; i++ {
		more = false
		for j := range s.aims {
			t := &s.aims[j]
			if i >= len(t.Ports) {
				continue
			}
			more = true
			e := &s.ring[t.position&s.mask]
			if e.closed&settled != 0 || (e.open|e.closed)>>i&1 != 0 || s.Gate.Excluded(t.Addr, t.Ports[i]) {
				continue
			}
			if s.Gate.Slowed(t.Addr) { // connecting to it holds nobody else up
				s.found(t.position, t.Target, e, true)
				continue
			}
			s.paced(t.Addr)
			s.syn(t.x, t.to, t.src, t.position, t.Addr, t.Ports[i])
		}
	}
	s.tick()
	for position := from; position < to; position++ {
		s.mark(pass, position)
	}
}

// aim prepares the SYNs of a position. If it cannot be swept Work is told; if it is a neighbour whose link address is not
// known it is asked for that, and answerNear sends the SYNs.
func (s *Sweep) aim(position uint64) {
	e := &s.ring[position&s.mask]
	if e.closed&settled != 0 {
		return
	}
	t := aim{Target: s.Work.At(position), position: position}
	if len(t.Ports) == 0 {
		s.found(position, t.Target, e, true)
		return
	}
	var ready bool
	t.x, t.to, t.src, ready = s.nextHop(t.Addr, position)
	switch {
	case t.x == nil:
		s.found(position, t.Target, e, true)
	case ready:
		s.aims = append(s.aims, t)
	case !s.excludedWhole(&t.Target):
		s.paced(t.Addr)
		t.x.sent(appendWhoHas(t.x.next(), t.x.link.mac, t.src, t.Addr))
		s.Packets.Add(1)
	}
}

// excludedWhole tells whether no port of a target may be asked.
func (s *Sweep) excludedWhole(t *Target) bool {
	for _, port := range t.Ports {
		if !s.Gate.Excluded(t.Addr, port) {
			return false
		}
	}
	return true
}

// syn sends a SYN whose sequence number says which position it belongs to.
func (s *Sweep) syn(x *rawLink, to mac, src netip.Addr, position uint64, addr netip.Addr, port uint16) {
	seq := s.hash(addr, port) ^ uint32(position&s.mask)<<(32-ringBits)
	x.sent(appendSYN(x.next(), to, x.link.mac, src, addr.WithZone(""), s.port, port, seq))
	s.Packets.Add(1)
}
