//go:build amd64 || arm64

package sweep

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// nextHop says how a packet gets to an address: on which raw link, to which link address, from which address of ours. A nil
// raw link says that it cannot; ready is false while the link address is still to be asked for.
func (s *Sweep) nextHop(addr netip.Addr, position uint64) (x *rawLink, to mac, src netip.Addr, ready bool) {
	r := s.routes.find(addr)
	switch {
	case r == nil || addr.Zone() != "":
		return nil, to, src, false
	case r.link == nil:
		s.tell(r, "connect: %s", r.why)
		return nil, to, src, false
	}
	x = s.rawLink(r)
	if x == nil {
		return nil, to, src, false
	}
	if r.via.IsValid() {
		to, ready = s.gatewayMAC(x, r)
		if !ready {
			return nil, to, src, false
		}
		s.tell(r, "raw SYN, through %s on %s", r.via, x.link.name)
		return x, to, r.src, true
	}
	n := s.near[addr]
	if n == nil {
		if len(s.near) >= mostNear {
			return nil, to, src, false
		}
		s.tell(r, "raw SYN, on the link of %s", x.link.name)
		n = &neighbour{position: position}
		s.near[addr] = n
	}
	return x, n.mac, r.src, n.known
}

// rawLink gives the raw link of a route, opened when it is first needed; nil: it cannot be.
func (s *Sweep) rawLink(r *route) *rawLink {
	for _, x := range s.rawLinks {
		if x.link == r.link {
			return x
		}
	}
	x, err := openRawLink(r.link, s.port)
	if err != nil {
		s.tell(r, "connect: no raw packets on %s: %v", r.link.name, err)
		r.link, r.why = nil, "raw packets are refused"
		return nil
	}
	s.rawLinks = append(s.rawLinks, x)
	s.poll = append(s.poll, unix.PollFd{Fd: int32(x.fd), Events: unix.POLLIN})
	return x
}

// gatewayMAC finds the link address of a route's gateway. It asks for it once.
func (s *Sweep) gatewayMAC(x *rawLink, r *route) (mac, bool) {
	g := gateway{x.link.index, r.via}
	if m, ok := s.gateways[g]; ok {
		return m, m != mac{}
	}
	s.gateways[g] = mac{}
	src := r.src
	if a := x.link.source(r.via, r.via); a.IsValid() {
		src = a
	}
	for range 3 {
		s.paced(r.via)
		x.sent(appendWhoHas(x.next(), x.link.mac, src, r.via))
		x.flush()
		for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until) && s.ctx.Err() == nil; {
			s.rest(10)
			s.receive()
			if m := s.gateways[g]; m != (mac{}) {
				return m, true
			}
		}
	}
	r.link, r.why = nil, fmt.Sprintf("its gateway %s does not say where it is", r.via)
	s.tell(r, "connect: %s", r.why)
	return mac{}, false
}

// tell tells once how the addresses of a route are found.
func (s *Sweep) tell(r *route, format string, args ...any) {
	if r.told {
		return
	}
	r.told = true
	if s.Tell != nil && s.lines < mostLines {
		s.lines++
		s.Tell(fmt.Sprintf("discovery of %s by ", r.prefix) + fmt.Sprintf(format, args...))
	}
}

// mostLines is how many routes are told of.
const mostLines = 16
