package store

import (
	"encoding/binary"
	"net/netip"
)

// A sieve says which addresses a page surely does not speak of, in about a twentieth of the page's size: a Bloom filter (B. Bloom,
// Space/Time Trade-offs in Hash Coding with Allowable Errors, 1970). Ten bits an address, of which six are set, let one page in a
// hundred through that could have been passed over. Rows come in the order of answering, so that the first and last address of a
// page would say nothing.
const (
	sieveForm  = 1 // first byte
	sieveBits  = 10
	sieveTimes = 6
)

// appendSieve appends the sieve of some addresses.
func appendSieve(b []byte, list []entry) []byte {
	b = append(b, sieveForm)
	at := len(b)
	b = append(b, make([]byte, (len(list)*sieveBits+7)/8)...)
	bits := b[at:]
	for i := range list {
		sieved(bits, list[i].addr, func(octet *byte, bit byte) bool { *octet |= bit; return true })
	}
	return b
}

// MayHold tells whether a page of that sieve may speak of an address. What is no sieve holds nothing back.
func MayHold(sieve []byte, addr netip.Addr) bool {
	if len(sieve) < 2 || sieve[0] != sieveForm {
		return true
	}
	all := true
	sieved(sieve[1:], addr, func(octet *byte, bit byte) bool { all = all && *octet&bit != 0; return all })
	return all
}

// sieved gives the bits of an address to f, until it wants no more. Which they are never changes: sieves are stored.
func sieved(bits []byte, addr netip.Addr, f func(octet *byte, bit byte) bool) {
	a := addr.As16()
	h := mixed(binary.BigEndian.Uint64(a[:8])) ^ binary.BigEndian.Uint64(a[8:])
	h = mixed(h)
	at, step := uint64(uint32(h)), h>>32|1
	for range sieveTimes {
		n := at % uint64(8*len(bits))
		if !f(&bits[n/8], 1<<(n%8)) {
			return
		}
		at += step
	}
}

// mixed is the finalizer of SplitMix64: every bit of the result depends on every bit of v.
func mixed(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// SumSieve is the checksum of the sieve of the page that stands under a number.
func SumSieve(id int64, body []byte) Sum { return Sum(0).Number(^id).Bytes(body) }
