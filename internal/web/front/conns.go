package front

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// bounded is a listener with a bound on how many connections are open, in all and of one address. One too many of an address is closed at
// once. Where all are taken, one that waits for its client makes room, so that nobody keeps others out by connections that ask nothing, or that
// ask it a byte at a time; where none waits, the new one is closed: better that it sees that than that it waits too.
type bounded struct {
	net.Listener
	all, each int
	free      func(netip.Addr) bool // whose number is not bounded by itself

	mu   sync.Mutex
	open int
	of   map[netip.Addr]map[*counted]bool
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if k := b.enter(c, group(peer(c.RemoteAddr().String()))); k != nil {
			return k, nil
		}
		c.Close()
	}
}

// enter counts a connection; nil: it is one too many.
func (b *bounded) enter(c net.Conn, from netip.Addr) *counted {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.of[from]) >= b.each && !b.free(from) {
		return nil
	}
	if b.open >= b.all {
		gives := b.waits()
		if gives == nil {
			return nil
		}
		b.remove(gives)
		gives.Conn.Close()
	}
	if b.of == nil {
		b.of = map[netip.Addr]map[*counted]bool{}
	}
	if b.of[from] == nil {
		b.of[from] = map[*counted]bool{}
	}
	k := &counted{Conn: c, in: b, from: from, since: time.Now()}
	b.of[from][k] = true
	b.open++
	return k
}

// waits is the connection that makes room: of the address that has most of those with one that waits, the one that has waited longest. nil:
// none waits. The caller holds the lock.
func (b *bounded) waits() (gives *counted) {
	most := 0
	for _, theirs := range b.of {
		if len(theirs) < most {
			continue
		}
		var longest *counted
		for c := range theirs {
			if c.busy <= 0 && (longest == nil || c.since.Before(longest.since)) {
				longest = c
			}
		}
		if longest != nil && (len(theirs) > most || longest.since.Before(gives.since)) {
			most, gives = len(theirs), longest
		}
	}
	return gives
}

// remove takes a connection out of the count, if it is in it. The caller holds the lock.
func (b *bounded) remove(c *counted) {
	theirs := b.of[c.from]
	if !theirs[c] {
		return
	}
	b.open--
	if delete(theirs, c); len(theirs) == 0 {
		delete(b.of, c.from)
	}
}

// counted is a connection of a bounded listener.
type counted struct {
	net.Conn
	in   *bounded
	from netip.Addr

	// Of in.mu.
	busy  int       // requests under way, but for those that wait for more of their body; 0: it waits for its client
	since time.Time // when it was that last something came of it
}

// Close closes the connection, which counts no more.
func (c *counted) Close() error {
	c.in.mu.Lock()
	c.in.remove(c)
	c.in.mu.Unlock()
	return c.Conn.Close()
}

// work says that by so many more requests are under way.
func (c *counted) work(by int) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.busy += by
	c.since = time.Now()
}

type connKey struct{}

// withConn keeps the connection of a request in its context.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// working hands requests on, each of which keeps its connection from making room for others, but while it waits for its body.
func working(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*counted)
		if !ok { // of a listener of another kind
			next.ServeHTTP(w, r)
			return
		}
		c.work(1)
		defer c.work(-1)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &awaited{r.Body, c}
		}
		next.ServeHTTP(w, r)
	})
}

// awaited is the body of a request, whose connection waits while it is read.
type awaited struct {
	io.ReadCloser
	c *counted
}

func (a *awaited) Read(b []byte) (int, error) {
	a.c.work(-1)
	defer a.c.work(1)
	return a.ReadCloser.Read(b)
}

// group is whom an address is one of: somebody has a /64 of IPv6.
func group(a netip.Addr) netip.Addr {
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
