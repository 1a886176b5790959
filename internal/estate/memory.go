package estate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"signet"
)

// Memory is what a board remembers of rows: each that was ever seen, until it is forgotten. Who keeps it stores its parts whenever
// a run has ended, and gives it to the next board. It is not changed any more and may be shared; the zero Memory remembers nothing.
type Memory struct {
	texts  texts
	hosts  []knownHost // by address
	rows   []known     // of hosts
	closed sparse      // of rows: when one was seen not to be, seconds since 1970; else it was not
	abouts []about
}

// knownHost is a host that had rows, where it was seen last.
type knownHost struct {
	hi, lo uint64
	name   uint32
	shown  uint32 // what it showed of itself
	roles  uint32 // certain ones
	rows   uint32 // the first of them, and how many
	n      uint32
}

// known is a row that was seen. There are many: it is small.
type known struct {
	id     ID
	about  uint32 // in Memory.abouts
	seen   uint32 // when the rule was last seen to be broken, seconds since 1970
	first  uint32
	millis uint16 // beyond seen
	port   uint16
}

// sparse is something that few of many things have, by their numbers: 0 stands for nothing.
type sparse []ofWhich

type ofWhich struct{ of, is uint32 }

// put adds what the last thing up to now has.
func (s *sparse) put(of, is uint32) {
	if is != 0 {
		*s = append(*s, ofWhich{of, is})
	}
}

func (s sparse) of(n uint32) uint32 {
	at, ok := slices.BinarySearchFunc(s, n, func(x ofWhich, n uint32) int { return cmp.Compare(x.of, n) })
	if !ok {
		return 0
	}
	return s[at].is
}

// about is what many rows share.
type about struct {
	rule    uint32
	check   uint32
	where   uint32
	unasked uint32 // what was left out when it was seen last
	because uint32
	site    uint32
	flags   uint8 // transport
	state   uint8 // severity | verdict<<4, when it was seen last
}

func (k *about) severity() signet.Severity   { return signet.Severity(k.state & 0xf) }
func (k *about) verdict() signet.Verdict     { return signet.Verdict(k.state >> 4) }
func (k *about) transport() signet.Transport { return signet.Transport(k.flags) }

// at is when the row was last seen to be broken, milliseconds since 1970.
func (k *known) at() int64 { return int64(k.seen)*1000 + int64(k.millis) }

// mostMillis is the latest moment that a row can tell: in the year 2106.
const mostMillis = math.MaxUint32*1000 + 999

func (k *known) saw(millis int64) {
	millis = min(max(millis, 0), mostMillis)
	k.seen, k.millis = uint32(millis/1000), uint16(millis%1000)
}

func (m *Memory) about(k *known) *about { return &m.abouts[k.about] }

// Rows is how many rows are remembered.
func (m *Memory) Rows() int { return len(m.rows) }

// Forget gives a memory without the rows that were closed before a moment.
func (m *Memory) Forget(before time.Time) *Memory {
	old := func(closed uint32) bool { return closed != 0 && int64(closed) < before.Unix() }
	if !slices.ContainsFunc(m.closed, func(x ofWhich) bool { return old(x.is) }) {
		return m
	}
	w := newMemo(len(m.rows))
	for i := range m.hosts {
		h := &m.hosts[i]
		w.hostAgain(m, h)
		for k := h.rows; k < h.rows+h.n; k++ {
			if !old(m.closed.of(k)) {
				w.again(m, m.rows[k], m.closed.of(k))
			}
		}
	}
	return w.memory()
}

// memo writes a memory.
type memo struct {
	m      *Memory
	in     interner
	abouts map[about]uint32
	moved  []uint32 // what is about what in the memory that rows come from again, and one more; 0: not yet
	goesOn bool     // what is about rows, and every text, has the number that it has in the memory that rows come from again
}

func newMemo(rows int) *memo {
	return &memo{m: &Memory{rows: make([]known, 0, rows)}, abouts: map[about]uint32{}}
}

// goOn begins a memory with what another one has about rows.
func goOn(m *Memory, rows int) *memo {
	w := newMemo(rows)
	w.goesOn, w.in.from, w.m.abouts = true, m.texts, slices.Clip(m.abouts)
	w.m.hosts = make([]knownHost, 0, len(m.hosts))
	for i, a := range m.abouts {
		w.abouts[a] = uint32(i)
	}
	return w
}

// host begins a host. Hosts may come in any order.
func (w *memo) host(hi, lo uint64, name, shown, roles string) {
	w.m.hosts = append(w.m.hosts, knownHost{hi: hi, lo: lo, name: w.in.word(name), shown: w.in.word(shown), roles: w.in.word(roles), rows: uint32(len(w.m.rows))})
}

// hostAgain begins a host of another memory.
func (w *memo) hostAgain(m *Memory, h *knownHost) {
	if !w.goesOn {
		w.host(h.hi, h.lo, m.texts.word(h.name), m.texts.word(h.shown), m.texts.word(h.roles))
		return
	}
	again := *h
	again.rows, again.n = uint32(len(w.m.rows)), 0
	w.m.hosts = append(w.m.hosts, again)
}

// add adds a row to the host.
func (w *memo) add(k known, a about, closed uint32) {
	k.about = w.about(a)
	w.put(k, closed)
}

func (w *memo) about(a about) uint32 {
	n, ok := w.abouts[a]
	if !ok {
		n = uint32(len(w.m.abouts))
		w.m.abouts, w.abouts[a] = append(w.m.abouts, a), n
	}
	return n
}

func (w *memo) put(k known, closed uint32) {
	w.m.closed.put(uint32(len(w.m.rows)), closed)
	w.m.rows = append(w.m.rows, k)
	w.m.hosts[len(w.m.hosts)-1].n++
}

// again adds a row of another memory, always the same one.
func (w *memo) again(m *Memory, k known, closed uint32) {
	if w.goesOn {
		w.put(k, closed)
		return
	}
	if w.moved == nil {
		w.moved = make([]uint32, len(m.abouts))
	}
	at := &w.moved[k.about]
	if *at == 0 {
		*at = w.about(w.here(m, *m.about(&k))) + 1
	}
	k.about = *at - 1
	w.put(k, closed)
}

// here is what is about a row of another memory, in the words of this one.
func (w *memo) here(m *Memory, a about) about {
	if w.goesOn {
		return a
	}
	for _, at := range []*uint32{&a.rule, &a.check, &a.where, &a.unasked, &a.because, &a.site} {
		*at = w.in.word(m.texts.word(*at))
	}
	return a
}

// rated adds a row of the memory that is gone on from, under another severity.
func (w *memo) rated(k known, s signet.Severity) {
	a := w.m.abouts[k.about]
	if state := a.state&0xf0 | uint8(s); state != a.state {
		a.state = state
		k.about = w.about(a)
	}
	w.put(k, 0)
}

func (w *memo) memory() *Memory {
	m := w.m
	m.texts, m.rows, m.closed, m.abouts = w.in.texts(), tight(m.rows), tight(m.closed), tight(m.abouts)
	m.hosts = slices.DeleteFunc(m.hosts, func(h knownHost) bool { return h.n == 0 })
	slices.SortStableFunc(m.hosts, func(a, b knownHost) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) })
	return m
}

// Parts writes a memory, to be stored.
func (m *Memory) Parts() ([][]byte, error) {
	var parts [][]byte
	var s sealer
	p := newPacker()
	flush := func() error {
		part, err := p.seal(&s, partRows)
		if err != nil {
			return err
		}
		parts, p = append(parts, part), newPacker()
		return nil
	}
	for i := range m.hosts {
		h := &m.hosts[i]
		p.items++
		p.addr(addrOf(h.hi, h.lo))
		for _, t := range []uint32{h.name, h.shown, h.roles} {
			p.word(m.texts.word(t))
		}
		p.number(uint64(h.n))
		for k := h.rows; k < h.rows+h.n; k++ {
			p.row(m, &m.rows[k], m.closed.of(k))
		}
		if p.size() >= fullPart {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if p.items > 0 {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (p *packer) row(m *Memory, k *known, closed uint32) {
	p.body = append(p.body, k.id[:]...)
	p.number(uint64(k.port))
	a := m.about(k)
	p.octet(a.flags)
	p.octet(a.state)
	for _, t := range []uint32{a.rule, a.check, a.where, a.unasked, a.because, a.site} {
		p.word(m.texts.word(t))
	}
	p.number(uint64(k.first))
	p.signed(k.at() - int64(k.first)*1000)
	p.number(uint64(closed))
}

// Least sizes of what is counted, in bytes.
const (
	leastKnownHost = 5 + 3 + 1
	leastKnown     = 16 + 3 + 6 + 3
)

// Remember reads what Parts wrote.
func Remember(parts [][]byte) (*Memory, error) {
	open, err := newOpener()
	if err != nil {
		return nil, err
	}
	defer open.dec.Close()
	w := newMemo(0)
	for _, part := range parts {
		what, plain, err := open.open(part)
		if err != nil {
			return nil, err
		}
		if what != partRows {
			return nil, errForm
		}
		if err := w.read(plain); err != nil {
			return nil, fmt.Errorf("what is known of findings: %w", err)
		}
	}
	return w.memory(), nil
}

func (w *memo) read(plain []byte) error {
	u := &unpacker{b: plain}
	for range u.begin(w.in.add, leastKnownHost) {
		hi, lo := halves(u.addr())
		w.m.hosts = append(w.m.hosts, knownHost{hi: hi, lo: lo, name: u.word(), shown: u.word(), roles: u.word(), rows: uint32(len(w.m.rows))})
		for range u.count(leastKnown) {
			var k known
			var a about
			copy(k.id[:], u.bytes(len(k.id)))
			port := u.number()
			k.port, a.flags, a.state = uint16(port), u.octet(), u.octet()
			a.rule, a.check, a.where, a.unasked, a.because, a.site = u.word(), u.word(), u.word(), u.word(), u.word(), u.word()
			first := u.number()
			k.first = uint32(first)
			since := u.signed()
			seen := int64(k.first)*1000 + since
			k.saw(seen)
			closed := u.number()
			if port > 1<<16-1 || a.transport() > signet.UDP || a.severity() > signet.Critical || a.verdict() > signet.Unseen || first > 1<<32-1 || closed > 1<<32-1 || seen != k.at() {
				u.fail()
			}
			if u.failed {
				break
			}
			w.add(k, a, uint32(closed))
		}
		if u.failed {
			break
		}
	}
	if u.failed || len(u.b) > 0 {
		return errors.New("a part is not whole")
	}
	return nil
}

// at gives the hosts that were known at an address: several, where one went and another came.
func (m *Memory) at(addr netip.Addr) []knownHost {
	hi, lo := halves(addr)
	n, _ := slices.BinarySearchFunc(m.hosts, addr, func(h knownHost, _ netip.Addr) int {
		return cmp.Or(cmp.Compare(h.hi, hi), cmp.Compare(h.lo, lo))
	})
	end := n
	for end < len(m.hosts) && m.hosts[end].hi == hi && m.hosts[end].lo == lo {
		end++
	}
	return m.hosts[n:end]
}
