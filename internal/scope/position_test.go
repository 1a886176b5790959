package scope

import (
	"net/netip"
	"testing"
)

func TestPositionIsTheWayBack(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 255, 256, 257, 65536, 1<<20 + 7} {
		for _, seed := range []uint64{1, 1 << 63} {
			p := NewPermutation(n, seed)
			for i := uint64(0); i < n; i += 1 + n/5000 {
				if back := p.Position(p.At(i)); back != i {
					t.Fatalf("n %d seed %d: position %d came back as %d", n, seed, i, back)
				}
			}
		}
	}
	s := build(t, Config{Targets: []string{"10.0.0.0/22", "192.0.2.7", "2001:db8::/120"}, Exclude: []string{"10.0.1.0/25"}})
	o, err := s.Order(7)
	if err != nil {
		t.Fatal(err)
	}
	for i := range o.Len() {
		if back, ok := o.Position(o.At(i).Addr); !ok || back != i {
			t.Fatalf("position %d came back as %d, %v", i, back, ok)
		}
	}
	for _, out := range []string{"10.0.1.3", "192.0.2.8", "2001:db8::100", "::"} {
		if _, ok := o.Position(netip.MustParseAddr(out)); ok {
			t.Errorf("%s is in scope", out)
		}
	}
}
