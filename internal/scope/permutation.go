package scope

import "math/bits"

// Permutation is a bijection of 0…n-1 that looks like chance and is fixed by its seed:
// nothing is stored, so a run can go on at any position. It spreads the load over the
// scope; it is no cipher.
//
// It is a Feistel network on ⌈log2 n⌉ bits, cut into two halves that take turns in
// being changed by a hash of the other; a result of n or more is sent through again
// (cycle walking, Black and Rogaway 2002), fewer than two passes on average because
// n is more than half of 2^⌈log2 n⌉.
type Permutation struct {
	n          uint64
	right      uint // bits of the low half
	leftShift  uint // 64 - bits of the high half
	rightShift uint
	rightMask  uint64
	keys       [rounds]roundKey
}

type roundKey struct{ add, multiply uint64 }

// rounds: each half is changed three times. Four in all would already hide the order
// (Luby and Rackoff 1988); two more make up for the narrow halves of small scopes.
const rounds = 6

// NewPermutation gives the order of n positions for this seed; the same pair gives the
// same order in every version (runs are resumed by seed and position).
func NewPermutation(n, seed uint64) Permutation {
	width := uint(2) // each half has a bit at least
	if n > 4 {
		width = uint(bits.Len64(n - 1))
	}
	left := width / 2
	right := width - left
	p := Permutation{n: n, right: right, leftShift: 64 - left, rightShift: 64 - right, rightMask: 1<<right - 1}
	state := seed
	for i := range p.keys {
		p.keys[i] = roundKey{splitmix(&state), splitmix(&state) | 1}
	}
	return p
}

// Len is the number of positions.
func (p *Permutation) Len() uint64 { return p.n }

// At gives the index at position i; i must be below Len.
func (p *Permutation) At(i uint64) uint64 {
	if i >= p.n {
		panic("scope: position beyond the permutation")
	}
	// The masks tell the compiler that no shift is wider than the word.
	right, leftShift, rightShift := p.right&63, p.leftShift&63, p.rightShift&63
	for {
		l, r := i>>right, i&p.rightMask
		l ^= p.keys[0].scatter(r) >> leftShift
		r ^= p.keys[1].scatter(l) >> rightShift
		l ^= p.keys[2].scatter(r) >> leftShift
		r ^= p.keys[3].scatter(l) >> rightShift
		l ^= p.keys[4].scatter(r) >> leftShift
		r ^= p.keys[5].scatter(l) >> rightShift
		if i = l<<right | r; i < p.n {
			return i
		}
	}
}

// scatter spreads every bit of x over the high bits, the only ones that are used: the
// folded 128-bit product of two numbers of which the key makes one look like chance.
func (k *roundKey) scatter(x uint64) uint64 {
	high, low := bits.Mul64(x+k.add, k.multiply)
	return high ^ low
}

// splitmix draws round keys from a seed (Steele, Lea, Flood 2014), so that seeds 1 and 2
// have nothing in common.
func splitmix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
