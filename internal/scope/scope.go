package scope

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"net/netip"
	"sort"

	"signet"
)

// Scope is what may be asked. It does not change once built and may be shared.
type Scope struct {
	segments   []segment
	asks       []Ask
	excluded   exclusions
	typed      []string
	unresolved []NameError
	notes      []string
	short      []netip.Prefix // blocks that were typed with fewer bits than shortest
}

// Item is one address to ask, with what was typed about it.
type Item struct {
	Addr netip.Addr
	*Ask
}

// Target is the item in the words of the root package.
func (i Item) Target() signet.Target { return signet.Target{Addr: i.Addr, Name: i.Name} }

// Len is the number of different addresses; the maximum stands for itself and anything
// above it (an IPv6 /64 is 2^64).
func (s *Scope) Len() uint64 {
	if len(s.segments) == 0 {
		return 0
	}
	last := &s.segments[len(s.segments)-1]
	n, tooMany := last.count()
	if total := last.before + n; !tooMany && total >= n {
		return total
	}
	return ^uint64(0)
}

// At gives the i-th address in ascending order (IPv4 stands at ::ffff:0:0/96, before all
// global IPv6); i must be below Len.
func (s *Scope) At(i uint64) Item {
	low, high := 0, len(s.segments)
	for high-low > 1 {
		mid := int(uint(low+high) >> 1)
		if s.segments[mid].before <= i {
			low = mid
		} else {
			high = mid
		}
	}
	seg := &s.segments[low]
	i -= seg.before
	if n, tooMany := seg.count(); i >= n && !tooMany {
		panic("scope: index beyond the scope")
	}
	return Item{seg.first.add(i).addr(), &s.asks[seg.ask]}
}

// Find tells whether addr is in scope (and not excluded), and what was typed about it.
func (s *Scope) Find(addr netip.Addr) (Item, bool) {
	if !addr.IsValid() {
		return Item{}, false
	}
	k := keyOf(addr)
	i := sort.Search(len(s.segments), func(i int) bool { return !s.segments[i].last.less(k) })
	if i == len(s.segments) || k.less(s.segments[i].first) {
		return Item{}, false
	}
	return Item{k.addr(), &s.asks[s.segments[i].ask]}, true
}

// Block is a run of addresses that are asked the same.
type Block struct {
	Range
	*Ask
}

// Size is the number of its addresses, which is exact below 2^53.
func (b *Block) Size() float64 {
	d := keyOf(b.Last).sub(keyOf(b.First))
	return float64(d.hi)*(1<<64) + float64(d.lo) + 1
}

// Blocks goes through the scope in address order without counting addresses: it is how a
// scope too large to visit is printed.
func (s *Scope) Blocks() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		for i := range s.segments {
			seg := &s.segments[i]
			if !yield(Block{Range{seg.first.addr(), seg.last.addr()}, &s.asks[seg.ask]}) {
				return
			}
		}
	}
}

// Typed is what the user gave, in order, for the header of a run: targets as typed,
// then files as `-f NAME`. An address that came out of a file is not repeated here.
func (s *Scope) Typed() []string { return s.typed }

// Unresolved names the targets that the resolver had no address for.
func (s *Scope) Unresolved() []NameError { return s.unresolved }

// Notes are sentences the user should see before the run: what was read but is incomplete.
func (s *Scope) Notes() []string { return s.notes }

// Fingerprint is the same for two scopes exactly if the same addresses would be asked the
// same, in hexadecimal. A run may be resumed by position only under the same fingerprint:
// a name that resolves differently moves every address behind it.
func (s *Scope) Fingerprint() string {
	h := sha256.New()
	var b []byte
	for i := range s.segments {
		seg := &s.segments[i]
		ask := &s.asks[seg.ask]
		b = b[:0]
		for _, v := range [...]uint64{seg.first.hi, seg.first.lo, seg.last.hi, seg.last.lo, uint64(len(ask.Ports)), uint64(len(ask.Names))} {
			b = binary.BigEndian.AppendUint64(b, v)
		}
		for _, p := range ask.Ports {
			b = binary.BigEndian.AppendUint16(b, p)
		}
		for _, name := range ask.Names {
			b = append(append(b, name...), 0)
		}
		if ask.Default {
			b = append(b, 1)
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// MaxVisits is the largest scope that can be visited: at a million addresses a second
// it takes twelve days.
const MaxVisits = 1 << 40

// tooLarge is the error of a scope that no run would come to the end of.
func (s *Scope) tooLarge() error {
	n := s.Len()
	if n <= MaxVisits {
		return nil
	}
	widest := s.segments[0].span
	for _, seg := range s.segments[1:] {
		if d := seg.last.sub(seg.first); widest.last.sub(widest.first).less(d) {
			widest = seg.span
		}
	}
	size := fmt.Sprint(n, " addresses")
	if n == ^uint64(0) {
		size = "2^64 addresses or more"
	}
	return fmt.Errorf("the targets are %s, the most that can be asked is 2^40; the largest part is %s",
		size, Range{widest.first.addr(), widest.last.addr()})
}
