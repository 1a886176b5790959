package engine

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// Sink takes observations as they are made. Deliver is never called by two goroutines at
// once; an error ends the run.
type Sink interface {
	Deliver(*signet.Observation) error
}

// HostSink is a sink that is told when a visit to an address is over: after its last observation was delivered, and only
// if anything answered there. Left and Deliver are never called at the same time.
type HostSink interface {
	Left(netip.Addr) error
}

// Plan is a check and the ports it is to ask.
type Plan struct {
	Check check.Check
	Ports []check.Port
}

// Run is one pass over a scope.
type Run struct {
	Source   Source
	Plans    []Plan
	Options  *check.Options
	Dialer   *dial.Dialer
	InFlight int  // sockets at once; 0 fits it to the limit of open files and to what the network bears
	All      bool // also deliver observations of closed and dark endpoints, and of those not asked
	Untraced bool // nobody wants the bytes of the exchanges: observations have no Trace
	Fleeting bool // the sink keeps nothing of an observation: its facts may be overwritten once Deliver has returned
	Discover Discover
	Tell     func(string) // takes a line about how the scope is swept, from any goroutine; nil: nobody listens
	Sink     Sink
	Now      func() time.Time
	Resume   *Resume // nil: from the beginning

	Stats Stats

	progress progress
	seed     [32]byte // of the random bytes that connections draw
	driver   driver   // nil: the system's own
}

// driver visits the source of a session from where it stands.
type driver func(*session)

// session is a run while it is driven.
type session struct {
	*Run
	ctx        context.Context
	cancel     context.CancelCauseFunc
	drain      <-chan struct{}
	agendas    *agendas
	named      atomic.Uint64 // endpoints that were delivered though nothing was heard of them
	delivering sync.Mutex
}

// Stats are counted while the run goes on; any goroutine may read them.
type Stats struct {
	Addresses atomic.Uint64 // finished
	Alive     atomic.Uint64 // of those, ones where anything answered
	Asked     atomic.Uint64 // endpoints
	Outcomes  [8]atomic.Uint64
	Dials     atomic.Uint64 // connections begun and datagram sockets
	SYNs      atomic.Uint64 // packets of a raw sweep
	InFlight  atomic.Int64  // sockets open now
	FollowUps atomic.Int64  // interviews held by goroutines now
}

// gate is what every packet of the run asks.
func (r *Run) gate() *dial.Gate { return r.Dialer.Gate }

func (s *Stats) visited(alive bool) {
	s.Addresses.Add(1)
	if alive {
		s.Alive.Add(1)
	}
}

// Discover is how live addresses are found.
type Discover uint8

const (
	DiscoverAuto    Discover = iota // by raw SYN where route and rights allow it, else by connect
	DiscoverSYN                     // the same, and say why where they do not
	DiscoverConnect                 // by connect
)

// Do visits the source until it is exhausted, ctx ends, or drain is closed, after which hosts under way are
// finished and no new one is begun. It returns the first error of the sink, or ctx's.
func (r *Run) Do(ctx context.Context, drain <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.Options.Random != nil {
		r.Options.Random(r.seed[:])
	}
	s := &session{Run: r, ctx: ctx, cancel: cancel, drain: drain, agendas: newAgendas(r)}
	r.progress.start(r.Resume)
	drive := r.driver
	if drive == nil {
		drive = native
	}
	drive(s)
	return context.Cause(ctx)
}

// mostNamed is how many endpoints that were not asked are named one by one; the rest are counted. A scope without a route
// may have millions.
const mostNamed = 1 << 16

// emit counts an observation and hands it to the sink.
func (s *session) emit(o *signet.Observation) {
	s.Stats.Asked.Add(1)
	s.Stats.Outcomes[o.Outcome].Add(1)
	unasked := o.Lost() && !o.Open // not asked for a reason of ours: the report says so
	if !s.All && (!unasked && !o.Reached() || unasked && s.named.Add(1) > mostNamed) {
		return
	}
	s.delivering.Lock()
	defer s.delivering.Unlock()
	if err := s.Sink.Deliver(o); err != nil {
		s.cancel(err)
	}
}

// left counts an address that was visited, and tells a sink that wants to know.
func (s *session) left(addr netip.Addr, alive bool) {
	s.Stats.visited(alive)
	sink, ok := s.Sink.(HostSink)
	if !ok || !alive {
		return
	}
	s.delivering.Lock()
	defer s.delivering.Unlock()
	if err := sink.Left(addr); err != nil {
		s.cancel(err)
	}
}

// quiet counts an endpoint of which there is nothing to report.
func (s *session) quiet(o signet.Outcome) {
	s.Stats.Asked.Add(1)
	s.Stats.Outcomes[o].Add(1)
}

// draining tells whether no new address is to be begun.
func (s *session) draining() bool {
	select {
	case <-s.drain:
		return true
	case <-s.ctx.Done():
		return true
	default:
		return false
	}
}
