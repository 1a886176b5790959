package dial

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"time"
)

// subnetRate is how many connections a second one /24 or /64 sees.
const subnetRate = 200

// subnetShare is the part of the rate that one subnet may get beyond that.
const subnetShare = 0.01

// How far a pacer may catch up at once after it was kept from sending, and how much faster it goes until the rest is
// made good: a second never carries more than 4.5 % above its rate.
const (
	runSlack    = 35 * time.Millisecond
	catchUp     = 1 // percent
	subnetSlack = 20 * time.Millisecond

	// Longer than this there was nothing to send, which is nobody's loss.
	idleAfter = time.Second
	mostOwed  = 10 * time.Second
)

// subnetSlots is how many subnets are told apart. Two whose numbers meet share one cap, which errs on the polite
// side, and the memory of a pacer does not grow with the scope.
const subnetSlots = 1 << 14

// Pacer limits new connections over the whole run and into any one subnet, by the generic cell rate algorithm: each
// has the time at which the next connection is due, and what is known of how it answers (backoff.go). The nil Pacer
// allows everything.
type Pacer struct {
	now  func() time.Time
	base time.Time
	gap  int64 // nanoseconds between two connections of the run
	net  int64 // and between two into one subnet

	mu      sync.Mutex
	due     int64 // since base
	owed    int64 // nanoseconds in which it was kept from sending
	subnets [subnetSlots]subnet
	streams [streamSlots]stream
}

type subnet struct {
	due int64
	temper
}

// NewPacer allows perSecond connections over the run and 200 a second into one /24 (IPv6: /64); 0 allows all. Whoever
// asks for more than 20,000 a second gets a hundredth of it into one subnet: a /16 at the whole rate is more than 200
// for each of its subnets. now is the clock.
func NewPacer(perSecond float64, now func() time.Time) *Pacer {
	if perSecond == 0 {
		return nil
	}
	return &Pacer{now: now, base: now(), gap: int64(float64(time.Second) / perSecond), net: int64(float64(time.Second) / SubnetRate(perSecond))}
}

// SubnetRate is how many connections a second a pacer of that many allows into one subnet.
func SubnetRate(perSecond float64) float64 { return max(subnetRate, perSecond*subnetShare) }

// Within is how many connections the run may have in a time.
func (p *Pacer) Within(d time.Duration) int {
	if p == nil {
		return math.MaxInt
	}
	return int(int64(d) / p.gap)
}

// Try takes the place of one connection to an address, if there is one now, and returns 0. Otherwise it takes
// nothing and says when to try again; subnet says that only this address's subnet is the reason.
func (p *Pacer) Try(to netip.Addr) (wait time.Duration, subnet bool) {
	if p == nil {
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.since()
	s := p.subnet(to)
	if w := s.due - now; w > 0 {
		return time.Duration(w), true
	}
	if w := p.due - now; w > 0 {
		return time.Duration(w), false
	}
	p.take(s, now)
	return 0, false
}

// Reserve takes the next place and says how long until it has come.
func (p *Pacer) Reserve(to netip.Addr) time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.since()
	s := p.subnet(to)
	wait := max(s.due, p.due) - now
	p.take(s, now)
	return time.Duration(max(0, wait))
}

// Wait takes the next place and returns when it has come, or when ctx ends.
func (p *Pacer) Wait(ctx context.Context, to netip.Addr) error {
	if p == nil {
		return ctx.Err()
	}
	wait := p.Reserve(to)
	if wait == 0 {
		return ctx.Err()
	}
	return sleep(ctx, wait)
}

// Charge accounts for a packet that left by itself: a SYN that the kernel sent again.
func (p *Pacer) Charge(to netip.Addr) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(p.subnet(to), p.since())
}

// take moves what is due on by one connection.
func (p *Pacer) take(s *subnet, now int64) {
	gap := p.gap
	if late := now - int64(runSlack) - p.due; late > 0 {
		p.due += late
		if late < int64(idleAfter) {
			p.owed = min(p.owed+late, int64(mostOwed))
		}
	}
	if p.owed > 0 {
		more := gap * catchUp / 100
		gap -= more
		p.owed -= more
	}
	p.due += gap
	s.due = max(s.due, now-int64(subnetSlack)) + p.net<<s.halved()
}

// since is the time on the pacer's clock.
func (p *Pacer) since() int64 { return int64(p.now().Sub(p.base)) }

func (p *Pacer) subnet(to netip.Addr) *subnet { return &p.subnets[subnetOf(to)%subnetSlots] }

// subnetOf numbers the /24 or /64 of an address. Neighbours of IPv4 never meet in a table.
func subnetOf(to netip.Addr) (n uint64) {
	if to.Is4() {
		b := to.As4()
		return uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
	}
	b := to.As16()
	for _, c := range b[:8] {
		n = (n ^ uint64(c)) * 0x100000001b3
	}
	return n ^ n>>32
}
