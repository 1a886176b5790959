package store

import (
	"encoding/binary"
	"math/bits"
)

// shortPacker packs short values against a dictionary in the block format of S2, which the library unpacks. The library's own
// packer clears a table of 64 KiB for each value, which for a row of a few hundred bytes is three quarters of its time
// (BenchmarkPack). Here the dictionary is indexed once; what the value itself repeats is found by a small table that is
// never cleared, since every candidate is compared before it is believed.
type shortPacker struct {
	dict  []byte // followed by shortMargin bytes of nothing
	known [1 << shortBits]uint16
	own   [1 << ownBits]uint16
}

const (
	shortBits = 13
	ownBits   = 10

	shortMatch  = 6        // bytes of the least match
	shortMargin = 8        // bytes that are looked at together
	mostShort   = 32 << 10 // offsets have 16 bits, into the dictionary and behind it
)

// newShortPacker indexes a dictionary of at most learnMost bytes.
func newShortPacker(dict []byte) *shortPacker {
	p := &shortPacker{dict: append(append(make([]byte, 0, len(dict)+shortMargin), dict...), make([]byte, shortMargin)...)}
	for i := 0; i+shortMatch <= len(dict); i++ {
		p.known[shortHash(binary.LittleEndian.Uint64(p.dict[i:]), shortBits)] = uint16(i)
	}
	return p
}

// shortHash is of the first six bytes.
func shortHash(v uint64, bits int) uint64 { return v << 16 * 0x9e3779b97f4a7c15 >> (64 - bits) }

// same is how many bytes two slices begin with alike, at most len(b).
func same(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// pack appends src, of at most mostShort bytes, as one block.
func (p *shortPacker) pack(dst, src []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(src)))
	size := len(p.dict) - shortMargin
	kept := 0 // up to where src is written
	for s := 0; s+shortMargin <= len(src); {
		v := binary.LittleEndian.Uint64(src[s:])
		const mask = 1<<(8*shortMatch) - 1
		at := shortHash(v, ownBits)
		back := int(p.own[at])
		p.own[at] = uint16(s)
		offset, n := 0, 0
		if c := int(p.known[shortHash(v, shortBits)]); (binary.LittleEndian.Uint64(p.dict[c:])^v)&mask == 0 {
			if n = same(p.dict[c:size], src[s:]); n >= shortMatch {
				for c > 0 && s > kept && p.dict[c-1] == src[s-1] {
					c, s, n = c-1, s-1, n+1
				}
				offset = size - c + s
			}
		}
		if n < shortMatch && back < s && (binary.LittleEndian.Uint64(src[back:])^v)&mask == 0 {
			offset, n = s-back, same(src[back:], src[s:])
		}
		if n < shortMatch {
			s += 1 + (s-kept)>>5
			continue
		}
		dst = appendCopyOf(appendLiteral(dst, src[kept:s]), offset, n)
		s += n
		kept = s
	}
	return appendLiteral(dst, src[kept:])
}

// The elements of a block: the low two bits of the first byte say which (the format of Snappy, with S2's repeats).
const (
	tagLiteral = 0
	tagCopy1   = 1 // and with an offset of 0: the last one again
	tagCopy2   = 2
)

func appendLiteral(dst, b []byte) []byte {
	switch n := len(b) - 1; {
	case n < 0:
		return dst
	case n < 60:
		dst = append(dst, byte(n)<<2|tagLiteral)
	case n < 1<<8:
		dst = append(dst, 60<<2|tagLiteral, byte(n))
	default:
		dst = append(dst, 61<<2|tagLiteral, byte(n), byte(n>>8))
	}
	return append(dst, b...)
}

// appendCopyOf appends a copy of n bytes, at least 4, from an offset back; what is longer than one element goes on by
// repeats of 4 to 263.
func appendCopyOf(dst []byte, offset, n int) []byte {
	if n <= 11 && offset < 1<<11 {
		return append(dst, byte(offset>>8)<<5|byte(n-4)<<2|tagCopy1, byte(offset))
	}
	take := func(most int) int { // leaves nothing, or enough for a repeat
		if n <= most {
			return n
		}
		return min(most, n-4)
	}
	k := take(64)
	dst = append(dst, byte(k-1)<<2|tagCopy2, byte(offset), byte(offset>>8))
	for n -= k; n > 0; n -= k {
		if k = take(263); k <= 8 {
			dst = append(dst, byte(k-4)<<2|tagCopy1, 0)
		} else {
			dst = append(dst, 5<<2|tagCopy1, 0, byte(k-8))
		}
	}
	return dst
}
