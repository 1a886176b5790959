package dial

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Gate decides on everything that leaves this machine for the network: whether an address may be asked at all, when the
// next packet may leave, how many connections a host sees at once and how many logons of an unknown user. Whoever sends
// asks it: blocking connections, the event loop, the SYNs of a sweep, its ARP and neighbour questions, lookups of names.
//
// A run has one. All methods may be called from any goroutine, and what it allows may change while a run goes on.
type Gate struct {
	now  func() time.Time
	base time.Time

	excluded atomic.Pointer[func(netip.Addr, uint16) bool]
	paced    atomic.Bool // there is a limit on the rate
	perHost  atomic.Int32
	changes  atomic.Uint32 // how often the pace was set

	mu      sync.Mutex
	gap     int64 // nanoseconds between two connections of the run
	net     int64 // and between two into one subnet
	due     int64 // when the next connection of the run may begin, in nanoseconds since base
	owed    int64 // nanoseconds in which it was kept from sending
	changed chan struct{}
	subnets *[subnetSlots]subnet // nil before there is a pace: more than a megabyte
	streams *[streamSlots]stream
}

// Pace is how fast a run goes. The zero value has no limit of rates.
type Pace struct {
	Rate   float64 // connections begun per second, over the run; 0: no limit, nor one for a subnet
	Subnet float64 // of those, into one /24 (IPv6: /64); 0: SubnetRate(Rate)
	Host   int     // connections that one host sees at once; 0: 2, or 64 where Rate is 0
}

// How many connections one host sees at once where nothing else is said.
const (
	hostConnections    = 2
	unpacedConnections = 64
)

// NewGate makes a gate that excludes nothing. now is its clock.
func NewGate(p Pace, now func() time.Time) *Gate {
	g := &Gate{now: now, base: now(), changed: make(chan struct{})}
	g.SetPace(p)
	return g
}

// SetPace changes the pace, at once also for those who wait: places in the queue that were taken at the old pace are
// void. Each subnet, and the run, may be a single connection ahead for it.
func (g *Gate) SetPace(p Pace) {
	if p.Host <= 0 {
		p.Host = hostConnections
		if p.Rate <= 0 {
			p.Host = unpacedConnections
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.subnets != nil:
		now := g.since()
		g.due, g.owed = min(g.due, now), 0
		for i := range g.subnets {
			g.subnets[i].due = min(g.subnets[i].due, now)
		}
	case p.Rate > 0:
		g.subnets, g.streams = new([subnetSlots]subnet), new([streamSlots]stream)
	}
	g.perHost.Store(int32(p.Host))
	g.paced.Store(p.Rate > 0)
	if p.Rate > 0 {
		if p.Subnet <= 0 {
			p.Subnet = SubnetRate(p.Rate)
		}
		g.gap, g.net = max(1, int64(float64(time.Second)/p.Rate)), max(1, int64(float64(time.Second)/p.Subnet))
	}
	g.changes.Add(1)
	close(g.changed)
	g.changed = make(chan struct{})
}

// Changes is how often the pace was set. Who keeps times that Try or Reserve told asks again when it has changed.
func (g *Gate) Changes() uint32 { return g.changes.Load() }

// Exclude says which ports of which addresses must not be asked, in place of what was said before. f is called with
// addresses without a zone, from any goroutine.
func (g *Gate) Exclude(f func(netip.Addr, uint16) bool) { g.excluded.Store(&f) }

// Excluded tells whether a port of an address must not be asked. It is asked at the last moment before a packet leaves.
func (g *Gate) Excluded(to netip.Addr, port uint16) bool {
	f := g.excluded.Load()
	return f != nil && (*f)(to.WithZone(""), port)
}

// Paced tells whether there is a limit on the rate.
func (g *Gate) Paced() bool { return g.paced.Load() }

// HostConnections is how many connections one host may see at once.
func (g *Gate) HostConnections() int { return int(g.perHost.Load()) }

// How many logons of an unknown user one host sees in a run, and one endpoint of it.
const (
	hostLogons     = 8
	endpointLogons = 2
)

// Logons counts the logons of an unknown user that one host has seen. The zero value has seen none.
type Logons struct{ seen atomic.Int32 }

// Logon takes n logons from what a host may see; false: it may not, and nothing is taken. endpoint is how many its
// endpoint would have seen with them.
func (g *Gate) Logon(host *Logons, endpoint, n int) bool {
	if endpoint > endpointLogons {
		return false
	}
	if host.seen.Add(int32(n)) > hostLogons {
		host.seen.Add(int32(-n))
		return false
	}
	return true
}
