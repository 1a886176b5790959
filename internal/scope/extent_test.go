package scope

import (
	"context"
	"strings"
	"testing"
)

// built is a scope of targets and exclusions.
func built(t *testing.T, exclude string, targets ...string) *Scope {
	t.Helper()
	s, err := Build(context.Background(), Config{Targets: targets, Exclude: strings.Fields(exclude)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is public is what may be anybody's: the special-purpose registries of IANA say what is not.
func TestExtentPublic(t *testing.T) {
	for target, public := range map[string]uint64{
		"10.0.0.0/8": 0, "172.16.0.0/12": 0, "172.15.255.255-172.32.0.0": 2, "192.168.0.0/16": 0, "192.167.255.0/24": 256,
		"127.0.0.0/8": 0, "169.254.0.0/16": 0, "100.64.0.0/10": 0, "100.63.255.255-100.128.0.0": 2, "198.18.0.0/15": 0, "198.20.0.0/16": 65536,
		"192.0.2.0/24": 0, "198.51.100.0/24": 0, "203.0.113.0/24": 0, "203.0.114.0/24": 256, "9.255.255.255-10.0.0.5": 1, "8.8.8.8": 1,
		"224.0.0.0/24": 256, "240.0.0.0/20": 0, "0.1.0.0/16": 0,
		"::1": 0, "fd00::/120": 0, "fe80::/112": 0, "2001:db8::/112": 0, "3fff::/112": 0, "2001:db9::/112": 65536, "2a00::1-2a00::9": 9,
		"::ffff:10.0.0.0/120": 0, "::ffff:8.8.8.0/120": 256, "64:ff9b::8.8.8.8": 1, "2600::/48": ^uint64(0), "fd00::/48": 0,
	} {
		if got := built(t, "", target).Extent().Public; got != public {
			t.Errorf("%s: %d public addresses, want %d", target, got, public)
		}
	}
}

func TestExtent(t *testing.T) {
	for _, c := range []struct {
		targets, exclude                    string
		addresses, public, subnets, fullest uint64
		short                               int
	}{
		{"10.0.0.0/8", "", 1 << 24, 0, 1 << 16, 256, 0},
		{"10.0.0.0/8 192.168.0.1", "", 1<<24 + 1, 0, 1<<16 + 1, 256, 0},
		{"8.0.0.0/7", "", 1 << 25, 1 << 25, 1 << 17, 256, 1},
		{"8.0.0.0/7", "8.0.0.0/7", 0, 0, 0, 0, 1}, // the prefix is as typed whatever is left of it
		{"8.0.0.0/8", "8.0.0.0/9 8.128.0.0/16", 1<<23 - 1<<16, 1<<23 - 1<<16, 1<<15 - 1<<8, 256, 0},
		{"8.8.8.0/24", "8.8.8.8:80", 256, 256, 1, 256, 0}, // of an address whose port is excluded the rest is asked
		{"8.8.8.0/24 8.8.8.0/25 8.8.8.7:81", "", 256, 256, 1, 256, 0},
		{"10.0.0.250-10.0.3.4", "", 6 + 256 + 256 + 5, 0, 4, 256, 0},
		{"10.0.0.1 10.0.0.3 10.0.0.5 10.0.1.1", "", 4, 0, 2, 3, 0},
		{"10.0.0.255-10.0.1.0 10.0.1.7", "", 3, 0, 2, 2, 0},
		{"fd00::/64", "", ^uint64(0), 0, 1, ^uint64(0), 0},
		{"fd00::fff0-fd00:0:0:2::5", "", ^uint64(0), 0, 3, ^uint64(0), 0},
		{"fd00::1 fd00::2 fd00:0:0:1::1", "", 3, 0, 2, 2, 0},
		{"0.0.0.0/0", "", 1<<32 - 1, 1<<32 - 1<<24 - 1<<24 - 1<<24 - 1<<22 - 1<<16 - 1<<20 - 1<<8 - 1<<16 - 1<<17 - 1<<8 - 1<<8 - 1<<28, 1 << 24, 256, 1},
	} {
		e := built(t, c.exclude, strings.Fields(c.targets)...).Extent()
		if e.Addresses != c.addresses || e.Public != c.public || e.Subnets != c.subnets || e.Fullest != c.fullest || len(e.Short) != c.short {
			t.Errorf("%s without %s: %+v, want %+v", c.targets, c.exclude, e, c)
		}
	}
}

// Who types an address with its prefix length is told which block that is, a few times.
func TestHostBitsAreNamed(t *testing.T) {
	s := built(t, "10.0.7.7/24", "10.0.0.5/16", "10.1.0.0/16", "10.2.0.1/32", "2001:db8::5/120", "::ffff:10.3.0.9/112")
	want := []string{
		"10.0.0.5/16 has bits of the host part set: 10.0.0.0/16 is asked (for the one address write 10.0.0.5)",
		"2001:db8::5/120 has bits of the host part set: 2001:db8::/120 is asked (for the one address write 2001:db8::5)",
		"10.3.0.9/16 has bits of the host part set: 10.3.0.0/16 is asked (for the one address write 10.3.0.9)",
		"exclusion 10.0.7.7/24 has bits of the host part set: 10.0.7.0/24 is left out (for the one address write 10.0.7.7)",
	}
	if got := s.Notes(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var many []string
	for i := range 40 {
		many = append(many, "10."+string(rune('0'+i%10))+".0.1/16")
	}
	if got := built(t, "", many...).Notes(); len(got) != mostBlocks+1 || got[mostBlocks] != "… and more blocks that have bits of the host part set" {
		t.Errorf("%d notes: %q", len(got), got)
	}
}
