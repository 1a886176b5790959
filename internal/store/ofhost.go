package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"

	"signet"
)

// covered reads what the pages of a run say, or those of them that may speak of an address, and row by row what no page covers: rows of an
// older version, and those of a page that Drop took a row of. Together they must be as many as the run counts. A page that does not
// speak of the address is passed over.
func covered(ctx context.Context, s Store, run *Run, of netip.Addr, page func(entry), row func(Numbered)) error {
	rows, next := uint64(0), uint64(1)
	between := func(first, last uint64) error {
		for o, err := range numbered(ctx, s, run, Which{First: first, Last: last}) {
			if err != nil {
				return err
			}
			row(o)
			rows++
		}
		return nil
	}
	for p, err := range s.Pages(ctx, run.ID, of) {
		if err == nil && p.First > next {
			err = between(next, p.First-1)
		} else if err == nil && p.First < next {
			err = ErrDamaged
		}
		if err == nil && p.Body != nil {
			err = p.read(page)
		}
		if err != nil {
			if _, ok := errors.AsType[*Damage](err); !ok && !errors.Is(err, ErrChanged) { // which name the run
				err = fmt.Errorf("run %s: %w", run.ID, err)
			}
			return err
		}
		next, rows = p.First+p.Rows, rows+p.Rows
	}
	if err := between(next, math.MaxUint64); err != nil {
		return err
	}
	if rows != run.Observations && run.Finished() { // one that is being written goes on
		return &Damage{Run: run.ID, What: fmt.Sprintf("%d rows can be found, and it counts %d", rows, run.Observations)}
	}
	return nil
}

// OfHost reads what a run holds of one address, by port. It reads the sieves of the run, a thousandth of its size, and the pages and rows
// that speak of the address. Memory grows with the rows of the address alone.
func OfHost(ctx context.Context, s Store, run *Run, addr netip.Addr) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		var seqs []uint64
		err := covered(ctx, s, run, addr, func(e entry) {
			if e.addr == addr {
				seqs = append(seqs, e.seqs...)
			}
		}, func(o Numbered) {
			if o.Addr == addr {
				seqs = append(seqs, o.Seq)
			}
		})
		if err != nil {
			yield(nil, err)
			return
		}
		if len(seqs) > 0 {
			these(ctx, s, run, seqs, yield)
		}
	}
}

// these gives rows by Seq, in the order of address and port. Whether more is wanted after the last one, it tells; a row that is not there is an
// error.
func these(ctx context.Context, s Store, run *Run, seqs []uint64, yield func(*signet.Observation, error) bool) (more bool) {
	left := len(seqs)
	for o, err := range numbered(ctx, s, run, Which{Order: ByAddress, Only: seqs}) {
		if err != nil {
			yield(nil, err)
			return false
		}
		left--
		if !yield(o.Observation, nil) {
			return false
		}
	}
	if left > 0 {
		yield(nil, fmt.Errorf("run %s: %w", run.ID, ErrChanged))
		return false
	}
	return true
}
