package scope

import "net/netip"

// shortest is the prefix length below which a block is more than anybody's own: a /8 is the largest that is given to one.
const shortest = 8

// Extent is how much a scope asks for, exclusions of whole addresses taken off. The maximum of a number stands for itself
// and anything above it.
type Extent struct {
	Addresses uint64
	Public    uint64         // of those, addresses that may be anybody's on the Internet
	Short     []netip.Prefix // blocks with a prefix shorter than /8, as typed, whatever is left of them

	Subnets uint64 // /24 of IPv4 and /64 of IPv6 that hold an address
	Fullest uint64 // addresses in the subnet that holds the most
}

// Extent measures the scope. It goes through its parts, not through its addresses.
func (s *Scope) Extent() Extent {
	e := Extent{Addresses: s.Len(), Short: s.short}
	local := localSpans()
	var subnet key  // the one that the last part ended in
	var held uint64 // what it holds so far
	for i := range s.segments {
		seg := s.segments[i].span
		e.Public = plus(e.Public, seg.outside(local))
		first, last := seg.first.subnet(), seg.last.subnet()
		switch {
		case e.Subnets == 0:
			e.Subnets, held = 1, 0
		case first != subnet:
			e.Subnets, held = plus(e.Subnets, 1), 0
		}
		if first == last {
			held = plus(held, seg.size())
			e.Fullest, subnet = max(e.Fullest, held), first
			continue
		}
		e.Fullest = max(e.Fullest, plus(held, span{seg.first, first.subnetEnd()}.size()))
		more := last.subnetsFrom(first)
		e.Subnets = plus(e.Subnets, more)
		if more > 1 {
			e.Fullest = max(e.Fullest, span{last.subnet(), last.subnetEnd()}.size())
		}
		held = span{last, seg.last}.size()
		e.Fullest, subnet = max(e.Fullest, held), last
	}
	return e
}

// localSpans are the addresses that are nobody's on the Internet: those of IANA's registries of special-purpose addresses
// (RFC 6890) that are not globally reachable; sorted.
func localSpans() []span {
	var list []span
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/127", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
	} {
		spans, n := spansOf(blockOf(netip.MustParsePrefix(text)))
		list = append(list, spans[:n]...)
	}
	return mergeSpans(list)
}

// size is count, with the maximum for what is more.
func (s span) size() uint64 {
	n, tooMany := s.count()
	if tooMany {
		return ^uint64(0)
	}
	return n
}

// outside counts the addresses of s that lie in none of the sorted spans.
func (s span) outside(list []span) (n uint64) {
	for _, l := range list {
		if l.last.less(s.first) {
			continue
		}
		if s.last.less(l.first) {
			break
		}
		if s.first.less(l.first) {
			n = plus(n, span{s.first, l.first.prev()}.size())
		}
		if !l.last.less(s.last) {
			return n
		}
		s.first = l.last.add(1)
	}
	return plus(n, s.size())
}

// plus adds up to the maximum.
func plus(a, b uint64) uint64 {
	if a+b < a {
		return ^uint64(0)
	}
	return a + b
}

// subnet is the first address of the /24 or /64 that an address lies in: the subnets that dial.Pacer tells apart.
func (k key) subnet() key {
	if k.is4() {
		return key{k.hi, k.lo &^ 0xff}
	}
	return key{k.hi, 0}
}

// subnetEnd is the last address of it.
func (k key) subnetEnd() key {
	if k.is4() {
		return key{k.hi, k.lo | 0xff}
	}
	return key{k.hi, ^uint64(0)}
}

// subnetsFrom is how many subnets further k lies than an earlier address of its family.
func (k key) subnetsFrom(earlier key) uint64 {
	if k.is4() {
		return k.lo>>8 - earlier.lo>>8
	}
	return k.hi - earlier.hi
}
