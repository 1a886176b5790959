package scope

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// exclusions answers, for every packet about to leave, whether it may.
type exclusions struct {
	all    []span      // merged
	byPort []portSpans // ascending by port
	names  []string    // excluded as names, sorted; whole hosts only
}

type portSpans struct {
	port  uint16
	spans []span // merged
}

func (x *exclusions) add(r Range, ports []uint16) {
	spans, n := spansOf(r)
	if len(ports) == 0 {
		x.all = appendSpans(x.all, spans[:n])
		return
	}
	for _, p := range ports {
		i, found := slices.BinarySearchFunc(x.byPort, p, func(s portSpans, p uint16) int { return cmp.Compare(s.port, p) })
		if !found {
			x.byPort = slices.Insert(x.byPort, i, portSpans{port: p})
		}
		x.byPort[i].spans = appendSpans(x.byPort[i].spans, spans[:n])
	}
}

// appendSpans joins what goes on where the last span ended: lists mostly go upwards, and a long one is held as few ranges.
func appendSpans(list, more []span) []span {
	for _, s := range more {
		if n := len(list); n > 0 && !s.first.less(list[n-1].first) && touches(list[n-1], s) {
			if list[n-1].last.less(s.last) {
				list[n-1].last = s.last
			}
			continue
		}
		list = append(list, s)
	}
	return list
}

// seal puts everything in order for searching.
func (x *exclusions) seal() {
	for _, a := range nowhere() {
		x.all = append(x.all, span{keyOf(a), keyOf(a)})
	}
	x.all = mergeSpans(x.all)
	for i := range x.byPort {
		x.byPort[i].spans = mergeSpans(x.byPort[i].spans)
	}
	slices.Sort(x.names)
	x.names = slices.Compact(x.names)
}

// nowhere are the unspecified addresses. They are no host's, but systems connect them to
// the machine itself, past an exclusion of loopback; filtering resolvers answer with them.
func nowhere() [2]netip.Addr { return [2]netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} }

// Excluded tells whether this port of this address must not be sent a packet, however
// the address was come by: typed, from a DNS answer, from a redirect. A port of 0 asks
// about the whole address. It allocates nothing. What is no address (the unspecified ones too) is excluded.
func (s *Scope) Excluded(addr netip.Addr, port uint16) bool {
	if !addr.IsValid() {
		return true
	}
	k := keyOf(addr)
	if within(s.excluded.all, k) {
		return true
	}
	list := s.excluded.byPort
	low, high := 0, len(list)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if list[mid].port < port {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(list) && list[low].port == port && within(list[low].spans, k)
}

// ExcludedName tells whether a host was excluded by this name, which holds for addresses
// the name may get tomorrow. Its addresses of today are excluded as addresses.
func (s *Scope) ExcludedName(name string) bool {
	if len(s.excluded.names) == 0 {
		return false
	}
	_, found := slices.BinarySearch(s.excluded.names, strings.ToLower(strings.TrimSuffix(name, ".")))
	return found
}
