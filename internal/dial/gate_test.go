package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A change of the pace holds at once, for those who wait in the queue as well: faster lets them go, slower holds them.
func TestPaceChangesForThoseWhoWait(t *testing.T) {
	for _, c := range []struct {
		name        string
		then        Pace
		least, most int64
	}{
		{"faster", Pace{Rate: 1000}, 90, 100},
		{"slower", Pace{Rate: 0.01}, 1, 3},
		{"without end", Pace{}, 100, 100},
		{"one subnet", Pace{Rate: 1000, Subnet: 0.01}, 90, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(Pace{Rate: 10}, time.Now)
				time.Sleep(2 * time.Second) // a new gate is not ahead
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var left atomic.Int64
				var wg sync.WaitGroup
				for i := range 100 {
					wg.Go(func() {
						if g.Wait(ctx, spread(i)) == nil {
							left.Add(1)
						}
					})
				}
				synctest.Wait()
				before := left.Load()
				if before > 2 {
					t.Fatalf("%d at once at 10 a second", before)
				}
				g.SetPace(c.then)
				time.Sleep(150 * time.Millisecond)
				if n := left.Load(); n < c.least || n > c.most {
					t.Errorf("%d left, want %d to %d", n, c.least, c.most)
				}
				cancel()
				wg.Wait()
			})
		})
	}
}

// A place that was taken at another pace is void.
func TestPlace(t *testing.T) {
	g := NewGate(Pace{Rate: 1}, time.Now)
	if g.Holds(0) {
		t.Error("no place is good")
	}
	g.Reserve(spread(1))
	p, wait := g.Reserve(spread(1))
	if wait < 900*time.Millisecond || !g.Holds(p) {
		t.Errorf("the second place: in %v, good %v", wait, g.Holds(p))
	}
	g.SetPace(Pace{Rate: 1})
	if g.Holds(p) {
		t.Error("the place outlives its pace")
	}
	if wait, _ := g.Try(spread(1)); wait > 0 {
		t.Errorf("what waited for a place that is void: %v", wait)
	}
}

// Whatever is asked of a gate may be asked while it changes.
func TestGateWhileItChanges(t *testing.T) {
	g := NewGate(Pace{Rate: 100_000}, time.Now)
	until := time.Now().Add(150 * time.Millisecond)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			var host Logons
			for n := 0; time.Now().Before(until); n++ {
				to := spread(i)
				g.Wait(t.Context(), to)
				g.Try(to)
				p, _ := g.Reserve(to)
				g.Holds(p)
				g.Charge(to)
				g.Heard(to, LikePort(445), time.Millisecond, Fate(n%5))
				if g.Within(time.Second) <= 0 || g.HostConnections() < 1 {
					t.Error("a pace of nothing")
					return
				}
				g.Slowed(to)
				g.Lossy(to)
				g.Logon(&host, 1, 1)
				g.Excluded(to, 445)
			}
		})
	}
	for n := 0; time.Now().Before(until); n++ {
		g.SetPace([]Pace{{}, {Rate: 200_000, Host: 3}, {Rate: 50_000, Subnet: 40_000}}[n%3])
		g.Exclude(func(netip.Addr, uint16) bool { return n%2 == 0 })
	}
	wg.Wait()
}

func TestHostConnections(t *testing.T) {
	g := NewGate(Pace{}, time.Now)
	for _, c := range []struct {
		pace Pace
		want int
	}{{Pace{Rate: 5}, 2}, {Pace{}, 64}, {Pace{Rate: 5, Host: 4}, 4}, {Pace{Host: 1}, 1}} {
		if g.SetPace(c.pace); g.HostConnections() != c.want {
			t.Errorf("%+v: %d, want %d", c.pace, g.HostConnections(), c.want)
		}
	}
}

// A host sees eight logons of an unknown user and no more, an endpoint two.
func TestLogons(t *testing.T) {
	g := NewGate(Pace{}, time.Now)
	var host, other Logons
	for i := range 7 {
		if !g.Logon(&host, 1, 1) {
			t.Fatalf("the logon after %d was refused", i)
		}
	}
	if g.Logon(&host, 3, 1) || g.Logon(&host, 2, 2) || !g.Logon(&host, 1, 1) || g.Logon(&host, 1, 1) || !g.Logon(&other, 2, 2) {
		t.Error("the budget of a host is not what it is")
	}
}

func TestExcluded(t *testing.T) {
	g := NewGate(Pace{}, time.Now)
	to := netip.MustParseAddr("fe80::1%eth0")
	if g.Excluded(to, 445) {
		t.Error("a new gate excludes something")
	}
	g.Exclude(func(a netip.Addr, port uint16) bool { return a == netip.MustParseAddr("fe80::1") && port == 445 })
	if !g.Excluded(to, 445) || g.Excluded(to, 80) {
		t.Error("what is excluded passes, or more than that is")
	}
}

// zone is a server of names that knows none.
type zone struct{ asked int }

var errNoSuchName = errors.New("no such name")

func (z *zone) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	z.asked++
	if host == "silent" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, errNoSuchName
}

func (z *zone) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	z.asked++
	return "", nil, errNoSuchName
}

// Lookups take places of the gate; the wait for one is not part of their limit.
func TestResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{}
		r := &Resolver{Gate: NewGate(Pace{Rate: 1}, time.Now), Names: z, Limit: 100 * time.Millisecond}
		time.Sleep(5 * time.Second)
		begun := time.Now()
		for range 2 {
			if _, err := r.LookupNetIP(t.Context(), "ip", "host"); err != errNoSuchName {
				t.Error(err)
			}
			if _, _, err := r.LookupSRV(t.Context(), "", "", "host"); err != errNoSuchName {
				t.Error(err)
			}
		}
		if took := time.Since(begun); took < 2900*time.Millisecond || took > 3*time.Second || z.asked != 4 {
			t.Errorf("%d lookups at one a second took %v", z.asked, took)
		}
		if _, err := r.LookupNetIP(t.Context(), "ip", "silent"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a server that is silent: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := r.LookupSRV(ctx, "", "", "host"); !errors.Is(err, context.Canceled) || z.asked != 5 {
			t.Errorf("after its end: %v, asked %d times", err, z.asked)
		}
	})
}
