package estate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"signet"
)

// Decoder reads the parts of a reading, in the order in which they were made.
type Decoder struct {
	open   *opener
	r      *Reading
	in     interner
	kinds  map[kind]uint16
	notes  map[note]uint16
	flaws  map[flaw]uint32
	ways   map[way]uint32
	traits map[trait]uint32
	ended  bool // the head came
}

// NewDecoder begins a reading.
func NewDecoder() (*Decoder, error) {
	o, err := newOpener()
	if err != nil {
		return nil, err
	}
	return &Decoder{open: o, r: &Reading{notes: []note{{}}}, kinds: map[kind]uint16{}, notes: map[note]uint16{{}: 0}, flaws: map[flaw]uint32{}, ways: map[way]uint32{}, traits: map[trait]uint32{}}, nil
}

// mostExpected is for how many hosts, endpoints or whatever else room is made before there are any.
const mostExpected = 1 << 24

// Expect makes room for a reading of a size. What is more than that finds room, too.
func (d *Decoder) Expect(s Size) {
	room := func(n int) int { return max(0, min(n, mostExpected)) }
	d.r.hosts, d.r.names = make([]host, 0, room(s.Hosts)), make([]uint32, 0, room(s.Names))
	d.r.doors, d.r.breaches = make([]door, 0, room(s.Endpoints)), make([]breach, 0, room(s.Breaches))
}

// Add reads a part. After an error the reading is to be made again.
func (d *Decoder) Add(part []byte) error {
	what, plain, err := d.open.open(part)
	if err != nil {
		return err
	}
	switch what {
	case partHead:
		if d.ended {
			return errors.New("a reading has two heads")
		}
		d.ended = true
		if err := json.Unmarshal(plain, &d.r.Head); err != nil {
			return fmt.Errorf("the head of a reading: %w", err)
		}
		return nil
	case partOf:
		return d.hosts(plain)
	}
	return errForm
}

// Reading is what was read; nil and an error where the head did not come.
func (d *Decoder) Reading() (*Reading, error) {
	if !d.ended {
		return nil, errors.New("a reading has no head: its run did not come to an end")
	}
	r := d.r
	r.texts = d.in.texts()
	d.in = interner{}
	d.open.dec.Close()
	less := func(a, b host) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) }
	if !slices.IsSortedFunc(r.hosts, less) {
		slices.SortStableFunc(r.hosts, less)
	}
	// A host that a run came to twice is as it was the last time.
	kept := r.hosts[:0]
	for i := range r.hosts {
		if n := len(kept); n > 0 && kept[n-1].hi == r.hosts[i].hi && kept[n-1].lo == r.hosts[i].lo {
			kept[n-1] = r.hosts[i]
			continue
		}
		kept = append(kept, r.hosts[i])
	}
	r.hosts = tight(kept)
	r.names, r.doors, r.breaches, r.flaws = tight(r.names), tight(r.doors), tight(r.breaches), tight(r.flaws)
	d.r = nil
	return r, nil
}

// tight is a list without room to grow, which a reading would hold on to for as long as it stands.
func tight[T any](list []T) []T {
	if cap(list)-len(list) < len(list)/16 {
		return list
	}
	return slices.Clone(list)[:len(list):len(list)]
}

// Decode reads a whole reading.
func Decode(parts [][]byte) (*Reading, error) {
	d, err := NewDecoder()
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := d.Add(p); err != nil {
			return nil, err
		}
	}
	return d.Reading()
}

// Least sizes of what is counted, in bytes: no count makes room for what cannot be there.
const (
	leastHost   = 16
	leastName   = 2
	leastDoor   = 5
	leastBreach = 3
)

func (d *Decoder) hosts(plain []byte) error {
	u := &unpacker{b: plain}
	n := u.begin(d.in.add, leastHost)
	d.r.hosts = slices.Grow(d.r.hosts, n)
	for range n {
		d.host(u)
		if u.failed {
			break
		}
	}
	if u.failed || len(u.b) > 0 {
		return errors.New("a part of a reading is not whole")
	}
	return nil
}

func (d *Decoder) host(u *unpacker) {
	r := d.r
	a := u.addr()
	if u.failed {
		return
	}
	var h host
	h.hi, h.lo = halves(a)
	h.flags, h.seen = hostFlags(u.octet()), u.octet()
	if h.flags&flagGUID != 0 {
		copy(h.guid[:], u.bytes(len(h.guid)))
	}
	h.name = u.word()
	h.trait = shared(d.traits, &r.traits, trait{domain: u.word(), forest: u.word(), os: u.word(), version: u.word(), roles: u.word(), sameAs: u.word()})
	h.names, h.doors, h.breaches = uint32(len(r.names)), uint32(len(r.doors)), uint32(len(r.breaches))
	n := u.count(leastName)
	if n > math.MaxUint16 {
		u.fail()
		return
	}
	h.nNames = uint16(n)
	for range n {
		k := u.octet()
		if int(k) >= len(nameKinds()) {
			u.fail()
			return
		}
		r.names = append(r.names, u.word()<<nameBits|uint32(k))
	}
	last := int64(0)
	for range u.count(leastDoor) {
		last = d.door(u, last)
		if u.failed {
			return
		}
	}
	if uint64(len(r.doors)) > math.MaxUint32 || uint64(len(r.breaches)) > math.MaxUint32 || uint64(len(r.names)) > math.MaxUint32 {
		u.fail()
		return
	}
	h.nDoors, h.nBreach = uint32(len(r.doors))-h.doors, uint32(len(r.breaches))-h.breaches
	r.hosts = append(r.hosts, h)
}

func (d *Decoder) door(u *unpacker, last int64) int64 {
	r := d.r
	port, name, state, more := u.number(), u.word(), u.octet(), u.octet()
	at := last + u.signed()
	o, v := signet.Outcome(state&0xf), signet.Verdict(state>>4)
	if port > math.MaxUint16 || at < 0 || at > math.MaxUint32 || o > signet.Fault || v > signet.Unseen || more >= doorBreach<<1 {
		u.fail()
		return 0
	}
	k := kind{check: name, transport: signet.TCP}
	if more&doorUDP != 0 {
		k.transport = signet.UDP
	}
	w := way{port: uint16(port), state: state, kind: numbered(d.kinds, &r.kinds, k)}
	if more&doorNote != 0 {
		w.note = numbered(d.notes, &r.notes, note{u.word(), u.word(), u.word()})
	}
	if more&doorBreach != 0 {
		for range u.count(leastBreach) {
			r.breaches = append(r.breaches, breach{door: uint32(len(r.doors)), flaw: shared(d.flaws, &r.flaws, flaw{rule: u.word(), where: u.word(), because: u.word()})})
		}
	}
	r.doors = append(r.doors, door{at: uint32(at), way: shared(d.ways, &r.ways, w)})
	return at
}

// shared gives what many have in common its number.
func shared[T comparable](known map[T]uint32, list *[]T, v T) uint32 {
	n, ok := known[v]
	if !ok {
		n = uint32(len(*list))
		known[v], *list = n, append(*list, v)
	}
	return n
}

// numbered gives what many endpoints share its number. Only a file made to do so has 65,536 of them: the last stands for all others.
func numbered[T comparable](known map[T]uint16, list *[]T, v T) uint16 {
	n, ok := known[v]
	if !ok {
		if len(*list) > math.MaxUint16 {
			return math.MaxUint16
		}
		n = uint16(len(*list))
		known[v] = n
		*list = append(*list, v)
	}
	return n
}
