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
	fresh []ID    // of those of e.rows that stood nowhere, in order
	next  *memo
	words [][]uint32 // of sources: where their texts are in next; 0: not yet, unless it is the empty one
	alone bool       // rows of other sites need not stay
	board *Board

	// Where the board is made of one that rates otherwise what stands at the same places, and m is what that knows:
	before *Board   // whose rows are the first ones of m
	hostOf []uint32 // of m.rows: its host in m
	kept   []bool   // of e.rows: it was a row of before, too
}

// Board holds an estate against what is remembered, and gives what is to be remembered next: all that is known before and what is
// there now. Of what is remembered of other sites than the estate's it shows nothing, but what it gives keeps it.
//
// A row is the one that stood at its place, unless another host lives there now; else the one of its ID, wherever that was.
func (e *Estate) Board(m *Memory) (*Board, *Memory) {
	b := e.recall(m, nil, false)
	return b, b.known
}

// Rerated is the board of an estate that Estate.Rerated made of the board's, and what is to be remembered next: as Estate.Board makes it of
// what this one knows, but in less time, since hosts and rows are where they were.
func (b *Board) Rerated(e *Estate) (*Board, *Memory) {
	c := e.recall(b.known, b, false)
	return c, c.known
}

// BoardAlone is the board alone: what it holds in memory grows with what it shows, not with what is remembered.
func (e *Estate) BoardAlone(m *Memory) *Board { return e.recall(m, nil, true) }

func (e *Estate) recall(m *Memory, before *Board, alone bool) *Board {
	if m == nil {
		m = &Memory{}
	}
	r := &recall{e: e, m: m, alone: alone, taken: make([]bool, len(m.rows)), was: make([]int32, len(e.rows)), words: make([][]uint32, len(e.sources)), board: &Board{e: e}}
	if before != nil {
		r.goOn(before)
	}
	fresh := 0
	for i := range e.spots {
		fresh += r.places(i)
	}
	if fresh > 0 {
		r.fresh = make([]ID, 0, fresh)
		r.name()
	}
	rows := len(e.rows) // and those that are only remembered
	for _, taken := range r.taken {
		if !taken && !alone {
			rows++
		}
	}
	if r.board.items = make([]item, 0, rows); before != nil {
		r.next = goOn(m, rows)
	} else {
		r.next = newMemo(rows)
	}
	for i := range e.spots {
		r.present(i)
	}
	r.past()
	b := r.board
	b.known = r.next.memory() // what it took to make this is let go by now
	b.index()
	b.arrange()
	return b
}

// goOn begins with a board of the same hosts.
func (r *recall) goOn(before *Board) {
	r.before, r.kept = before, make([]bool, len(r.e.rows))
	r.hostOf = make([]uint32, len(r.m.rows))
	for h := range r.m.hosts {
		for k := range r.m.hosts[h].n {
			r.hostOf[r.m.hosts[h].rows+k] = uint32(h)
		}
	}
}

// keeps finds a row of a spot among those that the board before had of it; -1: it had none.
func (r *recall) keeps(i int, w *row) int32 {
	if r.before == nil {
		return -1
	}
	e := r.before.e
	for k := e.rowsAt[i]; k < e.rowsAt[i+1]; k++ {
		if x := &e.rows[k]; x.breach == w.breach && x.source == w.source {
			return int32(k)
		}
	}
	return -1
}

// places finds the rows of a host that stood where they stand, and tells how many others there are.
func (r *recall) places(i int) (fresh int) {
	from, to := r.e.rowsAt[i], r.e.rowsAt[i+1]
	if from == to {
		return 0
	}
	all := true
	for w := from; w < to; w++ {
		if r.was[w] = r.keeps(i, &r.e.rows[w]); r.was[w] >= 0 {
			r.kept[w], r.taken[r.was[w]] = true, true
		} else {
			all = false
		}
	}
	if all {
		return 0
	}
	addr, shown := r.e.addrOf(&r.e.spots[i]), r.e.shown(i)
	before := r.m.at(addr)
	for w := from; w < to; w++ {
		if r.was[w] >= 0 {
			continue
		}
		for h := range before {
			if !another(r.m.texts.word(before[h].shown), shown) {
				r.here(w, &before[h])
			}
		}
		if r.was[w] < 0 {
			fresh++
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
	ordered := byID(len(r.m.rows), func(k int) *ID { return &r.m.rows[k].id })
	find := func(id ID) int32 {
		n, ok := slices.BinarySearchFunc(ordered, id, func(k uint32, id ID) int { return slices.Compare(r.m.rows[k].id[:], id[:]) })
		if !ok {
			return -1
		}
		return int32(ordered[n])
	}
	for i := range r.e.spots {
		from, to := r.e.rowsAt[i], r.e.rowsAt[i+1]
		var host ID
		first := len(r.fresh)
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
				for n := 1; k >= 0 || slices.Contains(r.fresh[first:], id); n++ {
					id = idOf("again", string(id[:]), p.addr.String(), strconv.Itoa(n))
					k = find(id)
				}
				r.fresh = append(r.fresh, id)
			}
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
	if r.kept != nil && r.kept[from] {
		r.next.hostAgain(r.m, &r.m.hosts[r.hostOf[r.was[from]]])
	} else {
		hi, lo := halves(e.addrOf(&e.spots[i]))
		r.next.host(hi, lo, e.title(i), e.shown(i), strings.Join(e.roles(i), " "))
	}
	for w := from; w < to; w++ {
		x := &e.rows[w]
		one := item{known: uint32(len(r.next.m.rows)), severity: x.severity}
		if x.flags&rowExcepted != 0 {
			one.state = Excepted
		}
		r.board.items = append(r.board.items, one)
		if r.kept != nil && r.kept[w] {
			r.next.rated(r.m.rows[r.was[w]], x.severity)
			continue
		}
		src := &e.sources[x.source]
		b := &src.Reading.breaches[x.breach]
		d, f := &src.Reading.doors[b.door], src.Reading.flaw(b)
		kind, seen := src.Reading.kind(d), src.Reading.observed(d)
		k := known{first: uint32(seen.Unix()), port: src.Reading.way(d).port}
		k.saw(seen.UnixMilli())
		a := about{
			flags: uint8(kind.transport), state: uint8(x.severity) | uint8(src.Reading.way(d).verdict())<<4,
			rule: r.word(x.source, f.rule), check: r.word(x.source, kind.check), where: r.word(x.source, f.where), because: r.word(x.source, f.because),
			unasked: r.word(x.source, src.Reading.note(d).unasked), site: r.next.in.word(src.Site),
		}
		if r.was[w] >= 0 {
			k.id, k.first = r.m.rows[r.was[w]].id, r.m.rows[r.was[w]].first
		}
		if r.was[w] < 0 {
			k.id, r.fresh = r.fresh[0], r.fresh[1:]
		}
		r.next.add(k, a, 0)
	}
}

// word is a text of a reading in what is remembered next.
func (r *recall) word(source uint16, text uint32) uint32 {
	if r.words[source] == nil {
		r.words[source] = make([]uint32, len(r.e.sources[source].Reading.ends))
	}
	at := &r.words[source][text]
	if *at == 0 {
		*at = r.next.in.word(r.e.sources[source].Reading.word(text))
	}
	return *at
}

// past writes the rows that are not there, and what became of them.
func (r *recall) past() {
	look, sites := lookup{r.e}, r.e.Sites()
	for i := range r.m.hosts {
		h := &r.m.hosts[i]
		begun := false
		for k := h.rows; k < h.rows+h.n; k++ {
			if r.taken[k] || r.alone && !slices.Contains(sites, r.m.texts.word(r.m.about(&r.m.rows[k]).site)) {
				continue
			}
			if !begun {
				begun = true
				r.next.hostAgain(r.m, h)
			}
			n, a, closed := r.m.rows[k], *r.m.about(&r.m.rows[k]), r.m.closed.of(k)
			was := a
			if slices.Contains(sites, r.m.texts.word(a.site)) {
				if state, hidden := look.settle(r.m, h, &n, &a, &closed); !hidden {
					r.board.items = append(r.board.items, item{known: uint32(len(r.next.m.rows)), severity: a.severity(), state: state})
				}
			}
			if a != was { // it is rated otherwise by now
				r.next.add(n, r.next.here(r.m, a), closed)
				continue
			}
			r.next.again(r.m, n, closed)
		}
	}
}
