package store

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// Page says in short what the rows of one transaction are: which belong to which address, and the sum of what they say.
type Page struct {
	First uint64 // Seq of the first row
	Rows  uint64 // how many, one after another
	Body  []byte
}

// entry is what rows of one address come to.
type entry struct {
	addr    netip.Addr
	seqs    []uint64
	reached uint64 // how many have something there
	digest  uint64 // sum of theirs: rows of a host may come in any order, and lie in several pages
	several bool   // several sources may speak of one endpoint: how many there are is not known without reading them
}

// said is what a page keeps of a row, besides its address.
type said struct {
	reached, several bool
	digest           uint64
}

// sum sums up an observation. A client is none of an endpoint.
func sum(o *signet.Observation, facts, scratch []byte) (said, []byte) {
	s := said{reached: o.Reached() && o.Check != signet.ClientCheck, several: o.Source != ""}
	if s.reached {
		s.digest, scratch = check.Digest(o, facts, scratch)
	}
	return s, scratch
}

func (e *entry) add(seq uint64, s said) {
	e.seqs = append(e.seqs, seq)
	e.several = e.several || s.several
	if s.reached {
		e.reached++
		e.digest += s.digest
	}
}

// pageForm is the first byte of a body.
const pageForm = 1

// pager gathers the entries of a page; index numbers its rows from 0.
type pager struct {
	byAddr map[netip.Addr]int
	list   []entry
}

func (p *pager) reset() {
	if p.byAddr == nil {
		p.byAddr = map[netip.Addr]int{}
	}
	clear(p.byAddr)
	p.list = p.list[:0]
}

func (p *pager) add(addr netip.Addr, index uint64, s said) {
	at, ok := p.byAddr[addr]
	if !ok {
		at = len(p.list)
		p.byAddr[addr] = at
		if len(p.list) < cap(p.list) {
			p.list = p.list[:at+1] // its seqs keep their room
			p.list[at] = entry{addr: addr, seqs: p.list[at].seqs[:0]}
		} else {
			p.list = append(p.list, entry{addr: addr})
		}
	}
	p.list[at].add(index, s)
}

// append appends the body of the page.
func (p *pager) append(b []byte) []byte {
	slices.SortFunc(p.list, func(x, y entry) int { return x.addr.Compare(y.addr) })
	b = append(b, pageForm)
	for i := range p.list {
		e := &p.list[i]
		b = append(b, byte(e.addr.BitLen()/8))
		b, _ = e.addr.AppendBinary(b) // it never fails; rows have no zones
		b = binary.AppendUvarint(b, uint64(len(e.seqs)))
		last := uint64(0)
		for _, s := range e.seqs {
			b = binary.AppendUvarint(b, s-last)
			last = s
		}
		several := uint64(0)
		if e.several {
			several = 1
		}
		b = binary.AppendUvarint(b, e.reached<<1|several)
		if e.reached > 0 {
			b = binary.BigEndian.AppendUint64(b, e.digest)
		}
	}
	return b
}

// read gives the entries of a page to f.
func (p *Page) read(f func(entry)) error {
	if len(p.Body) == 0 || p.Body[0] != pageForm {
		return ErrDamaged
	}
	c := cursor{b: p.Body[1:]}
	rows := uint64(0)
	for len(c.b) > 0 {
		var e entry
		addr := c.section()
		var ok bool
		if e.addr, ok = netip.AddrFromSlice(addr); !ok {
			return ErrDamaged
		}
		n := c.number()
		if n == 0 || n > p.Rows-rows {
			return ErrDamaged
		}
		rows += n
		e.seqs = make([]uint64, n)
		at := uint64(0)
		for i := range e.seqs {
			step := c.number()
			if step >= p.Rows-at {
				return ErrDamaged
			}
			at += step
			e.seqs[i] = p.First + at
		}
		counted := c.number()
		if e.reached, e.several = counted>>1, counted&1 != 0; e.reached > n {
			return ErrDamaged
		}
		if e.reached > 0 {
			if len(c.b) < 8 {
				return ErrDamaged
			}
			e.digest, c.b = binary.BigEndian.Uint64(c.b), c.b[8:]
		}
		if c.bad {
			return ErrDamaged
		}
		f(e)
	}
	if c.bad || rows != p.Rows {
		return ErrDamaged
	}
	return nil
}
