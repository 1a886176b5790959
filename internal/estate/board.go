package estate

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"signet"
	"signet/internal/judge"
	"signet/internal/owner"
)

// State is what is known, and being done, of a row.
type State uint8

// The states of a row. Who works at it says InWork, or that it is mended and to be verified; all else follows from what was observed and
// the policy.
const (
	Open State = iota
	InWork
	Excepted // somebody accepted it until a day
	ToVerify // it was there, and what was asked last does not tell whether it still is; or somebody says since that it is mended
	Closed   // it was seen not to be there any more
)

// NotClosed are the states of what was broken and was not seen to be mended.
func NotClosed() []State { return []State{Open, InWork, Excepted, ToVerify} }

func stateWords() []string { return []string{"open", "in-work", "excepted", "to-verify", "closed"} }

func (s State) String() string { return stateWords()[min(s, Closed)] }

// ParseState reads what String wrote.
func ParseState(word string) (State, bool) {
	i := slices.Index(stateWords(), word)
	return State(max(i, 0)), i >= 0
}

// Row is a row of the board: a rule that is, or was, broken at an endpoint.
type Row struct {
	ID       ID
	Rule     string
	Title    string
	Severity signet.Severity
	Host     ID     // that has the row now; zero where nothing is known of it any more
	Name     string // of the host
	Endpoint signet.Endpoint
	Check    string
	Where    string
	Verdict  signet.Verdict // of the endpoint, when the rule was last seen to be broken
	Because  []string
	State    State
	Site     string
	Run      string // that saw it; "" where it is only remembered
	First    time.Time
	Seen     time.Time // when the rule was last seen to be broken
	Closed   time.Time // when it was seen not to be; zero: it was not

	// Exception is the one that covers it, or did; nil where none does.
	Exception *judge.Exception
	Mark      Mark
	Owner     string // whom somebody named, else whom a rule of owners names
	ByRule    bool   // the owner is by a rule
}

// Mark is what people say of a row, as far as a board asks for it.
type Mark struct {
	Owner  string
	InWork bool
	Mended time.Time // somebody says that it is, since then; zero: nobody does
}

// Board is the findings of an estate, accepted ones too, and those known before, each with its state. It is not changed any more
// and may be shared.
type Board struct {
	e     *Estate
	known *Memory
	items []item   // severest first
	hosts []uint32 // in known, of its rows; for those that are only remembered
	rules []string // by name
	ids   []uint32 // items, by ID
	words []uint32 // texts of known that say where rows stand, and by which check
	marks map[int]Mark
	owned []int // items with an owner
	// A bit for each item: somebody works at it, says since it was seen that it is mended.
	work, mended []uint64
	given        []uint16 // of items: which rule of owners names one, and one more; 0: none, nil: there are no rules
	owners       *owner.Matcher
}

// item is a row, in short.
type item struct {
	known    uint32 // in known.rows, the first of which are those of Estate.rows; the others are only remembered
	rule     uint16
	severity signet.Severity
	state    State
}

// place is where a row stands.
func (e *Estate) place(w *row) place {
	r := e.sources[w.source].Reading
	b := &r.breaches[w.breach]
	d, x := &r.doors[b.door], r.flaw(b)
	k := r.kind(d)
	return place{addr: e.addrOf(&e.spots[w.spot]), port: r.way(d).port, transport: k.transport, rule: r.word(x.rule), check: r.word(k.check), where: r.word(x.where)}
}

// arrange orders the items: the severest first, then by rule and place. They come by place, those that are only remembered behind the
// others, so that sorting them by what few values there are of severity and rule leaves next to nothing to sort.
func (b *Board) arrange() {
	at, words := map[string]uint16{}, map[uint32]bool{}
	ruled := make([]int32, len(b.known.abouts)) // where the rule of an about is in b.rules, and one more
	for i := range b.items {
		if k := b.known.rows[b.items[i].known].about; ruled[k] == 0 {
			a := &b.known.abouts[k]
			ruled[k], words[a.where], words[a.check] = 1, true, true
			at[b.known.texts.word(a.rule)] = 0
		}
	}
	b.words = slices.Sorted(maps.Keys(words))
	b.rules = slices.Sorted(maps.Keys(at))
	for i, rule := range b.rules {
		at[rule] = uint16(min(i, 1<<16-1))
	}
	for k := range ruled {
		if ruled[k] != 0 {
			ruled[k] = int32(at[b.known.texts.word(b.known.abouts[k].rule)])
		}
	}
	group := func(x *item) int { return int(signet.Critical-x.severity)*len(b.rules) + int(x.rule) }
	from := make([]int, (int(signet.Critical)+1)*len(b.rules)+1) // where the items of a group begin
	for i := range b.items {
		x := &b.items[i]
		x.rule = uint16(ruled[b.known.rows[x.known].about])
		from[group(x)+1]++
	}
	for g := range len(from) - 1 {
		from[g+1] += from[g]
	}
	put := slices.Clone(from)
	list, room := make([]item, len(b.items)), b.items
	for i := range b.items {
		g := group(&b.items[i])
		list[put[g]] = b.items[i]
		put[g]++
	}
	b.items = list
	for g := range len(from) - 1 {
		b.meet(list[from[g]:from[g+1]], room[from[g]:from[g+1]])
	}
	b.ids = byID(len(b.items), func(i int) *ID { return &b.known.rows[b.items[i].known].id })
}

// meet orders the items of a group: those that are there and those that are only remembered, each of which come by address. room is for as many.
func (b *Board) meet(list, room []item) {
	there := slices.IndexFunc(list, func(x item) bool { return !b.there(&x) })
	if there < 0 {
		there = len(list)
	}
	gone := list[there:]
	for at := 0; at < there; { // those of an address
		end := at + 1
		for end < there && b.spot(&list[end]) == b.spot(&list[at]) {
			end++
		}
		slices.SortFunc(list[at:end], func(x, y item) int { return b.byPlace(&x, &y) })
		at = end
	}
	if len(gone) == 0 {
		return
	}
	slices.SortFunc(gone, func(x, y item) int { return b.byPlace(&x, &y) })
	room = room[:0]
	rest := list[:there]
	for i := range gone {
		n, _ := slices.BinarySearchFunc(rest, gone[i], func(x, y item) int { return b.byPlace(&x, &y) })
		room = append(append(room, rest[:n]...), gone[i])
		rest = rest[n:]
	}
	copy(list, append(room, rest...))
}

// byPlace orders items of one rule.
func (b *Board) byPlace(x, y *item) int {
	if b.there(x) && b.there(y) { // which stand by address and port
		if p, q := b.spot(x), b.spot(y); p != q {
			return cmp.Compare(p, q)
		}
	}
	return b.place(x).compare(b.place(y), b.id(x), b.id(y))
}

// there tells whether the row is one of the estate's; else it is only remembered.
func (b *Board) there(x *item) bool { return int(x.known) < len(b.e.rows) }

// spot is that of a row that is there.
func (b *Board) spot(x *item) uint32 { return b.e.rows[x.known].spot }

func (b *Board) id(x *item) ID        { return b.known.rows[x.known].id }
func (b *Board) about(x *item) *about { return b.known.about(&b.known.rows[x.known]) }
func (b *Board) addr(x *item) netip.Addr {
	if b.there(x) {
		return b.e.addrOf(&b.e.spots[b.spot(x)])
	}
	h := &b.known.hosts[b.hostOf(x)]
	return addrOf(h.hi, h.lo)
}

// index lets hosts be found by their rows.
func (b *Board) index() {
	b.hosts = make([]uint32, len(b.known.hosts))
	for i := range b.hosts {
		b.hosts[i] = uint32(i)
	}
	slices.SortFunc(b.hosts, func(x, y uint32) int { return cmp.Compare(b.known.hosts[x].rows, b.known.hosts[y].rows) })
}

// hostOf is the remembered host of an item that is only remembered.
func (b *Board) hostOf(x *item) int {
	n, _ := slices.BinarySearchFunc(b.hosts, x.known, func(h, row uint32) int {
		k := &b.known.hosts[h]
		switch {
		case k.rows > row:
			return 1
		case k.rows+k.n <= row:
			return -1
		}
		return 0
	})
	return int(b.hosts[n])
}

func (b *Board) place(x *item) place {
	a, t := b.about(x), &b.known.texts
	return place{addr: b.addr(x), port: b.known.rows[x.known].port, transport: a.transport(), rule: t.word(a.rule), check: t.word(a.check), where: t.word(a.where)}
}

// Marked is the board with what people say of its rows, by ID. Marks of rows that are not there are left out.
func (b *Board) Marked(marks map[ID]Mark) *Board {
	c := *b
	c.marks, c.owned, c.work, c.mended = map[int]Mark{}, nil, make([]uint64, len(b.items)/64+1), make([]uint64, len(b.items)/64+1)
	for id, m := range marks {
		i := b.find(id)
		if i < 0 {
			continue
		}
		c.marks[i] = m
		if m.Owner != "" {
			c.owned = append(c.owned, i)
		}
		if m.InWork {
			c.work[i/64] |= 1 << (i % 64)
		}
		if k := &b.known.rows[b.items[i].known]; m.Mended.UnixMilli() > k.at() { // an observation since then knows better
			c.mended[i/64] |= 1 << (i % 64)
		}
	}
	for i, rule := range c.given {
		if rule > 0 && c.marks[i].Owner == "" {
			c.owned = append(c.owned, i)
		}
	}
	slices.Sort(c.owned)
	return &c
}

func (b *Board) find(id ID) int {
	n, ok := slices.BinarySearchFunc(b.ids, id, func(i uint32, id ID) int {
		x := b.id(&b.items[i])
		return slices.Compare(x[:], id[:])
	})
	if !ok {
		return -1
	}
	return int(b.ids[n])
}

// state is that of an item with what people say of it: that counts of what is open, and nowhere else. What they say closes nothing.
func (b *Board) state(i int) State {
	has := func(bits []uint64) bool { return bits != nil && bits[i/64]&(1<<(i%64)) != 0 }
	switch s := b.items[i].state; {
	case s != Open:
		return s
	case has(b.work):
		return InWork
	case has(b.mended):
		return ToVerify
	}
	return Open
}

// Rows is how many rows the board has, closed ones too.
func (b *Board) Rows() int { return len(b.items) }

// Row is the row of an ID.
func (b *Board) Row(id ID) (Row, bool) {
	i := b.find(id)
	if i < 0 {
		return Row{}, false
	}
	return b.expand(i), true
}

// expand writes a row out.
func (b *Board) expand(i int) Row {
	x, e := &b.items[i], b.e
	p, k, a := b.place(x), &b.known.rows[x.known], b.about(x)
	out := Row{ID: k.id, Rule: p.rule, Severity: x.severity, Check: p.check, Where: p.where, State: b.state(i), Mark: b.marks[i], First: time.Unix(int64(k.first), 0).UTC(),
		Verdict: a.verdict(), Because: sentences(b.known.texts.word(a.because)), Site: b.site(x), Seen: time.UnixMilli(k.at()).UTC()}
	out.Owner, out.ByRule = b.ownerOf(i)
	out.Endpoint = signet.Endpoint{Target: signet.Target{Addr: p.addr}, Port: p.port, Transport: p.transport}
	if !b.there(x) {
		h := &b.known.hosts[b.hostOf(x)]
		out.Name = b.known.texts.word(h.name)
		if closed := b.known.closed.of(x.known); closed != 0 {
			out.Closed = time.Unix(int64(closed), 0).UTC()
		}
		if at := e.at(p.addr); at >= 0 && !another(e.shown(at), b.known.texts.word(h.shown)) && e.spots[at].flags&spotClient == 0 {
			out.Host = e.id(at)
		}
		if s := e.sourceOf(out.Site); s != nil {
			out.Title = s.Judge.Title(p.rule)
		}
		return out
	}
	w := &e.rows[x.known]
	src := &e.sources[w.source]
	out.Title, out.Host, out.Name, out.Run = src.Judge.Title(p.rule), e.id(int(w.spot)), e.title(int(w.spot)), src.Reading.Head.Run
	if covers := e.covers.of(x.known); covers > 0 {
		out.Exception = e.excused[covers-1]
		if w.flags&rowExpired != 0 {
			r := judge.Rated{On: true, Exception: out.Exception, Expired: true}
			out.Because = append(out.Because, r.Because(p.rule))
		}
	}
	return out
}

// sourceOf is one of the readings of a site; nil: there is none.
func (e *Estate) sourceOf(site string) *Source {
	i := slices.IndexFunc(e.sources, func(s Source) bool { return s.Site == site })
	if i < 0 {
		return nil
	}
	return &e.sources[i]
}
