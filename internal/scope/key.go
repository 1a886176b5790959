package scope

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// key is an address as a 128-bit number. IPv4 lives at its IPv4-mapped place
// (::ffff:0:0/96), which no IPv6 range may cover, so one order serves both families
// without a family tag.
type key struct{ hi, lo uint64 }

const (
	mappedLow  = 0xffff_0000_0000 // ::ffff:0.0.0.0
	mappedHigh = 0xffff_ffff_ffff // ::ffff:255.255.255.255
)

// keyOf wants a valid address. A zone is dropped.
func keyOf(a netip.Addr) key {
	if a.Is4() {
		b := a.As4()
		return key{0, mappedLow | uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (k key) is4() bool { return k.hi == 0 && k.lo>>32 == 0xffff }

func (k key) addr() netip.Addr {
	if k.is4() {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(k.lo))
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	return netip.AddrFrom16(b)
}

func (k key) less(o key) bool { return k.hi < o.hi || k.hi == o.hi && k.lo < o.lo }

func (k key) cmp(o key) int {
	switch {
	case k.less(o):
		return -1
	case o.less(k):
		return 1
	}
	return 0
}

func (k key) add(n uint64) key {
	lo, carry := bits.Add64(k.lo, n, 0)
	return key{k.hi + carry, lo}
}

func (k key) sub(o key) key {
	lo, borrow := bits.Sub64(k.lo, o.lo, 0)
	hi, _ := bits.Sub64(k.hi, o.hi, borrow)
	return key{hi, lo}
}

func (k key) prev() key { return k.sub(key{0, 1}) }
