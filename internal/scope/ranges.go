package scope

import (
	"fmt"
	"net/netip"
	"slices"
)

// Range is a run of addresses of one family; First and Last belong to it.
type Range struct{ First, Last netip.Addr }

// String writes the range as a TARGET.
func (r Range) String() string {
	if r.First == r.Last {
		return r.First.String()
	}
	return r.First.String() + "-" + r.Last.String()
}

// span is a Range in numbers, first and last included.
type span struct{ first, last key }

// spansOf gives the span of r, or two where an IPv6 range runs across the block that
// stands for IPv4: `::/0` means every IPv6 address and no IPv4 address.
func spansOf(r Range) (s [2]span, n int) {
	whole := span{keyOf(r.First), keyOf(r.Last)}
	low, high := key{0, mappedLow}, key{0, mappedHigh}
	if whole.first.is4() && whole.last.is4() || whole.last.less(low) || high.less(whole.first) {
		return [2]span{whole}, 1
	}
	if whole.first.less(low) {
		s[n] = span{whole.first, low.prev()}
		n++
	}
	if high.less(whole.last) {
		s[n] = span{high.add(1), whole.last}
		n++
	}
	return s, n
}

// mergeSpans sorts s and joins what overlaps or touches, in place.
func mergeSpans(s []span) []span {
	slices.SortFunc(s, func(a, b span) int { return a.first.cmp(b.first) })
	out := s[:0]
	for _, x := range s {
		if n := len(out); n > 0 && touches(out[n-1], x) {
			if out[n-1].last.less(x.last) {
				out[n-1].last = x.last
			}
			continue
		}
		out = append(out, x)
	}
	return out
}

// touches tells whether b, which starts no earlier than a, overlaps a or follows it at
// once. IPv4 and the IPv6 numbers beside it are kept apart: no span holds both.
func touches(a, b span) bool {
	return !a.last.less(b.first) || a.last.add(1) == b.first && a.last.is4() == b.first.is4()
}

// within reports whether k lies in one of the sorted spans.
func within(s []span, k key) bool {
	low, high := 0, len(s)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if s[mid].last.less(k) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(s) && !k.less(s[low].first)
}

// count is the number of addresses of s; tooMany stands for 2^64 and more.
func (s span) count() (n uint64, tooMany bool) {
	d := s.last.sub(s.first)
	return d.lo + 1, d.hi != 0 || d.lo == ^uint64(0)
}

func newRange(first, last netip.Addr) (Range, error) {
	if first.Is4In6() && last.Is4In6() { // with only one end so written it is an IPv6 range that runs past them
		first, last = first.Unmap(), last.Unmap()
	}
	if first.Is4() != last.Is4() {
		return Range{}, fmt.Errorf("the range mixes IPv4 and IPv6")
	}
	if last.Less(first) {
		return Range{}, fmt.Errorf("the range runs backwards: %s comes after %s", first, last)
	}
	return Range{first, last}, nil
}
