//go:build amd64 || arm64

package sweep

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"time"

	"signet/internal/dial"
)

// hash is what the sequence number of a SYN to an address and port is mixed with: an answer that acknowledges another number
// answers no SYN of ours.
func (s *Sweep) hash(a netip.Addr, port uint16) uint32 {
	b := a.As16()
	h := s.key[0] ^ uint64(port)<<48
	for _, v := range [2]uint64{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])} {
		high, low := bits.Mul64(h^v, s.key[1])
		h = high ^ low ^ bits.RotateLeft64(h, 23)
	}
	high, low := bits.Mul64(h, s.key[1])
	return uint32(high ^ low>>32)
}

// receive reads every frame that has come.
func (s *Sweep) receive() {
	for _, x := range s.rawLinks {
		x.receive(func(f []byte) { s.frame(x, f) })
	}
}

// frame notes what a frame says: where a neighbour is, or that a port is open or closed.
func (s *Sweep) frame(x *rawLink, f []byte) {
	if who, at, ok := parseIsAt(f); ok {
		if n, asked := s.near[who]; asked && !n.known {
			n.mac, n.known = at, true
			if e := &s.ring[n.position&s.mask]; n.position >= s.tail && e.closed&settled == 0 {
				s.answerNear(x, n, who)
			}
		}
		for g, m := range s.gateways {
			if g.addr == who && g.link == x.link.index && m == (mac{}) {
				s.gateways[g] = at
			}
		}
		return
	}
	r, ok := parseTCP(f)
	if !ok || r.dport != s.port || r.flags&tcpACK == 0 {
		return
	}
	id := (r.ack - 1) ^ s.hash(r.src, r.sport)
	if id&(1<<(32-ringBits)-1) != 0 {
		return
	}
	position := s.tail + (uint64(id>>(32-ringBits))-s.tail)&s.mask
	if position >= s.heads[0] {
		return
	}
	e := &s.ring[position&s.mask]
	if e.closed&settled != 0 {
		return
	}
	t := s.Work.At(position)
	if t.Addr.WithZone("") != r.src {
		return
	}
	for i, port := range t.Ports {
		if port != r.sport {
			continue
		}
		if (e.open|e.closed)>>i&1 == 0 && r.flags&(tcpRST|tcpSYN) != 0 {
			s.heard(position, r.src, port)
		}
		switch {
		case r.flags&tcpRST != 0:
			e.closed |= 1 << i
		case r.flags&tcpSYN != 0:
			e.open |= 1 << i
		}
	}
	if len(s.heads) == 1 || s.heads[1] <= position {
		s.trip = max(s.trip, s.now-s.time(0, position), 1)
	}
	if e.open|e.closed == 1<<len(t.Ports)-1 {
		s.found(position, t, e, false)
	}
}

// heard tells the gate of an answer, which a refusal is too, and whether it took a second SYN.
func (s *Sweep) heard(position uint64, from netip.Addr, port uint16) {
	took, fate := s.now-s.time(0, position), dial.Answered
	if len(s.heads) > 1 && s.heads[1] > position && s.trip > 0 && took > 2*s.trip+passLag/2 {
		fate = dial.Late
	}
	s.Gate.Heard(from, dial.LikeSYN(port), time.Duration(took), fate)
}

// refused is when this machine last refused to send a packet; -1: never.
func (s *Sweep) refused() int64 {
	for _, x := range s.rawLinks {
		if x.refused == x.known {
			continue
		}
		x.known, x.at = x.refused, s.now
		if s.Tell != nil && s.lines < mostLines {
			s.lines++
			s.Tell(fmt.Sprintf("packets on %s are refused here (%v): what seemed silent is asked by connect", x.link.name, x.why))
		}
	}
	at := int64(-1)
	for _, x := range s.rawLinks {
		if x.known > 0 {
			at = max(at, x.at)
		}
	}
	return at
}

// unheard tells the gate of the first port of a position that did not answer.
func (s *Sweep) unheard(position uint64, e *entry, t *Target) {
	for i, port := range t.Ports {
		if (e.open|e.closed)>>i&1 == 0 && !s.Gate.Excluded(t.Addr, port) {
			s.Gate.Heard(t.Addr, dial.LikeSYN(port), time.Duration(s.now-s.time(0, position)), dial.Silence)
			return
		}
	}
}

// answerNear sends the SYNs to a host of this link that has said where it is.
func (s *Sweep) answerNear(x *rawLink, n *neighbour, who netip.Addr) {
	t := s.Work.At(n.position)
	rt := s.routes.find(who)
	if rt == nil || t.Addr != who {
		return
	}
	for _, port := range t.Ports {
		if s.Gate.Excluded(t.Addr, port) {
			continue
		}
		s.Gate.Charge(who)
		s.syn(x, n.mac, rt.src, n.position, who, port)
	}
}
