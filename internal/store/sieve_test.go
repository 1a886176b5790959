package store

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

func address(i int) netip.Addr {
	if i%3 == 0 {
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)})
	}
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

// A sieve lets through every address that it was made of, and one in fifty at most of the others.
func TestSieve(t *testing.T) {
	for _, size := range []int{1, 2, 7, 800, 8192} {
		var list []entry
		for i := range size {
			list = append(list, entry{addr: address(i)})
		}
		sieve := appendSieve(nil, list)
		if most := 3 + size*sieveBits/8; len(sieve) > most {
			t.Errorf("the sieve of %d addresses takes %d bytes", size, len(sieve))
		}
		for i := range size {
			if !MayHold(sieve, address(i)) {
				t.Fatalf("of %d addresses, number %d is not let through", size, i)
			}
		}
		const others = 20_000
		through := 0
		for i := range others {
			if MayHold(sieve, address(1<<20+i)) {
				through++
			}
		}
		if size >= 800 && through > others/50 {
			t.Errorf("the sieve of %d addresses lets %d others in %d through", size, through, others)
		}
	}
}

// Sieves are stored: what was made of some addresses is made of them for ever.
func TestSieveStays(t *testing.T) {
	const want = "01cb418de4"
	got := hex.EncodeToString(appendSieve(nil, []entry{{addr: address(0)}, {addr: address(1)}, {addr: address(2)}}))
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is no sieve holds nothing back.
func TestNoSieve(t *testing.T) {
	for _, sieve := range [][]byte{nil, {}, {sieveForm}, {0, 0, 0}, {sieveForm + 1, 0, 0}} {
		if !MayHold(sieve, address(1)) {
			t.Errorf("%x holds back", sieve)
		}
	}
	if MayHold([]byte{sieveForm, 0}, address(1)) {
		t.Error("a sieve of nothing lets through")
	}
}
