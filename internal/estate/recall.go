package estate

import (
	"slices"
	"strconv"
	"strings"
)

// recall holds the rows of an estate against what is remembered.
type recall struct {
	e     *Estate
	m     *Memory
	taken []bool  // of m.rows: a row of the estate is that row
	was   []int32 // of e.rows: which row of m it is; -1: none
	ids   []ID    // of e.rows; nil: all of them were known
	next  *memo
	words [][]uint32 // of sources: where their texts are in next; 0: not yet, unless it is the empty one
	alone bool       // rows of other sites need not stay
	board *Board
}

// Board holds an estate against what is remembered, and gives what is to be remembered next: all that is known before and what is
// there now. Of what is remembered of other sites than the estate's it shows nothing, but what it gives keeps it.
//
// A row is the one that stood at its place, unless another host lives there now; else the one of its ID, wherever that was.
func (e *Estate) Board(m *Memory) (*Board, *Memory) {
	b := e.recall(m, false)
	return b, b.known
}

// BoardAlone is the board alone: what it holds in memory grows with what it shows, not with what is remembered.
func (e *Estate) BoardAlone(m *Memory) *Board { return e.recall(m, true) }

func (e *Estate) recall(m *Memory, alone bool) *Board {
	if m == nil {
		m = &Memory{}
	}
	r := &recall{e: e, m: m, alone: alone, taken: make([]bool, len(m.rows)), was: make([]int32, len(e.rows)), words: make([][]uint32, len(e.sources)), board: &Board{e: e}}
	r.next = newMemo(max(len(m.rows), len(e.rows)))
	if alone {
		r.next = newMemo(len(e.rows))
	}
	for s := range r.words {
		r.words[s] = make([]uint32, len(e.sources[s].Reading.ends))
	}
	fresh := false
	for i := range e.spots {
		fresh = r.places(i) || fresh
	}
	if fresh {
		r.name()
	}
	r.board.items = make([]item, 0, len(e.rows))
	for i := range e.spots {
		r.present(i)
	}
	r.past()
	r.board.known = r.next.memory()
	r.board.index()
	r.board.arrange()
	return r.board
}

// places finds the rows of a host that stood where they stand, and tells whether there are others.
func (r *recall) places(i int) (fresh bool) {
	from, to := r.e.rowsAt[i], r.e.rowsAt[i+1]
	if from == to {
		return false
	}
	addr, shown := r.e.addrOf(&r.e.spots[i]), r.e.shown(i)
	before := r.m.at(addr)
	for w := from; w < to; w++ {
		r.was[w] = -1
		for h := range before {
			if !another(r.m.texts.word(before[h].shown), shown) {
				r.here(w, &before[h])
			}
		}
		if r.was[w] < 0 {
			fresh = true
			continue
		}
		r.taken[r.was[w]] = true
	}
	return fresh
}

// here looks for a row among those of a host. Where two hosts had the address the later one counts.
func (r *recall) here(w uint32, h *knownHost) {
	p := r.e.place(&r.e.rows[w])
	for k := h.rows; k < h.rows+h.n; k++ {
		n := &r.m.rows[k]
		a := r.m.about(n)
		if !r.taken[k] && n.port == p.port && a.transport() == p.transport && r.m.texts.word(a.rule) == p.rule && r.m.texts.word(a.check) == p.check && r.m.texts.word(a.where) == p.where &&
			(r.was[w] < 0 || n.at() > r.m.rows[r.was[w]].at()) {
			r.was[w] = int32(k)
		}
	}
}

// name gives the rows that stood nowhere their IDs, and finds those that stood elsewhere.
func (r *recall) name() {
	r.ids = make([]ID, len(r.was))
	for w, k := range r.was {
		if k >= 0 {
			r.ids[w] = r.m.rows[k].id
		}
	}
	byID := make([]uint32, len(r.m.rows))
	for k := range byID {
		byID[k] = uint32(k)
	}
	slices.SortFunc(byID, func(a, b uint32) int { return slices.Compare(r.m.rows[a].id[:], r.m.rows[b].id[:]) })
	find := func(id ID) int32 {
		n, ok := slices.BinarySearchFunc(byID, id, func(k uint32, id ID) int { return slices.Compare(r.m.rows[k].id[:], id[:]) })
		if !ok {
			return -1
		}
		return int32(byID[n])
	}
	for i := range r.e.spots {
		from, to := r.e.rowsAt[i], r.e.rowsAt[i+1]
		var host ID
		for w := from; w < to; w++ {
			if r.was[w] >= 0 {
				continue
			}
			if host == (ID{}) {
				host = r.e.id(i)
			}
			p := r.e.place(&r.e.rows[w])
			id := rowID(host, &p)
			if k := find(id); k >= 0 && !r.taken[k] {
				r.was[w], r.taken[k] = k, true
			} else {
				// Only where a host shows less than it did, or an endpoint breaks a rule twice, does another row have the ID.
				for n := 1; k >= 0 || slices.Contains(r.ids[from:w], id); n++ {
					id = idOf("again", string(id[:]), p.addr.String(), strconv.Itoa(n))
					k = find(id)
				}
			}
			r.ids[w] = id
		}
	}
}

// present writes the rows of a host that are there.
func (r *recall) present(i int) {
	e := r.e
	from, to := e.rowsAt[i], e.rowsAt[i+1]
	if from == to {
		return
	}
	hi, lo := halves(e.addrOf(&e.spots[i]))
	r.next.host(hi, lo, e.title(i), e.shown(i), strings.Join(e.roles(i), " "))
	for w := from; w < to; w++ {
		x := &e.rows[w]
		src := &e.sources[x.source]
		b := &src.Reading.breaches[x.breach]
		d := &src.Reading.doors[b.door]
		kind, seen := &src.Reading.kinds[d.kind], src.Reading.observed(d)
		k := known{first: uint32(seen.Unix()), port: d.port}
		k.saw(seen.UnixMilli())
		a := about{
			flags: uint8(kind.transport), state: uint8(x.severity) | uint8(d.verdict())<<4,
			rule: r.word(x.source, b.rule), check: r.word(x.source, kind.check), where: r.word(x.source, b.where), because: r.word(x.source, b.because),
			unasked: r.word(x.source, src.Reading.notes[d.note].unasked), site: r.next.in.word(src.Site),
		}
		if r.was[w] >= 0 {
			k.id, k.first = r.m.rows[r.was[w]].id, r.m.rows[r.was[w]].first
		}
		if r.ids != nil {
			k.id = r.ids[w]
		}
		one := item{known: uint32(len(r.next.m.rows)), row: int32(w), spot: uint32(i), severity: x.severity}
		if x.flags&rowExcepted != 0 {
			one.state = Excepted
		}
		r.next.add(k, a)
		r.board.items = append(r.board.items, one)
	}
}

// word is a text of a reading in what is remembered next.
func (r *recall) word(source uint16, text uint32) uint32 {
	at := &r.words[source][text]
	if *at == 0 {
		*at = r.next.in.word(r.e.sources[source].Reading.word(text))
	}
	return *at
}

// past writes the rows that are not there, and what became of them.
func (r *recall) past() {
	look, sites := lookup{e: r.e}, r.e.Sites()
	for i := range r.m.hosts {
		h := &r.m.hosts[i]
		begun := false
		for k := h.rows; k < h.rows+h.n; k++ {
			if r.taken[k] || r.alone && !slices.Contains(sites, r.m.texts.word(r.m.about(&r.m.rows[k]).site)) {
				continue
			}
			if !begun {
				begun = true
				r.next.host(h.hi, h.lo, r.m.texts.word(h.name), r.m.texts.word(h.shown), r.m.texts.word(h.roles))
			}
			n, a := r.m.rows[k], *r.m.about(&r.m.rows[k])
			was := a
			if slices.Contains(sites, r.m.texts.word(a.site)) {
				if state, hidden := look.settle(r.m, h, &n, &a); !hidden {
					r.board.items = append(r.board.items, item{known: uint32(len(r.next.m.rows)), row: -1, severity: a.severity(), state: state})
				}
			}
			if a != was { // it is rated otherwise by now
				r.next.add(n, r.next.here(r.m, a))
				continue
			}
			r.next.again(r.m, n)
		}
	}
}
