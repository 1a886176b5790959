package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/klauspost/compress/s2"

	"signet"
)

// A body and a transcript are sections, each a length and its bytes, packed with S2 against a dictionary. S2 and not a
// stronger method: at fifteen thousand endpoints a second a row may cost two microseconds and not ten, and what is
// saved comes from the dictionary either way.

// The first byte of a packed value says how it is packed.
const (
	packedAlone   = 1 // S2 without a dictionary
	packedAgainst = 2 // S2 with the dictionary of its kind
)

// Bounds of a dictionary: how many values of a kind make one, how much of each, and how much at most.
const (
	learnFrom = 16
	learnEach = 4 << 10
	learnMost = 16 << 10
	learnMin  = 16 // of S2
)

// mostPlain is the largest value that is unpacked; what claims more is damaged.
const mostPlain = 64 << 20

// The bits of Row.State.
const (
	stateOutcome = 0x0f
	stateOpen    = 0x10
	stateUDP     = 0x20
)

func state(o *signet.Observation) uint8 {
	s := uint8(o.Outcome) & stateOutcome
	if o.Open {
		s |= stateOpen
	}
	if o.Transport == signet.UDP {
		s |= stateUDP
	}
	return s
}

// The sections that a body has, in this order.
const (
	hasName = 1 << iota
	hasErr
	hasUnasked
	hasConnections
	hasFacts  // the last of a body
	hasSource // came later: it stands before the facts
)

func appendSection(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendBody appends what a row has no column for. facts is where its facts begin, to the end.
func appendBody(b []byte, o *signet.Observation) (out []byte, facts int) {
	var has byte
	at := len(b)
	b = append(b, 0)
	if o.Name != "" {
		has |= hasName
		b = appendSection(b, o.Name)
	}
	if o.Err != nil {
		has |= hasErr
		b = appendSection(appendSection(b, o.Err.Phase), o.Err.Text)
	}
	if len(o.Unasked) > 0 {
		has |= hasUnasked
		b = binary.AppendUvarint(b, uint64(len(o.Unasked)))
		for _, s := range o.Unasked {
			b = appendSection(b, s)
		}
	}
	if o.Connections > 0 {
		has |= hasConnections
		b = binary.AppendUvarint(b, uint64(o.Connections))
	}
	if o.Source != "" {
		has |= hasSource
		b = appendSection(b, o.Source)
	}
	facts = len(b)
	if o.Facts != nil {
		has |= hasFacts
		b = o.Facts.AppendJSON(b) // to the end: its length needs no word
	}
	b[at] = has
	return b, facts
}

// cursor takes sections off bytes; after the first damage everything it takes is empty.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) number() uint64 {
	n, size := binary.Uvarint(c.b)
	if size <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[size:]
	return n
}

func (c *cursor) section() []byte {
	n := c.number()
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	s := c.b[:n]
	c.b = c.b[n:]
	return s
}

// readBody fills an observation from a body. Facts are copied.
func readBody(o *signet.Observation, b []byte) error {
	if len(b) == 0 || b[0] >= hasSource<<1 {
		return ErrDamaged
	}
	has, c := b[0], cursor{b: b[1:]}
	if has&hasName != 0 {
		o.Name = string(c.section())
	}
	if has&hasErr != 0 {
		o.Err = &signet.Failure{Phase: string(c.section()), Text: string(c.section())}
	}
	if has&hasUnasked != 0 {
		n := c.number()
		if n > uint64(len(c.b)) {
			return ErrDamaged
		}
		for range n {
			o.Unasked = append(o.Unasked, string(c.section()))
		}
	}
	if has&hasConnections != 0 {
		n := c.number()
		if n > math.MaxInt32 {
			return ErrDamaged
		}
		o.Connections = int(n)
	}
	if has&hasSource != 0 {
		o.Source = string(c.section())
	}
	if has&hasFacts != 0 {
		o.Facts = signet.RawFacts(append([]byte(nil), c.b...))
		c.b = nil
	}
	if c.bad || len(c.b) > 0 {
		return ErrDamaged
	}
	return nil
}

func appendTrace(b []byte, trace []signet.Exchange) []byte {
	b = binary.AppendUvarint(b, uint64(len(trace)))
	for i := range trace {
		x := &trace[i]
		b = appendSection(b, x.Note)
		b = append(binary.AppendUvarint(b, uint64(len(x.Sent))), x.Sent...)
		b = append(binary.AppendUvarint(b, uint64(len(x.Received))), x.Received...)
	}
	return b
}

func readTrace(b []byte) ([]signet.Exchange, error) {
	c := cursor{b: b}
	n := c.number()
	if n > uint64(len(c.b)) {
		return nil, ErrDamaged
	}
	var trace []signet.Exchange
	for range n {
		x := signet.Exchange{Note: string(c.section())}
		x.Sent = append(x.Sent, c.section()...)
		x.Received = append(x.Received, c.section()...)
		trace = append(trace, x)
	}
	if c.bad || len(c.b) > 0 {
		return nil, ErrDamaged
	}
	return trace, nil
}

// packer packs one sort of value of one kind, and learns its dictionary from the first ones.
type packer struct {
	dict    *s2.Dict
	short   *shortPacker // of dict
	content []byte       // what the dictionary is made of
	seen    int
}

// learnt is a packer that goes on with a stored dictionary, if there is one.
func learnt(content []byte) packer {
	if content == nil {
		return packer{}
	}
	return packer{dict: s2.MakeDict(content, nil), short: newShortPacker(content), content: content}
}

// mostPacked is how many bytes a packed value may take.
func mostPacked(plain []byte) int { return 1 + s2.MaxEncodedLen(len(plain)) }

// pack appends a packed value, which moves dst only where it has no room for mostPacked bytes. learned says that from the next value on the dictionary is used, and must be stored.
func (p *packer) pack(dst, plain []byte) (out []byte, learned bool) {
	dst = slices.Grow(dst, mostPacked(plain))
	at := len(dst)
	dst = append(dst, packedAlone)
	free := dst[len(dst):cap(dst)]
	if p.dict != nil {
		dst[at] = packedAgainst
		if len(plain) <= mostShort {
			return p.short.pack(dst, plain), false
		}
		return dst[:len(dst)+len(p.dict.Encode(free, plain))], false
	}
	dst = dst[:len(dst)+len(s2.Encode(free, plain))]
	p.seen++
	p.content = append(p.content, plain[:min(len(plain), learnEach)]...)
	if p.seen < learnFrom && len(p.content) < learnMost || len(p.content) < learnMin {
		return dst, false
	}
	p.content = p.content[:min(len(p.content), learnMost)]
	p.dict, p.short = s2.MakeDict(p.content, nil), newShortPacker(p.content)
	return dst, p.dict != nil
}

// unpack appends the plain value to dst.
func unpack(dst []byte, dict *s2.Dict, packed []byte) ([]byte, error) {
	if len(packed) < 2 {
		return nil, ErrDamaged
	}
	how, packed := packed[0], packed[1:]
	n, err := s2.DecodedLen(packed)
	if err != nil || n > mostPlain {
		return nil, ErrDamaged
	}
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	switch {
	case how == packedAlone:
		dst, err = s2.Decode(dst[:n], packed)
	case how == packedAgainst && dict != nil:
		dst, err = dict.Decode(dst[:n], packed)
	default:
		return nil, ErrDamaged
	}
	if err != nil {
		return nil, ErrDamaged
	}
	return dst, nil
}

// kind is a Kind with its dictionaries ready for use.
type kind struct {
	Kind
	facts, trace *s2.Dict
}

// decoder turns rows of one run into observations.
type decoder struct {
	started time.Time
	kinds   map[uint16]*kind
	reload  func() ([]Kind, error)
	buf     []byte
}

func (d *decoder) learn() error {
	list, err := d.reload()
	if err == nil {
		d.set(list)
	}
	return err
}

func (d *decoder) set(list []Kind) {
	d.kinds = map[uint16]*kind{}
	for _, k := range list {
		full := &kind{Kind: k}
		if k.Facts != nil {
			full.facts = s2.MakeDict(k.Facts, nil)
		}
		if k.Trace != nil {
			full.trace = s2.MakeDict(k.Trace, nil)
		}
		d.kinds[k.ID] = full
	}
}

// kind finds the kind of a row. The writer may have gone on since the kinds were read.
func (d *decoder) kind(r *Row) (*kind, error) {
	ready := func() (*kind, bool) {
		k := d.kinds[r.Kind]
		return k, k != nil && (k.facts != nil || len(r.Body) == 0 || r.Body[0] != packedAgainst) &&
			(k.trace != nil || len(r.Trace) == 0 || r.Trace[0] != packedAgainst)
	}
	if k, ok := ready(); ok {
		return k, nil
	}
	if err := d.learn(); err != nil {
		return nil, err
	}
	if k, ok := ready(); ok {
		return k, nil
	}
	return nil, ErrDamaged
}

func (d *decoder) observation(r *Row) (*signet.Observation, error) {
	k, err := d.kind(r)
	if err != nil {
		return nil, err
	}
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: r.Addr}, Port: r.Port}, Check: k.Check, CheckVersion: k.Version,
		At: d.started.Add(time.Duration(r.At) * time.Microsecond), Took: time.Duration(r.Took) * time.Microsecond,
		Outcome: signet.Outcome(r.State & stateOutcome), Open: r.State&stateOpen != 0,
	}
	if r.State&stateUDP != 0 {
		o.Transport = signet.UDP
	}
	if int(o.Outcome) >= len(signet.Outcomes()) {
		return nil, ErrDamaged
	}
	if d.buf, err = unpack(d.buf, k.facts, r.Body); err == nil {
		err = readBody(o, d.buf)
	}
	if err == nil && len(r.Trace) > 0 {
		if d.buf, err = unpack(d.buf, k.trace, r.Trace); err == nil {
			o.Trace, err = readTrace(d.buf)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Endpoint, o.Check, err)
	}
	return o, nil
}
