package dial

import (
	"context"
	"math"
	"net/netip"
	"time"
)

// subnetRate is how many connections a second one /24 or /64 sees.
const subnetRate = 200

// subnetShare is the part of the rate that one subnet may get beyond that.
const subnetShare = 0.01

// After it was kept from sending, a run may catch up by runSlack at once and goes catchUp percent faster until the rest is
// made good: no second carries more than 4.5 % above the rate.
const (
	runSlack    = 35 * time.Millisecond
	catchUp     = 1 // percent
	subnetSlack = 20 * time.Millisecond

	// A pause longer than idleAfter means that there was nothing to send: it is not made good.
	idleAfter = time.Second
	mostOwed  = 10 * time.Second
)

// subnetSlots is how many subnets are told apart, so that the memory of a gate does not grow with the scope. Two that hash to
// the same slot share one limit, which errs on the polite side.
const subnetSlots = 1 << 14

// The pace is held by the generic cell rate algorithm: the run and each subnet have the time at which the next connection
// is due, and a subnet what is known of how it answers (backoff.go).

type subnet struct {
	due int64
	temper
}

// SubnetRate is how many connections a second one subnet sees in a run of so many: 200, and a hundredth of the run's
// rate where that is more, since a /16 at the whole rate is more than 200 for each of its subnets.
func SubnetRate(perSecond float64) float64 { return max(subnetRate, perSecond*subnetShare) }

// Within is how many connections the run may have in a time.
func (g *Gate) Within(d time.Duration) int {
	if !g.Paced() {
		return math.MaxInt
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(int64(d) / g.gap)
}

// Try takes the place of one connection to an address, if there is one now, and returns 0. Otherwise it takes
// nothing and says when to try again; subnet says that only this address's subnet is the reason.
func (g *Gate) Try(to netip.Addr) (wait time.Duration, subnet bool) {
	if !g.Paced() {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.since()
	s := g.subnet(to)
	if w := s.due - now; w > 0 {
		return time.Duration(w), true
	}
	if w := g.due - now; w > 0 {
		return time.Duration(w), false
	}
	g.take(s, now)
	return 0, false
}

// Place is a place in the queue of a gate. The zero value is none.
type Place uint16

// Reserve takes the next place and says how long until it has come. Should the pace be changed before that, the place is
// void.
func (g *Gate) Reserve(to netip.Addr) (Place, time.Duration) {
	if !g.Paced() {
		return g.place(), 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.place(), g.reserve(to)
}

// Holds tells whether a place is still good.
func (g *Gate) Holds(p Place) bool { return p == g.place() }

// place is what places are called that are taken at the present pace.
func (g *Gate) place() Place { return Place(g.changes.Load()) | 1<<15 }

// reserve takes the next place. The caller holds mu.
func (g *Gate) reserve(to netip.Addr) time.Duration {
	now := g.since()
	s := g.subnet(to)
	wait := max(s.due, g.due) - now
	g.take(s, now)
	return time.Duration(max(0, wait))
}

// Wait takes the next place and returns when it has come, or when ctx ends. With the zero address only the rate of the
// run counts.
func (g *Gate) Wait(ctx context.Context, to netip.Addr) error {
	for g.Paced() {
		g.mu.Lock()
		wait, changed := g.reserve(to), g.changed
		g.mu.Unlock()
		if wait == 0 {
			break
		}
		if done, err := sleep(ctx, wait, changed); done {
			return err
		}
	}
	return ctx.Err()
}

// sleep waits for d. It is done when that is over or ctx ends, and not when it was woken by changed.
func sleep(ctx context.Context, d time.Duration, changed <-chan struct{}) (done bool, err error) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-changed:
		return false, nil
	case <-t.C:
		return true, nil
	}
}

// Charge takes a place for a packet that has left without one: a SYN that the kernel sent again.
func (g *Gate) Charge(to netip.Addr) {
	if !g.Paced() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.take(g.subnet(to), g.since())
}

// take moves the due times of the run and a subnet on by one connection.
func (g *Gate) take(s *subnet, now int64) {
	gap := g.gap
	if late := now - int64(runSlack) - g.due; late > 0 {
		g.due += late
		if late < int64(idleAfter) {
			g.owed = min(g.owed+late, int64(mostOwed))
		}
	}
	if g.owed > 0 {
		more := gap * catchUp / 100
		gap -= more
		g.owed -= more
	}
	g.due += gap
	s.due = max(s.due, now-int64(subnetSlack)) + g.net<<s.halved()
}

// since is the time on the gate's clock.
func (g *Gate) since() int64 { return int64(g.now().Sub(g.base)) }

// subnet is what is known of an address's subnet. The zero address belongs to none.
func (g *Gate) subnet(to netip.Addr) *subnet {
	if !to.IsValid() {
		return new(subnet)
	}
	return &g.subnets[subnetOf(to)%subnetSlots]
}

// subnetOf numbers the /24 or /64 of an address. Neighbouring subnets of IPv4 have numbers in a row, and so never meet in a
// table.
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
