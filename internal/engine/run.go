package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// Sink takes observations as they are made. Put is never called twice at once.
type Sink interface {
	Put(*signet.Observation) error
}

// Item is a target as a scope yields it. Ports, if any, are asked instead of the checks' own, or with Default
// besides them.
type Item struct {
	signet.Target
	Ports   []uint16
	Default bool
}

// Source yields targets by position, so that a run can go on where it stopped.
type Source interface {
	Len() uint64
	At(position uint64) Item
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
	InFlight int  // hosts at once
	All      bool // also put observations of closed and dark endpoints, and of those not asked
	Sink     Sink
	Now      func() time.Time
	From     uint64 // position to start at

	Stats Stats
}

// Stats are counted while the run goes on; any goroutine may read them.
type Stats struct {
	Addresses atomic.Uint64 // finished
	Alive     atomic.Uint64 // of those, ones where anything answered
	Asked     atomic.Uint64 // endpoints
	Outcomes  [8]atomic.Uint64
	Dials     atomic.Uint64
}

// Do visits the source until it is exhausted, ctx ends, or drain is closed, after which hosts under way are
// finished and no new one is begun. It returns the first error of the sink, or ctx's.
func (r *Run) Do(ctx context.Context, drain <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		next atomic.Uint64
		put  sync.Mutex
		wg   sync.WaitGroup
	)
	next.Store(r.From)
	emit := func(o *signet.Observation) {
		r.Stats.Asked.Add(1)
		r.Stats.Outcomes[o.Outcome].Add(1)
		if !r.All && !o.Reached() {
			return
		}
		put.Lock()
		defer put.Unlock()
		if err := r.Sink.Put(o); err != nil {
			cancel(err)
		}
	}
	size := r.Source.Len()
	for range min(uint64(max(1, r.InFlight)), max(size-min(size, r.From), 1)) {
		wg.Go(func() {
			for {
				select {
				case <-drain:
					return
				case <-ctx.Done():
					return
				default:
				}
				i := next.Add(1) - 1
				if i >= size {
					return
				}
				r.host(ctx, r.Source.At(i), emit)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
