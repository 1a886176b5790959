package front

import (
	"net"
	"net/netip"
	"sync"
)

// bounded is a listener with a bound on how many connections are open, in all and of one address. One too many is closed at once: it is
// better that it sees that than that it waits, while those that hold the rest wait too.
type bounded struct {
	net.Listener
	all, each int
	free      func(netip.Addr) bool // whose number is not bounded by itself

	mu   sync.Mutex
	open int
	of   map[netip.Addr]int
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := group(peer(c.RemoteAddr().String()))
		if b.enter(from) {
			return &counted{Conn: c, left: func() { b.leave(from) }}, nil
		}
		c.Close()
	}
}

func (b *bounded) enter(from netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open >= b.all || b.of[from] >= b.each && !b.free(from) {
		return false
	}
	if b.of == nil {
		b.of = map[netip.Addr]int{}
	}
	b.open++
	b.of[from]++
	return true
}

func (b *bounded) leave(from netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	if b.of[from]--; b.of[from] == 0 {
		delete(b.of, from)
	}
}

// counted is a connection that says once that it was closed.
type counted struct {
	net.Conn
	once sync.Once
	left func()
}

func (c *counted) Close() error {
	c.once.Do(c.left)
	return c.Conn.Close()
}

// group is whom an address is one of: somebody has a /64 of IPv6.
func group(a netip.Addr) netip.Addr {
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
