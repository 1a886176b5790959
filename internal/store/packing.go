package store

import "fmt"

// packed is a transaction that waits to be committed, and what its rows are made of.
type packed struct {
	Batch
	run   Run
	rows  []Row
	room  leaves
	page  []byte
	sieve []byte

	committed []func()
}

// leaves is where the values of a transaction are put, leaf by leaf: rows point into them, so that none of them grows.
type leaves struct {
	list [][]byte
	at   int
}

const leafBytes = 256 << 10

func (l *leaves) reset() {
	for i := range l.list {
		l.list[i] = l.list[i][:0]
	}
	l.at = 0
}

// leaf is one with room for n bytes more.
func (l *leaves) leaf(n int) *[]byte {
	for ; l.at < len(l.list); l.at++ {
		if b := &l.list[l.at]; cap(*b)-len(*b) >= n {
			return b
		}
	}
	l.list = append(l.list, make([]byte, 0, max(n, leafBytes)))
	return &l.list[l.at]
}

type kindKey struct {
	check   string
	version int
}

// packers are a kind's; known ones come from the store.
type packers struct {
	kind         Kind
	facts, trace packer
}

// pack makes a transaction of a batch; there may be nothing to commit.
func (r *Recorder) pack(out *packed, full *batch, at Progress) (some bool, err error) {
	if r.progress != nil {
		moved := at.Low != r.run.Progress.Low || at.Addresses != r.run.Progress.Addresses
		r.run.Progress, r.rest = at, r.rest || moved
	}
	if len(full.list) == 0 && len(full.committed) == 0 && !r.rest {
		return false, nil
	}
	out.run = r.run
	out.Batch = Batch{Run: &out.run, Durable: r.durable}
	out.committed = append(out.committed[:0], full.committed...)
	out.rows = out.rows[:0]
	out.room.reset()
	rest := full.bytes
	r.page.reset()
	for i := range full.list {
		p := &full.list[i]
		r.page.add(p.Addr, uint64(i), p.said)
		k, err := r.kind(p.key, &out.Batch)
		if err != nil {
			return false, err
		}
		p.Row.Kind = k.kind.ID
		body, trace := rest[:p.body], rest[p.body:p.body+p.trace]
		rest = rest[p.body+p.trace:]
		p.Row.Body = r.value(out, k, &k.facts, &k.kind.Facts, body)
		if len(trace) > 0 {
			p.Row.Trace = r.value(out, k, &k.trace, &k.kind.Trace, trace)
		}
		out.rows = append(out.rows, p.Row)
	}
	out.Rows = out.rows
	if len(out.rows) > 0 {
		out.page = r.page.append(out.page[:0])
		out.sieve = appendSieve(out.sieve[:0], r.page.list)
		out.Page, out.Sieve = out.page, out.sieve
	}
	r.rest = false
	return true, nil
}

// value packs one value, and notes what its kind learned by it.
func (r *Recorder) value(out *packed, k *packers, p *packer, dictionary *[]byte, plain []byte) []byte {
	leaf := out.room.leaf(mostPacked(plain))
	from := len(*leaf)
	var learned bool
	if *leaf, learned = p.pack(*leaf, plain); learned {
		*dictionary = p.content
		out.Kinds = append(out.Kinds, k.kind)
	}
	return (*leaf)[from:len(*leaf):len(*leaf)]
}

// kind finds or founds the kind of an observation.
func (r *Recorder) kind(key kindKey, out *Batch) (*packers, error) {
	if id, ok := r.ids[key]; ok {
		return r.packers[id], nil
	}
	const most = 256 // each of them has dictionaries, in memory
	if len(r.ids) >= most {
		return nil, fmt.Errorf("more than %d kinds of observations in one run", most)
	}
	k := &packers{kind: Kind{ID: uint16(len(r.ids) + 1), Check: key.check, Version: key.version}}
	r.ids[key], r.packers[k.kind.ID] = k.kind.ID, k
	out.Kinds = append(out.Kinds, k.kind)
	return k, nil
}
