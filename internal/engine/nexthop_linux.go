//go:build amd64 || arm64

package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// nextHop says how a packet gets to an item: on which raw link, to which link address, from which address of ours. A nil
// raw link says that it cannot; ready is false while the link address is still to be asked for.
func (w *sweep) nextHop(item *Item, position uint64, pass int) (x *rawLink, to mac, src netip.Addr, ready bool) {
	r := w.routes.find(item.Addr)
	switch {
	case r == nil || item.Addr.Zone() != "":
		return nil, to, src, false
	case r.link == nil:
		w.tell(r, "connect: %s", r.why)
		return nil, to, src, false
	}
	x = w.rawLink(r)
	if x == nil {
		return nil, to, src, false
	}
	if r.via.IsValid() {
		to, ready = w.gatewayMAC(x, r)
		if !ready {
			return nil, to, src, false
		}
		w.tell(r, "raw SYN, through %s on %s", r.via, x.link.name)
		return x, to, r.src, true
	}
	n := w.near[item.Addr]
	if n == nil {
		if len(w.near) >= mostNear {
			return nil, to, src, false
		}
		w.tell(r, "raw SYN, on the link of %s", x.link.name)
		n = &neighbour{position: position}
		w.near[item.Addr] = n
	}
	return x, n.mac, r.src, n.known
}

// rawLink opens a link when it is first needed.
func (w *sweep) rawLink(r *route) *rawLink {
	for _, x := range w.rawLinks {
		if x.link == r.link {
			return x
		}
	}
	x, err := openRawLink(r.link, w.port)
	if err != nil {
		w.tell(r, "connect: no raw packets on %s: %v", r.link.name, err)
		r.link, r.why = nil, "raw packets are refused"
		return nil
	}
	w.rawLinks = append(w.rawLinks, x)
	w.poll = append(w.poll, unix.PollFd{Fd: int32(x.fd), Events: unix.POLLIN})
	return x
}

// gatewayMAC finds the link address of a route's gateway, once.
func (w *sweep) gatewayMAC(x *rawLink, r *route) (mac, bool) {
	g := gateway{x.link.index, r.via}
	if m, ok := w.gateways[g]; ok {
		return m, m != mac{}
	}
	w.gateways[g] = mac{}
	src := r.src
	if s := x.link.source(r.via, r.via); s.IsValid() {
		src = s
	}
	for range 3 {
		w.paced(r.via)
		x.sent(appendWhoHas(x.next(), x.link.mac, src, r.via))
		x.flush()
		for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until) && w.ctx.Err() == nil; {
			w.rest(10)
			w.receive()
			if m := w.gateways[g]; m != (mac{}) {
				return m, true
			}
		}
	}
	r.link, r.why = nil, fmt.Sprintf("its gateway %s does not say where it is", r.via)
	w.tell(r, "connect: %s", r.why)
	return mac{}, false
}

// tell says once how a route is swept.
func (w *sweep) tell(r *route, format string, args ...any) {
	if r.told {
		return
	}
	r.told = true
	if w.Tell != nil && w.lines < mostLines {
		w.lines++
		w.Tell(fmt.Sprintf("discovery of %s by ", r.prefix) + fmt.Sprintf(format, args...))
	}
}

// mostLines is how many routes are told of.
const mostLines = 16

// holdPort binds a port, outside those the kernel gives to connections if there is one, so that nobody else gets it.
// Both families hold it where there are two.
func holdPort() (fd int, port uint16, err error) {
	family := unix.AF_INET6
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		family = unix.AF_INET
		if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return -1, 0, err
		}
	}
	bind := func(p int) error {
		if family == unix.AF_INET6 {
			return unix.Bind(fd, &unix.SockaddrInet6{Port: p})
		}
		return unix.Bind(fd, &unix.SockaddrInet4{Port: p})
	}
	low, high := 32768, 60999
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(strings.TrimSpace(string(b)), &low, &high)
	}
	var r [2]byte
	unix.Getrandom(r[:], 0)
	span, from := 65535-high, high+1
	if span < 16 {
		span, from = low-1024, 1024
	}
	for i := 0; i < min(span, 64); i++ {
		p := from + (int(binary.NativeEndian.Uint16(r[:]))+i)%span
		if bind(p) == nil {
			return fd, uint16(p), nil
		}
	}
	if err := bind(0); err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	switch s := sa.(type) {
	case *unix.SockaddrInet6:
		return fd, uint16(s.Port), nil
	case *unix.SockaddrInet4:
		return fd, uint16(s.Port), nil
	}
	unix.Close(fd)
	return -1, 0, fmt.Errorf("a socket of another family")
}
