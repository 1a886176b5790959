package store

import (
	"context"
	"iter"
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

// ReadIndex reads the index of a run.
func ReadIndex(ctx context.Context, s Store, run *Run) (*Index, error) {
	ix := &Index{}
	var scratch []byte
	err := covered(ctx, s, run, netip.Addr{}, func(e entry) { ix.hosts = append(ix.hosts, e) }, func(o Numbered) {
		e := entry{addr: o.Addr}
		var what said
		what, scratch = sum(o.Observation, check.FactsJSON(o.Observation), scratch)
		e.add(o.Seq, what)
		ix.hosts = append(ix.hosts, e)
	})
	if err != nil {
		return nil, err
	}
	ix.settle()
	return ix, nil
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
			more := these(ctx, s, run, seqs, yield)
			seqs = seqs[:0]
			return more
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
