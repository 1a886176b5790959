package estate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"signet/internal/text"
)

// A part is a piece of a reading as it is stored: a byte that says how it is written, one that says what it is, and a zstd frame.
// Plain, a part of hosts is a list of texts and then hosts, which name texts by their place in the list; the head is JSON.
const (
	form     = 1
	partHead = 'h'
	partOf   = 'o' // hosts
	partRows = 'm' // of a Memory
)

// Bounds of a part. A Maker ends one at fullHosts or fullPart; one host can need more than that, and more than mostPlain is refused.
const (
	fullHosts = 512
	fullPart  = 256 << 10
	mostPlain = 32 << 20
	mostText  = 4 << 10 // of a text; the rest of one is cut off
)

// sealer compresses parts. The zero value does.
type sealer struct{ enc *zstd.Encoder }

func (s *sealer) seal(what byte, plain []byte) (part []byte, err error) {
	if len(plain) > mostPlain {
		return nil, fmt.Errorf("a part of a reading has %d bytes, more than %d", len(plain), mostPlain)
	}
	if s.enc == nil {
		if s.enc, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(512<<10)); err != nil {
			return nil, err
		}
	}
	return s.enc.EncodeAll(plain, []byte{form, what}), nil
}

// errForm is what is no part, or one of a later version: the reading is made again.
var errForm = errors.New("not a part of a reading that this version of Signet can read")

// opener opens parts.
type opener struct {
	dec   *zstd.Decoder
	plain []byte
}

func newOpener() (*opener, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPlain), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
	return &opener{dec: dec}, err
}

// open gives what is in a part. The bytes hold until the next call.
func (o *opener) open(part []byte) (what byte, plain []byte, err error) {
	if len(part) < 2 || part[0] != form {
		return 0, nil, errForm
	}
	o.plain, err = o.dec.DecodeAll(part[2:], o.plain[:0])
	if err != nil {
		return 0, nil, fmt.Errorf("a part of a reading: %w", err)
	}
	return part[1], o.plain, nil
}

// packer writes texts once, and what names them.
type packer struct {
	at    map[string]uint64
	texts []byte
	body  []byte
	items uint64 // hosts or rows
}

func newPacker() *packer { return &packer{at: map[string]uint64{"": 0}} }

func (p *packer) number(n uint64) { p.body = binary.AppendUvarint(p.body, n) }
func (p *packer) signed(n int64)  { p.body = binary.AppendVarint(p.body, n) }
func (p *packer) octet(b byte)    { p.body = append(p.body, b) }

// word names a text.
func (p *packer) word(s string) {
	if len(s) > mostText {
		s = text.Clip(s, mostText)
	}
	n, ok := p.at[s]
	if !ok {
		n = uint64(len(p.at))
		p.at[s] = n
		p.texts = append(binary.AppendUvarint(p.texts, uint64(len(s))), s...)
	}
	p.number(n)
}

func (p *packer) addr(a netip.Addr) {
	b := a.Unmap().WithZone("").AsSlice()
	p.body = append(append(p.body, byte(len(b))), b...)
}

// size is about how large the part would be, plain.
func (p *packer) size() int { return len(p.texts) + len(p.body) }

// seal ends the part.
func (p *packer) seal(s *sealer, what byte) ([]byte, error) {
	plain := binary.AppendUvarint(make([]byte, 0, p.size()+20), uint64(len(p.at)-1))
	plain = binary.AppendUvarint(append(plain, p.texts...), p.items)
	return s.seal(what, append(plain, p.body...))
}

// unpacker reads what a packer wrote. After the first mistake everything is zero, and failed says so.
type unpacker struct {
	b      []byte
	texts  []uint32 // what texts are called elsewhere
	failed bool
}

func (u *unpacker) number() uint64 {
	n, size := binary.Uvarint(u.b)
	if size <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) signed() int64 {
	n, size := binary.Varint(u.b)
	if size <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[size:]
	return n
}

func (u *unpacker) fail() { u.failed, u.b = true, nil }

// count reads how many things follow, each of at least so many bytes.
func (u *unpacker) count(size int) int {
	n := u.number()
	if n > uint64(len(u.b)/size) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) bytes(n int) []byte {
	if n > len(u.b) {
		u.fail()
		return nil
	}
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) octet() byte {
	if b := u.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (u *unpacker) word() uint32 {
	n := u.number()
	if n >= uint64(len(u.texts)) {
		u.fail()
		return 0
	}
	return u.texts[n]
}

func (u *unpacker) addr() netip.Addr {
	n := u.octet()
	if n != 4 && n != 16 {
		u.fail()
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(u.bytes(int(n)))
	return a.Unmap()
}

// begin reads the texts, which intern keeps, and how many items follow, each of at least size bytes.
func (u *unpacker) begin(intern func([]byte) uint32, size int) int {
	n := u.count(1)
	u.texts = append(u.texts[:0], 0)
	for range n {
		b := u.bytes(u.count(1))
		if u.failed {
			return 0
		}
		u.texts = append(u.texts, intern(b))
	}
	return u.count(size)
}

// texts are many texts in one: what is kept of each is where it ends.
type texts struct {
	all  string
	ends []uint32 // of each; text 0 is empty
}

func (t *texts) word(i uint32) string {
	if i == 0 {
		return ""
	}
	return t.all[t.ends[i-1]:t.ends[i]]
}

// interner makes texts, each of them once. It finds them by a table of their numbers, in which there is nothing to be followed when memory is
// collected: there are a few for each host, and a map of strings took more memory for the moment than the texts for good.
type interner struct {
	from texts // that are there already: copied when another one is asked for
	b    strings.Builder
	ends []uint32
	seed maphash.Seed
	at   []uint32 // by hash, the next free one where that is taken; 0: free. nil: none was asked for yet
}

func (n *interner) begin() {
	n.seed, n.at = maphash.MakeSeed(), make([]uint32, 1<<10)
	if n.ends = []uint32{0}; len(n.from.ends) > 1 {
		n.ends = slices.Clone(n.from.ends)
		n.b.WriteString(n.from.all)
		n.grow()
	}
}

func (n *interner) add(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	if n.at == nil {
		n.begin()
	}
	all := n.b.String()
	slot := n.free(maphash.Bytes(n.seed, b), func(at uint32) bool { return all[n.ends[at-1]:n.ends[at]] == string(b) })
	if at := n.at[slot]; at != 0 {
		return at
	}
	return n.put(slot, string(b))
}

func (n *interner) word(s string) uint32 {
	if s == "" {
		return 0
	}
	if n.at == nil {
		n.begin()
	}
	all := n.b.String()
	slot := n.free(maphash.String(n.seed, s), func(at uint32) bool { return all[n.ends[at-1]:n.ends[at]] == s })
	if at := n.at[slot]; at != 0 {
		return at
	}
	return n.put(slot, s)
}

// free is the place of a text in the table: it stands there, or nothing does.
func (n *interner) free(hash uint64, is func(at uint32) bool) uint64 {
	mask := uint64(len(n.at) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if at := n.at[i]; at == 0 || is(at) {
			return i
		}
	}
}

func (n *interner) put(slot uint64, s string) uint32 {
	if n.b.Len()+len(s) > math.MaxUint32 || len(n.ends) >= 1<<(32-nameBits) {
		return 0 // four gigabytes of texts: the rest is empty
	}
	at := uint32(len(n.ends))
	n.b.WriteString(s)
	n.ends = append(n.ends, uint32(n.b.Len()))
	n.at[slot] = at
	if len(n.ends) > len(n.at)/4*3 {
		n.grow()
	}
	return at
}

func (n *interner) grow() {
	n.at = make([]uint32, 2<<bits.Len(uint(len(n.ends))))
	all := n.b.String()
	for i := 1; i < len(n.ends); i++ {
		n.at[n.free(maphash.String(n.seed, all[n.ends[i-1]:n.ends[i]]), func(uint32) bool { return false })] = uint32(i)
	}
}

// texts are those so far, without room for more.
func (n *interner) texts() texts {
	if n.at == nil {
		if n.from.ends == nil {
			return texts{ends: []uint32{0}}
		}
		return n.from
	}
	all := n.b.String()
	if n.b.Cap()-n.b.Len() > n.b.Len()/16 {
		all = strings.Clone(all)
	}
	return texts{all, tight(n.ends)}
}
