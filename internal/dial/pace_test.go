package dial

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// spread gives addresses that are all of different subnets.
func spread(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}) }

// taken counts how many places were there in a time.
func taken(g *Gate, d time.Duration, to func(i int) netip.Addr) (n int) {
	for start := time.Now(); time.Since(start) < d; {
		if wait, _ := g.Try(to(n)); wait == 0 {
			n++
		} else {
			time.Sleep(min(wait, time.Millisecond))
		}
	}
	return n
}

func TestRate(t *testing.T) {
	// A second's worth and what may be caught up at most; on a busy machine fewer.
	if n := taken(NewGate(Pace{Rate: 5000}, time.Now), 500*time.Millisecond, spread); n > 2500*101/100+175+1 || n < 1500 {
		t.Errorf("%d in half a second of 5000 a second", n)
	}
	if n := taken(NewGate(Pace{Rate: 5000}, time.Now), 500*time.Millisecond, func(int) netip.Addr { return spread(1) }); n > 100+5 || n < 60 {
		t.Errorf("%d into one subnet in half a second of 200 a second", n)
	}
	if n := taken(NewGate(Pace{Rate: 100_000}, time.Now), 200*time.Millisecond, func(int) netip.Addr { return spread(1) }); n > 200+21 {
		t.Errorf("%d into one subnet in a fifth of a second of 1000 a second", n)
	}
	a, b := netip.MustParseAddr("2001:db8:0:1::1"), netip.MustParseAddr("2001:db8:0:1:ffff::1")
	g := NewGate(Pace{Rate: 100}, time.Now)
	g.due = -1 << 40
	for g.subnet(a).due == 0 {
		g.Try(a)
	}
	if g.subnet(a) != g.subnet(b) || g.subnet(a) == g.subnet(netip.MustParseAddr("2001:db8:0:2::1")) {
		t.Error("a /64 is not one subnet")
	}
}

func TestNoLimit(t *testing.T) {
	g := NewGate(Pace{}, time.Now)
	if _, wait := g.Reserve(spread(1)); wait != 0 {
		t.Error("a gate without a pace has a queue")
	}
	if wait, _ := g.Try(spread(1)); wait != 0 || g.Wait(context.Background(), spread(1)) != nil {
		t.Error("a gate without a pace waits")
	}
	g.Heard(spread(1), LikePort(1), 0, Silence)
	g.Charge(spread(1))
}

// Places that were reserved come one after the other; a wait ends with its context.
func TestReserve(t *testing.T) {
	g := NewGate(Pace{Rate: 10}, time.Now)
	last := time.Duration(0)
	for i := range 5 {
		_, w := g.Reserve(spread(i))
		if i > 1 && (w-last < 90*time.Millisecond || w-last > 110*time.Millisecond) {
			t.Errorf("place %d is %v after the one before it", i, w-last)
		}
		last = w
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := g.Wait(ctx, spread(9)); err != context.DeadlineExceeded {
		t.Errorf("a wait of half a second ended with %v", err)
	}
	if wait, _ := g.Try(spread(10)); wait < 300*time.Millisecond {
		t.Errorf("what was reserved is not held: %v", wait)
	}
}
