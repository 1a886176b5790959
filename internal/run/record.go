package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"signet"
	"signet/internal/engine"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/text"
)

// record stores a run as it is made. A nil record stores nothing.
type record struct {
	rec   *store.Recorder
	trace bool // of everything, not only of what is exposed or undetermined

	verdicts []uint64 // by signet.Verdict; nil where the run was begun by another
	rows     uint64   // that were put

	// lost hears why the store took no more. What was learned until then stands in it; the report needs it no more, and goes on.
	// nil: an error of the store ends the run.
	lost   func(error)
	failed bool // lost was called
}

// keep stores what the report had. A transcript is kept as the proof of a finding, and where a better rule of tomorrow may
// see more than today's.
func (r *record) keep(l *report.Line) error {
	if r == nil || r.failed {
		return nil
	}
	if r.verdicts != nil && l.Reached() {
		r.verdicts[l.Verdict]++
	}
	r.rows++
	return r.bear(r.rec.Record(l.Observation, r.trace || len(l.Findings) > 0 || l.Verdict == signet.Undetermined))
}

// bear makes of an error of the store a line, where the run goes on without. A run that another process took over ends.
func (r *record) bear(err error) error {
	if err == nil || r.lost == nil || errors.Is(err, store.ErrTaken) {
		return err
	}
	r.failed = true
	r.lost(err)
	return nil
}

// ending is how a run ended.
type ending struct {
	at          time.Time // zero: it broke off
	interrupted bool
	failed      string // why it failed, where that is known from elsewhere
}

// stop ends the run in the store. failed says why it is stored as failed, or nothing.
func (r *record) stop(e ending) (failed string, err error) {
	if r == nil {
		return "", nil
	}
	err = r.rec.Finish(func(run *store.Run) {
		run.Interrupted, run.Verdicts = e.interrupted, r.verdicts
		if !e.at.IsZero() {
			run.Ended = e.at.UTC().Truncate(time.Microsecond)
		}
		if none := reachedNobody(&run.Progress); none != "" && (!e.interrupted || e.failed != "") {
			run.Failed = cmp.Or(e.failed, none)
		}
		failed = run.Failed
	})
	if r.failed { // which was said
		return "", nil
	}
	if err = r.bear(err); err != nil {
		return "", err
	}
	return failed, nil
}

// reachedNobody says why a run that came to its end tells nothing of the network: no answer of any kind came from anybody, were it
// a refusal. It is empty where one came.
func reachedNobody(p *store.Progress) string {
	heard := p.Alive
	for _, o := range []signet.Outcome{signet.Answered, signet.Refused, signet.Foreign, signet.Broken, signet.Withheld} {
		heard += p.Outcomes[o]
	}
	ours := p.Outcomes[signet.Skipped] + p.Outcomes[signet.Fault]
	switch {
	case heard > 0:
		return ""
	case p.Addresses == 0 && p.Asked == 0:
		return "no address could be asked"
	case ours > 0:
		return fmt.Sprintf("nobody answered, and %s not asked for reasons of ours", text.Count(ours, "endpoint was", "endpoints were"))
	}
	return "nobody answered"
}

// store begins the run in its store, or goes on with it there.
func (s *Scan) store(ctx context.Context) error {
	if s.into.Store == nil {
		return nil
	}
	progress := func() store.Progress {
		p := progressOf(&s.engine)
		if s.resumed != nil && p.Addresses <= s.resumed.run.Progress.Addresses {
			return s.resumed.run.Progress // the engine may not have begun: nothing is further than it was
		}
		return p
	}
	if s.resumed != nil {
		rec, err := store.GoOn(ctx, s.into.Store, s.resumed.run, progress)
		if err != nil {
			return err
		}
		s.sink.record = &record{rec: rec, trace: s.order.Trace}
		return nil
	}
	h := s.header
	ordered, err := s.order.stored()
	if err != nil {
		return err
	}
	rec, err := store.Begin(ctx, s.into.Store, &store.Run{
		ID: h.Run, Tool: h.Tool, Started: h.Started, Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy,
		Warnings: h.Warnings, Unresolved: s.Unresolved(), Seed: s.order.Seed, Scope: s.scope.Fingerprint(), Flags: ordered,
	}, progress)
	if err != nil {
		return err
	}
	s.sink.record = &record{rec: rec, trace: s.order.Trace, verdicts: make([]uint64, len(report.Counts{}))}
	return nil
}

// progressOf says where a run stands. The counters are read first: they may lag behind the position, as after a crash.
func progressOf(run *engine.Run) store.Progress {
	p := store.Progress{Addresses: run.Stats.Addresses.Load(), Alive: run.Stats.Alive.Load(), Asked: run.Stats.Asked.Load()}
	for i := range p.Outcomes {
		p.Outcomes[i] = run.Stats.Outcomes[i].Load()
	}
	place := run.Progress()
	p.Low, p.Finished = place.Low, place.Finished
	return p
}
