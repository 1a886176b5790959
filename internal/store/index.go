package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// Index is a run in short: its addresses in order, what stands where, and a sum of what each said.
type Index struct{ hosts []entry }

// Short is an address of an index: how many endpoints have something there, and the sum of their check.Digest. Where several
// sources may speak of one endpoint neither tells what stands.
type Short struct {
	Addr    netip.Addr
	Reached uint64
	Digest  uint64
	Several bool
}

// ReadIndex reads the index of a run. What no page covers is read row by row: rows of an older version, and those of a page
// that Drop took a row of.
func ReadIndex(ctx context.Context, s Store, run *Run) (*Index, error) {
	ix := &Index{}
	next := uint64(1)
	for p, err := range s.Pages(ctx, run.ID) {
		if err == nil && p.First > next {
			err = ix.scan(ctx, s, run, next, p.First-1)
		} else if err == nil && p.First < next {
			err = ErrDamaged
		}
		if err == nil {
			err = p.read(func(e entry) { ix.hosts = append(ix.hosts, e) })
		}
		if err != nil {
			if _, ok := errors.AsType[*Damage](err); !ok { // which names the run
				err = fmt.Errorf("run %s: %w", run.ID, err)
			}
			return nil, err
		}
		next = p.First + p.Rows
	}
	if err := ix.scan(ctx, s, run, next, math.MaxUint64); err != nil {
		return nil, err
	}
	n := uint64(0)
	for i := range ix.hosts {
		n += uint64(len(ix.hosts[i].seqs))
	}
	if n != run.Observations && run.Finished() { // one that is being written goes on
		return nil, &Damage{Run: run.ID, What: fmt.Sprintf("%d rows can be found, and it counts %d", n, run.Observations)}
	}
	ix.settle()
	return ix, nil
}

// scan indexes rows that no page covers.
func (ix *Index) scan(ctx context.Context, s Store, run *Run, first, last uint64) error {
	var scratch []byte
	for o, err := range numbered(ctx, s, run, Which{First: first, Last: last}) {
		if err != nil {
			return err
		}
		e := entry{addr: o.Addr}
		var what said
		what, scratch = sum(o.Observation, check.FactsJSON(o.Observation), scratch)
		e.add(o.Seq, what)
		ix.hosts = append(ix.hosts, e)
	}
	return nil
}

// settle puts the entries in order and makes one of those of an address.
func (ix *Index) settle() {
	slices.SortStableFunc(ix.hosts, func(x, y entry) int { return x.addr.Compare(y.addr) })
	out := ix.hosts[:0]
	for _, e := range ix.hosts {
		if n := len(out); n > 0 && out[n-1].addr == e.addr {
			last := &out[n-1]
			last.seqs, last.several = append(last.seqs, e.seqs...), last.several || e.several
			last.reached, last.digest = last.reached+e.reached, last.digest+e.digest
			continue
		}
		out = append(out, e)
	}
	ix.hosts = slices.Clip(out)
}

// Hosts yields every address, in order.
func (ix *Index) Hosts() iter.Seq[Short] {
	return func(yield func(Short) bool) {
		for i := range ix.hosts {
			if e := &ix.hosts[i]; !yield(Short{e.addr, e.reached, e.digest, e.several}) {
				return
			}
		}
	}
}

// atOnce is how many rows one question names.
const atOnce = 4000

// Observations reads what a run holds of some addresses, which are given in order. Where they are many the whole run is read:
// a row by itself costs ten times one in a row of rows.
func (ix *Index) Observations(ctx context.Context, s Store, run *Run, addrs []netip.Addr) iter.Seq2[*signet.Observation, error] {
	if len(addrs) > len(ix.hosts)/8 {
		return only(Observations(ctx, s, run, ByAddress), addrs)
	}
	return func(yield func(*signet.Observation, error) bool) {
		var seqs []uint64
		read := func() bool {
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
			seqs = seqs[:0]
			return true
		}
		at := 0
		for _, a := range addrs {
			for at < len(ix.hosts) && ix.hosts[at].addr.Less(a) {
				at++
			}
			if at == len(ix.hosts) || ix.hosts[at].addr != a {
				continue
			}
			if more := ix.hosts[at].seqs; len(seqs) > 0 && len(seqs)+len(more) > atOnce && !read() {
				return
			}
			seqs = append(seqs, ix.hosts[at].seqs...)
		}
		if len(seqs) > 0 {
			read()
		}
	}
}

// only passes on what is of some addresses; both come in order.
func only(run iter.Seq2[*signet.Observation, error], addrs []netip.Addr) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		for o, err := range run {
			if err != nil {
				yield(nil, err)
				return
			}
			for len(addrs) > 0 && addrs[0].Less(o.Addr) {
				addrs = addrs[1:]
			}
			if len(addrs) > 0 && addrs[0] == o.Addr && !yield(o, nil) {
				return
			}
		}
	}
}
