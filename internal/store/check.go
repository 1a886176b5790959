package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
)

// mostDamage bounds how much of one run is told.
const mostDamage = 200

// Checked is what Check looked at.
type Checked struct {
	Runs, Rows uint64
	Unsealed   uint64 // runs that were begun by a version that kept no checksums: their rows could be read, no more is known
}

// Check reads everything that is stored of some runs, holds it against its checksums, and tells of each thing that is not as it
// was written.
func Check(ctx context.Context, s Store, runs []Run, tell func(string)) (done Checked, err error) {
	for i := range runs {
		run := &runs[i]
		told := 0
		bad := func(err error) (more bool) {
			if ctx.Err() != nil || errors.Is(err, ErrUnknown) || errors.Is(err, ErrChanged) { // deleted meanwhile
				return false
			}
			if told++; told > mostDamage {
				tell(fmt.Sprintf("run %s: and more than these", run.ID))
				return false
			}
			text := err.Error()
			if d, ok := errors.AsType[*Damage](err); ok {
				text = d.Text()
			}
			tell(text)
			return true
		}
		if run.Damaged {
			bad(&Damage{Run: run.ID, What: "the record of the run itself is damaged"})
			continue
		}
		done.Runs++
		if run.Unsealed {
			done.Unsealed++
		}
		done.Rows += checkRun(ctx, s, run, bad)
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
	}
	return done, nil
}

// checkRun checks one run that can be read at all, and counts its rows.
func checkRun(ctx context.Context, s Store, run *Run, bad func(error) bool) (rows uint64) {
	kinds, err := s.Kinds(ctx, run.ID)
	legible := err == nil // else every row would be said to be damaged
	if err != nil && !bad(err) {
		return 0
	}
	d := &decoder{started: run.Started, reload: func() ([]Kind, error) { return s.Kinds(ctx, run.ID) }}
	if legible {
		d.set(kinds)
	}
	for r, err := range s.Rows(ctx, run.ID, Which{}) {
		if err == nil {
			rows++
			if !legible {
				continue
			}
			if _, err = d.observation(r); err == nil {
				continue
			}
			err = fmt.Errorf("run %s: row %d: %w", run.ID, r.Seq, err)
		}
		if !bad(err) {
			return rows
		}
	}
	next := uint64(1)
	for p, err := range s.Pages(ctx, run.ID, netip.Addr{}) {
		if err == nil {
			if p.First < next || p.Rows > math.MaxUint32 {
				err = fmt.Errorf("run %s: the index of the rows from %d on is damaged", run.ID, p.First)
			} else if next = p.First + p.Rows; p.read(func(entry) {}) != nil {
				err = fmt.Errorf("run %s: the index of the rows from %d on is damaged", run.ID, p.First)
			}
		}
		if err != nil && !bad(err) {
			return rows
		}
	}
	return rows
}
