package hub

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/store"
)

// comparing compares each run that ended with the one before it, once, until ctx ends.
func (h *Hub) comparing(ctx context.Context) {
	again := time.NewTicker(30 * time.Second) // what another process stores, nobody tells us
	defer again.Stop()
	for ctx.Err() == nil {
		if err := h.compareNew(ctx); err != nil && ctx.Err() == nil {
			h.Warn(fmt.Sprintf("what changed since the runs before cannot be told: %v", err))
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		case <-h.came:
		}
	}
}

// few is how many runs a job that ended waits for until they are compared.
const few = 3

// compareFew compares what is to be compared, unless that is much: a store that others filled is gone through in the background.
func (h *Hub) compareFew(ctx context.Context) error {
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	n := 0
	for i := range runs {
		if r := &runs[i]; r.Finished() && r.Stands() && !h.changes.knows(r.ID) {
			n++
		}
	}
	if n > few {
		return nil
	}
	return h.compareNew(ctx)
}

// compareNew compares the runs that ended and were not compared yet, the oldest first.
func (h *Hub) compareNew(ctx context.Context) error {
	h.matching.Lock()
	defer h.matching.Unlock()
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	var of map[string]place
	var errs []error
	for i := len(runs) - 1; i >= 0; i-- {
		r := &runs[i]
		if !r.Finished() || !r.Stands() || h.changes.knows(r.ID) || h.unlike[r.ID] {
			continue
		}
		if of == nil {
			if of, err = h.placesOfRuns(ctx); err != nil {
				return err
			}
		}
		err := h.compareRun(ctx, runs, i, of)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !errors.Is(err, store.ErrChanged) && !errors.Is(err, store.ErrUnknown) { // which one that was deleted meanwhile is
			h.unlike[r.ID] = true // and is tried again by the next process
			errs = append(errs, fmt.Errorf("run %s: %w", r.ID, err))
		}
	}
	return errors.Join(errs...)
}

// placesOfRuns says where runs belong.
func (h *Hub) placesOfRuns(ctx context.Context) (map[string]place, error) {
	heads, err := h.headed(ctx)
	if err != nil {
		return nil, err
	}
	of, _ := h.places()
	for id, head := range heads {
		if _, known := of[id]; !known {
			of[id] = place{head.Site, head.Verifies}
		}
	}
	return of, nil
}

// compareRun compares runs[i] with the one before it, and keeps what came of it.
func (h *Hub) compareRun(ctx context.Context, runs []store.Run, i int, of map[string]place) error {
	r, at := &runs[i], of[runs[i].ID]
	base, verified, err := h.baseOf(ctx, runs, i, of)
	if err != nil {
		return err
	}
	if base == nil {
		return h.keepChanges(ctx, r.ID, nil, nil)
	}
	j, err := h.judgeOf(at.Site)
	if err != nil {
		return err
	}
	m := &match{h: h, runs: &run.Stored{Store: h.Store, Runs: runs}, before: base, after: r, verified: verified, asked: map[spot]bool{}}
	s := &ChangeSet{Run: r.ID, Before: base.ID, Site: at.Site, Verifies: at.Verifies, Since: base.Started, Started: r.Started, Ended: r.Ended, Policy: j.Policy().ID()}
	if at.Verifies != nil {
		m.asked[spotOf(at.Verifies)] = true
		list, err := h.ofHost(ctx, r, at.Verifies.At.Addr())
		if err != nil {
			return err
		}
		old, err := m.hostBefore(ctx, at.Verifies.At.Addr())
		if err != nil {
			return err
		}
		err = m.host(ctx, h.Env, j, old, over(old, list, m.asked))
		if err != nil {
			return err
		}
		return h.keepChanges(ctx, r.ID, s, &m.got)
	}
	for _, v := range verified {
		m.asked[spotOf(v.verifies)] = true
	}
	h.making.Lock()
	err = m.whole(ctx, h.Env, j)
	h.making.Unlock()
	if err != nil {
		return err
	}
	return h.keepChanges(ctx, r.ID, s, &m.got)
}

// verification is a run that asked one endpoint between two others.
type verification struct {
	run      *store.Run
	verifies *Verifies
}

// mostVerified bounds the verifications that are heeded between two runs: the newest.
const mostVerified = 1000

// baseOf is the run that runs[i] is compared with: the one before it of its site; of no site the one before it that asked the same, and of
// a verification the one that knows its endpoint. nil: there is none. verified are the verifications since, the newest first.
func (h *Hub) baseOf(ctx context.Context, runs []store.Run, i int, of map[string]place) (base *store.Run, verified []verification, err error) {
	r, at := &runs[i], of[runs[i].ID]
	for k := i + 1; k < len(runs); k++ {
		b, there := &runs[k], of[runs[k].ID]
		if there.Site != at.Site || !b.Finished() || !b.Stands() {
			continue
		}
		if there.Verifies != nil {
			if len(verified) < mostVerified {
				verified = append(verified, verification{b, there.Verifies})
			}
			continue
		}
		switch {
		case at.Verifies != nil:
			list, err := h.ofHost(ctx, b, at.Verifies.At.Addr())
			if err != nil {
				return nil, nil, err
			}
			if !slices.ContainsFunc(list, func(o *signet.Observation) bool {
				return o.Port == at.Verifies.At.Port() && o.Check == at.Verifies.Check
			}) {
				continue
			}
		case at.Site == "" && !alike(r, b):
			continue
		}
		return b, verified, nil
	}
	return nil, nil, nil
}

// alike tells whether two runs asked the same.
func alike(a, b *store.Run) bool {
	return a.Scope != "" && a.Scope == b.Scope && slices.Equal(a.Checks, b.Checks) && a.Depth == b.Depth
}

// spot is an endpoint that is asked by a check.
type spot struct {
	at    netip.AddrPort
	check string
}

func spotOf(v *Verifies) spot { return spot{v.At, v.Check} }

func (h *Hub) ofHost(ctx context.Context, r *store.Run, a netip.Addr) (list []*signet.Observation, err error) {
	for o, err := range store.OfHost(ctx, h.Store, r, a) {
		if err != nil {
			return nil, err
		}
		c := *o
		list = append(list, &c)
	}
	return list, nil
}

// match is two runs that are compared. What was verified in between is compared with what the verification saw, so that nothing is told
// twice, nor forgotten.
type match struct {
	h             *Hub
	runs          *run.Stored
	before, after *store.Run
	verified      []verification // between the two, the newest first
	asked         map[spot]bool  // by verifications
	got           gathered
}

// whole compares two runs of a site.
func (m *match) whole(ctx context.Context, e *run.Env, j *judge.Judge) error {
	c, err := e.Compare(ctx, m.runs.Input(ctx, m.before), m.runs.Input(ctx, m.after), j)
	if err != nil {
		return err
	}
	if _, err := c.Changes(ctx, func(c *compare.Change) error {
		if !m.isAsked(c) {
			m.got.add(c)
		}
		return nil
	}); err != nil {
		return err
	}
	done := map[netip.Addr]bool{}
	for _, v := range m.verified {
		a := v.verifies.At.Addr()
		if done[a] {
			continue
		}
		done[a] = true
		old, err := m.hostBefore(ctx, a)
		if err != nil {
			return err
		}
		now, err := m.h.ofHost(ctx, m.after, a)
		if err != nil {
			return err
		}
		if err := m.host(ctx, e, j, old, now); err != nil {
			return err
		}
	}
	return nil
}

func (m *match) isAsked(c *compare.Change) bool {
	for _, e := range []signet.Endpoint{c.Old, c.New} {
		if e.Addr.IsValid() && m.asked[spot{e.AddrPort(), c.Check}] {
			return true
		}
	}
	return false
}

// hostBefore is what was known of an address before the newer run: by the older one, and by the verifications since.
func (m *match) hostBefore(ctx context.Context, a netip.Addr) ([]*signet.Observation, error) {
	list, err := m.h.ofHost(ctx, m.before, a)
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(m.verified) {
		if v.verifies.At.Addr() != a {
			continue
		}
		seen, err := m.h.ofHost(ctx, v.run, a)
		if err != nil {
			return nil, err
		}
		list = over(list, seen, map[spot]bool{spotOf(v.verifies): true})
	}
	return list, nil
}

// over puts what was seen of some spots in the place of what was known of them.
func over(known, seen []*signet.Observation, spots map[spot]bool) []*signet.Observation {
	of := func(o *signet.Observation) bool { return spots[spot{o.AddrPort(), o.Check}] }
	out := slices.DeleteFunc(slices.Clone(known), of)
	for _, o := range seen {
		if of(o) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *signet.Observation) int { return int(a.Port) - int(b.Port) })
	return out
}

// host compares what is known of one address, and takes the changes of the spots that were asked.
func (m *match) host(ctx context.Context, e *run.Env, j *judge.Judge, old, now []*signet.Observation) error {
	input := func(r *store.Run, list []*signet.Observation) *run.Input {
		return &run.Input{Name: r.ID, Run: r, Observations: func() iter.Seq2[*signet.Observation, error] {
			return func(yield func(*signet.Observation, error) bool) {
				for _, o := range list {
					c := *o // a reader may decode its facts
					if !yield(&c, nil) {
						return
					}
				}
			}
		}}
	}
	c, err := e.Compare(ctx, input(m.before, old), input(m.after, now), j)
	if err != nil {
		return err
	}
	_, err = c.Changes(ctx, func(c *compare.Change) error {
		if m.isAsked(c) {
			m.got.add(c)
		}
		return nil
	})
	return err
}
