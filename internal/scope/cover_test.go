package scope

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct{ of, s, outside string }{
		{"10.0.0.0/16", "10.0.3.0/24", ""},
		{"10.0.0.0/16", "10.0.0.0/16", ""},
		{"10.0.0.0/16", "10.0.0.0/15", "10.1.0.0-10.1.255.255"},
		{"10.0.1.0/24", "10.0.0.0/23", "10.0.0.0-10.0.0.255"},
		{"10.0.0.0/25 10.0.0.128/25", "10.0.0.0/24", ""}, // two parts that touch
		{"10.0.0.0/25 10.0.0.129-10.0.0.255", "10.0.0.0/24", "10.0.0.128"},
		{"10.0.0.5", "::ffff:10.0.0.5", ""}, // the same address
		{"10.0.0.5", "::ffff:10.0.0.6", "10.0.0.6"},
		{"::/0", "10.0.0.5", "10.0.0.5"}, // IPv4 is not part of it
		{"fd00::/64", "fd00::1 fd01::1", "fd01::1"},
		{"10.0.0.5:445", "10.0.0.5:445", ""},
		{"10.0.0.5:445", "10.0.0.5:445,139", "10.0.0.5"},
		{"10.0.0.5:445", "10.0.0.5", "10.0.0.5"}, // its own ports are more than one
		{"10.0.0.5", "10.0.0.5:8443", ""},
		{"", "10.0.0.5", "10.0.0.5"},
		{"10.0.0.5", "", ""},
	} {
		outside, ok := list(t, c.of).Covers(list(t, c.s))
		got := ""
		if !ok {
			got = outside.Range.String()
		}
		if got != c.outside {
			t.Errorf("%q covers %q but for %q, want %q", c.of, c.s, got, c.outside)
		}
	}
}

func list(t *testing.T, targets string) *Scope { return built(t, "", strings.Fields(targets)...) }

// TestCoversEachAddress compares with each address by itself.
func TestCoversEachAddress(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() (targets []string) {
		for range 1 + r.IntN(4) {
			first := r.IntN(250)
			target := fmt.Sprintf("10.0.0.%d-10.0.0.%d", first, first+r.IntN(255-first))
			targets = append(targets, target)
		}
		return targets
	}
	covered := 0
	for range 2000 {
		a, b := pick(), pick()
		of, s := built(t, "", a...), built(t, "", b...)
		outside, ok := of.Covers(s)
		want := netip.Addr{}
		for i := range 256 {
			addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			if s.Holds(addr, 0) && !of.Holds(addr, 0) {
				want = addr
				break
			}
		}
		if ok != !want.IsValid() || !ok && outside.First != want {
			t.Fatalf("%v covers %v: %v, %v; want it to begin at %v", a, b, outside, ok, want)
		}
		if ok {
			covered++
		}
	}
	if covered == 0 || covered == 2000 {
		t.Fatalf("%d of 2000 were covered: the test compares nothing", covered)
	}
}

func TestHolds(t *testing.T) {
	s := list(t, "10.0.0.0/24 10.0.1.1:445")
	for _, c := range []struct {
		addr string
		port uint16
		want bool
	}{
		{"10.0.0.7", 445, true}, {"10.0.0.7", 0, true}, {"10.0.1.1", 445, true}, {"10.0.1.1", 0, true}, {"10.0.1.1", 80, false},
		{"10.0.1.2", 445, false}, {"::ffff:10.0.0.7", 445, true}, {"::10.0.0.7", 445, false}, {"0.0.0.0", 445, false},
	} {
		if got := s.Holds(netip.MustParseAddr(c.addr), c.port); got != c.want {
			t.Errorf("%s port %d: %v, want %v", c.addr, c.port, got, c.want)
		}
	}
	if s.Holds(netip.Addr{}, 445) {
		t.Error("no address is in scope")
	}
}
