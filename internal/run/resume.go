package run

import (
	"context"
	"fmt"
	"net/netip"

	"signet"
	"signet/internal/engine"
	"signet/internal/store"
)

// resumed is a run that is gone on with.
type resumed struct {
	store store.Store
	run   *store.Run
}

// Resumable refuses a run that cannot be gone on with.
func Resumable(r *store.Run) error {
	switch {
	case !r.Imported.IsZero(): // its order is another's, and so is what it would ask
		return refuse("resume", "{resume} %s: the run was imported: continue it where it began, or start a scan of your own", r.ID)
	case r.Finished():
		return refuse("resume", "{resume} %s: the run is complete, and nothing is left to ask", r.ID)
	}
	return nil
}

// Resume sets a scan that was prepared to where a run of the same scope stopped. Begin reports first what that had learned,
// so that a report covers the whole run, and stores what follows with it.
func (s *Scan) Resume(ctx context.Context, in store.Store, run *store.Run) error {
	r := &resumed{store: in, run: run}
	if s.scope.Fingerprint() != run.Scope {
		return refuse("resume", "{resume} %s: the targets are not those of the run (another TARGET or exclusion, a file that changed, or a name with another address)", run.ID)
	}
	s.resumed = r
	s.header.Run, s.header.Started = run.ID, run.Started
	run.Failed = "" // which it may do again
	p := run.Progress
	known := map[asked]signet.Outcome{}
	s.engine.Resume = &engine.Resume{Low: p.Low, Finished: p.Finished, Answered: func(check string, port uint16, t signet.Target) (signet.Outcome, bool) {
		o, ok := known[asked{check, port, t.Addr.WithZone("")}]
		return o, ok
	}}
	var again []uint64
	for o, err := range store.NumberedObservations(ctx, in, run) {
		if err != nil {
			return err
		}
		at, inScope := s.visit.Position(o.Addr)
		if finished(&p, at) || !inScope {
			continue
		}
		if o.Outcome != signet.Answered {
			again = append(again, o.Seq)
			p.Outcomes[o.Outcome] = max(p.Outcomes[o.Outcome], 1) - 1
			continue
		}
		known[asked{o.Check, o.Port, o.Addr}] = o.Outcome
	}
	if len(again) > 0 {
		if err := in.Drop(ctx, run.ID, again); err != nil {
			return err
		}
	}
	return r.count(ctx, &s.engine, &p)
}

// asked is an endpoint of a host that was under way.
type asked struct {
	check string
	port  uint16
	addr  netip.Addr
}

// finished tells whether a position was done with.
func finished(p *store.Progress, at uint64) bool {
	if at < p.Low {
		return true
	}
	at -= p.Low
	return at/64 < uint64(len(p.Finished)) && p.Finished[at/64]&(1<<(at%64)) != 0
}

// count sets the counters of a run that goes on. Endpoints that answered are counted by what is stored; closed and silent
// ones are not stored, and of hosts that were under way they may count twice.
func (r *resumed) count(ctx context.Context, run *engine.Run, p *store.Progress) error {
	var stored [8]uint64
	for o, err := range store.Observations(ctx, r.store, r.run, store.AsStored) {
		if err != nil {
			return err
		}
		stored[o.Outcome]++
	}
	run.Stats.Addresses.Store(p.Addresses)
	run.Stats.Alive.Store(p.Alive)
	for _, o := range signet.Outcomes() {
		n := stored[o]
		if o == signet.Refused || o == signet.Silent || o == signet.Skipped {
			n = max(n, p.Outcomes[o])
		}
		run.Stats.Outcomes[o].Store(n)
		run.Stats.Asked.Add(n)
	}
	return nil
}

// replay reports what is stored.
func (r *resumed) replay(ctx context.Context, e *Env, sink *sink) error {
	for o, err := range store.Observations(ctx, r.store, r.run, store.AsStored) {
		if err == nil {
			e.decode(o)
			err = sink.show(o)
		}
		if err != nil {
			return err
		}
	}
	e.warn(fmt.Sprintf("continuing run %s: %d observations are stored", r.run.ID, r.run.Observations))
	return nil
}
