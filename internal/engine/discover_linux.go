//go:build amd64 || arm64

package engine

import (
	"sync"

	"signet"
	"signet/internal/sweep"
)

// mostArrivals is how many swept positions may wait for the loop before the sweep begins no further ones.
const mostArrivals = 2048

// discovery is the loop's side of a sweep: it says what is to be swept, and takes what was found. Its methods run on the
// sweep's goroutine.
type discovery struct {
	*loop
	batch []sweep.Found
}

// discover begins to sweep where that is wanted and can be done.
func (l *loop) discover(wg *sync.WaitGroup) {
	if l.Discover == DiscoverConnect {
		return
	}
	d := &discovery{loop: l}
	grows := l.Source.Grown() != nil
	s, err := sweep.New(sweep.Config{
		Work: d, Gate: l.gate(), Size: l.Source.Len(), Grows: grows, From: l.Progress().Low,
		Connect: l.Dialer.Limits.Connect, Retries: l.Dialer.Limits.Retries,
		Clock: l.start, Packets: &l.Stats.SYNs, Tell: l.Tell,
	})
	if err != nil {
		if l.Tell != nil {
			l.Tell("discovery by connect: " + err.Error())
		}
		return
	}
	l.sweeping = true
	wg.Go(func() {
		s.Run(l.ctx)
		l.mu.Lock()
		l.swept = true
		l.mu.Unlock()
		l.ring()
	})
}

// At is an address and the ports of its agenda that can be swept.
func (d *discovery) At(position uint64) sweep.Target {
	item := d.Source.At(position)
	a := d.agendas.of(&item)
	return sweep.Target{Addr: item.Addr, Ports: a.swept, Rest: a.unswept}
}

// Next takes a position of the run, unless the loop has enough to do.
func (d *discovery) Next() (position uint64, ok, over bool) {
	if d.arrived.Load() >= mostArrivals {
		return 0, false, false
	}
	position, ok, over, _ = d.nextPosition()
	return position, ok, over
}

// Draining tells whether the run begins nothing new.
func (d *discovery) Draining() bool { return d.draining() }

// Found hands a position on to the loop, unless nothing answered there and nothing more is to be asked or reported of it.
func (d *discovery) Found(t sweep.Target, f sweep.Found) {
	if f.Open|f.Closed == 0 && !f.Unswept && !t.Rest && !d.All && d.Resume == nil {
		for _, port := range t.Ports {
			if !d.gate().Excluded(t.Addr, port) {
				d.quiet(signet.Silent)
			}
		}
		d.Stats.visited(false)
		d.finish(f.Position)
		return
	}
	d.arrived.Add(1)
	d.batch = append(d.batch, f)
}

// Flush hands over what was found.
func (d *discovery) Flush() {
	if len(d.batch) == 0 {
		return
	}
	d.arrive(d.batch)
	d.batch = d.batch[:0]
}

// arrive takes positions from the sweep.
func (l *loop) arrive(batch []sweep.Found) {
	l.mu.Lock()
	first := l.arrivals.Len() == 0
	for _, f := range batch {
		l.arrivals.Push(f)
	}
	l.mu.Unlock()
	if first {
		l.ring()
	}
}

// admitNext gives the next address a slot; false: there is none now.
func (l *loop) admitNext() bool {
	if !l.sweeping {
		if l.draining() {
			return false
		}
		position, ok, _, _ := l.nextPosition()
		if ok {
			l.admit(position)
		}
		return ok
	}
	l.mu.Lock()
	if l.arrivals.Len() == 0 {
		l.mu.Unlock()
		return false
	}
	f := l.arrivals.Pop()
	l.mu.Unlock()
	l.arrived.Add(-1)
	s := l.admit(f.Position)
	s.swept, s.sent, s.open, s.closed = !f.Unswept, f.Sent, f.Open, f.Closed
	return true
}

// noneToCome tells whether no address will come any more.
func (l *loop) noneToCome() bool {
	if !l.sweeping {
		return l.draining() || l.exhausted()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.swept && l.arrivals.Len() == 0
}
