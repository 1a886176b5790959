package engine

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// visit is one host under way in the portable driver.
type visit struct {
	run    *session
	target signet.Target
	stay   *dial.Stay
	mu     sync.Mutex
	alive  bool
	ends   map[uint16]signet.Outcome
	asked  map[key]bool
	logons dial.Logons
	found  []question
}

// host asks every question of one host, a few at once, and those that its answers gave rise to; false: the run ended
// before the last of them.
func (s *session) host(item Item) bool {
	stay := dial.NewStay(s.ctx, s.Dialer.Limits.Host, errHostTime, time.Now)
	defer stay.Close()
	ctx := stay.Context()
	v := &visit{run: s, stay: stay, target: item.Target, ends: map[uint16]signet.Outcome{}, asked: map[key]bool{}}
	a := s.agendas.of(&item)
	v.ask(ctx, a.first)
	v.ask(ctx, slices.DeleteFunc(slices.Clone(a.later), func(q question) bool { return !v.wanted(&q) }))
	for len(v.found) > 0 {
		more := v.found
		v.found = nil
		v.ask(ctx, more)
	}
	if s.ctx.Err() != nil {
		return false
	}
	s.left(item.Addr, v.alive)
	return true
}

// wanted decides on a port that is asked only where the host is alive.
func (v *visit) wanted(q *question) bool {
	return v.alive && v.ends[q.port.Unless] != signet.Answered
}

// ask asks questions, as many at a time as a host may see, and collects what their answers pointed to.
func (v *visit) ask(ctx context.Context, qs []question) {
	todo := make(chan *question, len(qs))
	for i := range qs {
		q := &qs[i]
		if v.asked[q.key()] || v.run.gate().Excluded(v.target.Addr, q.port.Number) {
			continue
		}
		v.asked[q.key()] = true
		if outcome, known := v.run.known(&v.target, q); known {
			v.alive, v.ends[q.port.Number] = true, outcome
			continue
		}
		todo <- q
	}
	close(todo)
	work := func() {
		for q := range todo {
			if v.run.ctx.Err() != nil {
				return
			}
			o, found := v.run.endpoint(ctx, v, q)
			if v.run.ctx.Err() == nil { // an interview that was cut short is no answer: a resumed run holds it again
				v.done(q, o, found)
			}
		}
	}
	if len(todo) < 2 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range min(v.run.gate().HostConnections(), len(todo)) {
		wg.Go(work)
	}
	wg.Wait()
}

// endpoint holds one interview to its end. It returns its observation and what the answers pointed to.
func (r *Run) endpoint(ctx context.Context, v *visit, q *question) (*signet.Observation, []check.Found) {
	p := r.begin(&v.target, q)
	var end check.End
	for ended(ctx) == nil && p.next(r, &v.logons, end) {
		end = r.converse(ctx, p, v.stay)
	}
	return &p.o, p.finish(r, ended(ctx))
}

// converse makes the attempt that an interview asks for, on a connection of its own.
func (r *Run) converse(ctx context.Context, p *probe, stay *dial.Stay) (end check.End) {
	defer p.caughtTalking()
	r.Stats.Dials.Add(1)
	return converse(ctx, r.Dialer, netip.AddrPortFrom(p.o.Addr, p.attempt.Port), p.attempt, stay, r.transcript(p))
}

// transcript is where the exchanges of an interview are kept, or nil.
func (r *Run) transcript(p *probe) *[]signet.Exchange {
	if r.Untraced {
		return nil
	}
	return &p.o.Trace
}

func (v *visit) done(q *question, o *signet.Observation, found []check.Found) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ends[q.port.Number] = o.Outcome
	if alive(o) {
		v.alive = true
	}
	for _, f := range found {
		if more, ok := v.run.found(f); ok {
			v.found = append(v.found, more)
		}
	}
	v.run.emit(o)
}

// alive tells whether an observation shows that its host exists.
func alive(o *signet.Observation) bool {
	return o.Open || o.Outcome == signet.Refused || o.Reached() && o.Outcome != signet.Fault
}
