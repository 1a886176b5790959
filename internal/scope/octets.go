package scope

import (
	"net/netip"
	"strings"
)

// maxPieces bounds how many separate ranges one octet pattern may stand for. The widest
// pattern in ordinary use, `10.0-255.0-255.1-254`, is 65,536.
const maxPieces = 1 << 18

// parse4 reads what is made of digits, dots, dashes, commas and stars only: an address,
// a range of two addresses, or octet ranges in nmap's form.
func parse4(s string) (Form, error) {
	if left, right, isRange := strings.Cut(s, "-"); isRange && strings.Count(left, ".") == 3 && strings.Count(right, ".") >= 3 {
		first, err := octets(left)
		if err != nil {
			return Form{}, err
		}
		last, err := octets(right)
		if err != nil {
			return Form{}, shifted(err, len(left)+1)
		}
		a, aok := single(first)
		b, bok := single(last)
		if !aok || !bok {
			return Form{}, bad(0, "a range has one address on each side of the dash")
		}
		return one(newRange(a, b))
	}
	pattern, err := octets(s)
	if err != nil {
		return Form{}, err
	}
	ranges, err := expand(pattern)
	return Form{Ranges: ranges}, err
}

// octetSet says which of 0 to 255 one octet may be.
type octetSet [256]bool

func octets(s string) ([4]octetSet, error) {
	var sets [4]octetSet
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		advice := "give several targets one by one"
		if len(parts) < 4 {
			advice = "a block of addresses is written like 10.0.0.0/24"
		}
		return sets, bad(0, "an IPv4 address has four octets, this has %d (%s)", len(parts), advice)
	}
	at := 0
	for i, part := range parts {
		if err := octet(part, &sets[i]); err != nil {
			return sets, shifted(err, at)
		}
		at += len(part) + 1
	}
	return sets, nil
}

func octet(s string, set *octetSet) error {
	at := 0
	for item := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(item, "-")
		if item == "*" {
			low, high, isRange = "0", "255", true
		}
		if !isRange {
			high = low
		}
		first, ok := decimal(low, 255)
		if !ok {
			return bad(at, "octet %q is not a number from 0 to 255 without leading zeros", low)
		}
		last, ok := decimal(high, 255)
		if !ok {
			return bad(at+len(item)-len(high), "octet %q is not a number from 0 to 255 without leading zeros", high)
		}
		if last < first {
			return bad(at, "the octet range %s runs backwards", item)
		}
		for v := first; v <= last; v++ {
			set[v] = true
		}
		at += len(item) + 1
	}
	return nil
}

func single(sets [4]octetSet) (netip.Addr, bool) {
	ranges, err := expand(sets)
	if err != nil || len(ranges) != 1 || ranges[0].First != ranges[0].Last {
		return netip.Addr{}, false
	}
	return ranges[0].First, true
}

// run is a stretch of consecutive octet values.
type run struct{ first, last uint8 }

func (s *octetSet) runs() []run {
	var out []run
	for v := 0; v < 256; v++ {
		if !s[v] {
			continue
		}
		if n := len(out); n > 0 && int(out[n-1].last)+1 == v {
			out[n-1].last = uint8(v)
			continue
		}
		out = append(out, run{uint8(v), uint8(v)})
	}
	return out
}

func (s *octetSet) size() (n int) {
	for _, in := range s {
		if in {
			n++
		}
	}
	return n
}

// expand writes the pattern as ranges in ascending order. Octets at the end that may be
// anything belong to one range with the octet before them: `10.*.*.*` is one range.
func expand(sets [4]octetSet) ([]Range, error) {
	split := 3
	for split > 0 && sets[split].size() == 256 {
		split--
	}
	runs := sets[split].runs()
	pieces := len(runs)
	for i := range split {
		pieces *= sets[i].size()
	}
	if pieces > maxPieces {
		return nil, bad(0, "the pattern stands for %d separate ranges, the limit is %d; give CIDR blocks and --exclude the rest", pieces, maxPieces)
	}
	out := make([]Range, 0, pieces)
	var walk func(i int, first, last [4]byte)
	walk = func(i int, first, last [4]byte) {
		if i == split {
			for _, r := range runs {
				first[i], last[i] = r.first, r.last
				out = append(out, Range{netip.AddrFrom4(first), netip.AddrFrom4(last)})
			}
			return
		}
		for v := range 256 {
			if sets[i][v] {
				first[i], last[i] = byte(v), byte(v)
				walk(i+1, first, last)
			}
		}
	}
	walk(0, [4]byte{}, [4]byte{255, 255, 255, 255})
	return out, nil
}
