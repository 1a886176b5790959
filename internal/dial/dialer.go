package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// Limits bound what one endpoint may cost.
type Limits struct {
	Connect  time.Duration // until the transport is up
	Exchange time.Duration // from a request until its answer is complete
	Host     time.Duration // everything asked of one host
	Bytes    int           // what one connection may send us
	Retries  int           // further tries where nothing answered at all
}

// Defaults are the contract's.
func Defaults() Limits {
	return Limits{Connect: 2 * time.Second, Exchange: 5 * time.Second, Host: 30 * time.Second, Bytes: 512 << 10, Retries: 1}
}

// ErrExcluded says that the scope forbids the address.
var ErrExcluded = errors.New("excluded from the scope")

// Dialer opens connections, each when the Gate lets it.
type Dialer struct {
	Limits Limits
	Gate   *Gate
}

// SYNRetransmit is when the kernel sends its second SYN (RFC 6298 §2.1: an initial time-out of one second).
const SYNRetransmit = time.Second

// Dial connects to an endpoint, over "tcp" or "udp". A time-out of Limits.Connect holds for each try; silence is
// tried Limits.Retries more times, of which the kernel's own second SYN counts as one. stay is the host's.
func (d *Dialer) Dial(ctx context.Context, network string, to netip.AddrPort, stay *Stay) (*Conn, error) {
	tries := 1 + d.Limits.Retries
	if network == "tcp" {
		tries = d.Tries(d.Limits.Connect)
	}
	short := 0
	for try := 0; ; {
		c, err := d.once(ctx, network, to, try, stay)
		if err == nil || ctx.Err() != nil {
			return c, err
		}
		switch {
		case IsShort(err):
			if short++; short >= mostShort {
				return nil, err
			}
			if _, err := sleep(ctx, shortPause, nil); err != nil {
				return nil, err
			}
		case IsTimeout(err):
			try++
			if try >= tries && (try >= tries+LossyTries || !d.Gate.Lossy(to.Addr())) {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// LossyTries is how many more tries a silent endpoint gets where packets to its subnet get lost because there are so many
// (Gate.Lossy): the silence may come from that.
const LossyTries = 2

// How often, and after which pause, a connection is tried again that this machine had no room for.
const (
	mostShort  = 100
	shortPause = 50 * time.Millisecond
)

func (d *Dialer) once(ctx context.Context, network string, to netip.AddrPort, try int, stay *Stay) (*Conn, error) {
	if err := d.Gate.Wait(ctx, to.Addr()); err != nil {
		return nil, err
	}
	if d.Gate.Excluded(to.Addr(), to.Port()) {
		return nil, ErrExcluded
	}
	nd := net.Dialer{Timeout: d.Limits.Connect, KeepAlive: -1}
	nd.SetMultipathTCP(false)
	stay.Await()
	begun := time.Now()
	c, err := nd.DialContext(ctx, network, to.String())
	took := time.Since(begun)
	stay.Heard()
	if network == "tcp" && ctx.Err() == nil {
		d.heard(to, err, took, try, stay)
	}
	if err != nil {
		return nil, err
	}
	return d.Adopt(c, 0), nil
}

// heard tells the gate how a try to connect went. Errors of this machine and of routers say nothing.
func (d *Dialer) heard(to netip.AddrPort, err error, took time.Duration, try int, stay *Stay) {
	switch {
	case err == nil || IsRefused(err):
		fate := Answered
		if try > 0 || took >= SYNRetransmit {
			fate = Late
		}
		d.Gate.Heard(to.Addr(), stay.like(to.Port(), false), took, fate)
	case IsTimeout(err) && try == 0: // the second silence of an endpoint says nothing new
		d.Gate.Heard(to.Addr(), stay.like(to.Port(), true), took, Silence)
	}
}

// Adopt bounds the bytes of a connection that was made elsewhere, on which some were received already.
func (d *Dialer) Adopt(c net.Conn, received int) *Conn {
	return &Conn{Conn: c, left: d.Limits.Bytes - received}
}

// Tries is how many connections to make to an endpoint that stays silent: the kernel's own second SYN counts as one
// where the time-out leaves room for it.
func (d *Dialer) Tries(connect time.Duration) int {
	if connect > SYNRetransmit && d.Limits.Retries > 0 {
		return d.Limits.Retries
	}
	return 1 + d.Limits.Retries
}

// IsTimeout tells whether err says that time ran out, rather than that a peer or router said no.
func IsTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &n) && n.Timeout()
}

// IsRefused tells whether the host itself said that the port is closed.
func IsRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaConnRefused)
}

// IsReset tells whether the peer reset the connection.
func IsReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, wsaConnReset)
}

// ErrBudget says that a peer sent more bytes than Limits.Bytes.
var ErrBudget = errors.New("byte budget used up")

// Conn is a connection that accepts a bounded number of bytes.
type Conn struct {
	net.Conn
	left int
}

// Read fails with ErrBudget once the peer has sent more than it may.
func (c *Conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, ErrBudget
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}
