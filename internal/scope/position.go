package scope

import (
	"net/netip"
	"sort"
)

// Position is the way back of At: where index stands in the order; index must be below Len.
func (p *Permutation) Position(index uint64) uint64 {
	if index >= p.n {
		panic("scope: index beyond the permutation")
	}
	right, leftShift, rightShift := p.right&63, p.leftShift&63, p.rightShift&63
	for {
		l, r := index>>right, index&p.rightMask
		r ^= p.keys[5].scatter(l) >> rightShift
		l ^= p.keys[4].scatter(r) >> leftShift
		r ^= p.keys[3].scatter(l) >> rightShift
		l ^= p.keys[2].scatter(r) >> leftShift
		r ^= p.keys[1].scatter(l) >> rightShift
		l ^= p.keys[0].scatter(r) >> leftShift
		if index = l<<right | r; index < p.n {
			return index
		}
	}
}

// Position tells where in the sequence an address stands; ok is false for one that is not in scope.
func (o *Order) Position(addr netip.Addr) (position uint64, ok bool) {
	if !addr.IsValid() {
		return 0, false
	}
	k, segments := keyOf(addr), o.scope.segments
	i := sort.Search(len(segments), func(i int) bool { return !segments[i].last.less(k) })
	if i == len(segments) || k.less(segments[i].first) {
		return 0, false
	}
	return o.shuffle.Position(segments[i].before + k.sub(segments[i].first).lo), true
}
