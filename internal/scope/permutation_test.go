package scope

import (
	"math/rand/v2"
	"testing"
)

func TestPermutationIsBijective(t *testing.T) {
	for n := uint64(1); n <= 300; n++ {
		for seed := range uint64(3) {
			p := NewPermutation(n, seed)
			seen := make([]bool, n)
			for i := range n {
				v := p.At(i)
				if v >= n || seen[v] {
					t.Fatalf("n=%d seed=%d: %d at position %d is out of range or came before", n, seed, v, i)
				}
				seen[v] = true
			}
		}
	}
	for _, n := range []uint64{1<<17 - 1, 1 << 17, 1<<17 + 1} {
		p := NewPermutation(n, 7)
		seen := make([]bool, n)
		for i := range n {
			v := p.At(i)
			if seen[v] {
				t.Fatalf("n=%d: %d twice", n, v)
			}
			seen[v] = true
		}
	}
}

// Too large to walk: no two of many positions meet, and the way back exists.
func TestPermutationOfLargeSizes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []uint64{1<<24 + 1, 1 << 32, 1<<32 + 1, MaxVisits, 1<<63 + 1, ^uint64(0)} {
		p := NewPermutation(n, random.Uint64())
		seen := make(map[uint64]bool)
		for i := range uint64(50_000) {
			v := p.At(i)
			if v >= n || seen[v] {
				t.Fatalf("n=%d: %d at position %d is out of range or came before", n, v, i)
			}
			seen[v] = true
		}
		for range 1000 {
			i := random.Uint64N(n)
			if back := undo(&p, p.At(i)); back != i {
				t.Fatalf("n=%d: position %d gives %d, which comes from %d", n, i, p.At(i), back)
			}
		}
	}
}

// undo runs the network backwards: a second, independent account of the same bijection.
func undo(p *Permutation, v uint64) uint64 {
	for {
		l, r := v>>p.right, v&p.rightMask
		for k := rounds - 2; k >= 0; k -= 2 {
			r ^= p.keys[k+1].scatter(l) >> p.rightShift
			l ^= p.keys[k].scatter(r) >> p.leftShift
		}
		if v = l<<p.right | r; v < p.n {
			return v
		}
	}
}

// Runs are resumed by seed and position, so the order may never change.
func TestPermutationIsTheSameForEver(t *testing.T) {
	want := map[uint64][5]uint64{
		10:      {5, 6, 0, 9, 8},
		1 << 24: {1048418, 8075269, 10673281, 7253867, 13442864},
	}
	for n, w := range want {
		p := NewPermutation(n, 42)
		var got [5]uint64
		for i := range got {
			got[i] = p.At(uint64(i))
		}
		if got != w {
			t.Errorf("n=%d: %v, want %v", n, got, w)
		}
	}
}

// In any stretch of a /8 every /24 gets about its share: no subnet is hammered.
func TestPermutationSpreads(t *testing.T) {
	p := NewPermutation(1<<24, 5)
	for _, start := range []uint64{0, 1 << 20, 1<<24 - 65536} {
		perSubnet := make(map[uint64]int)
		ascending := 0
		last := uint64(0)
		for i := range uint64(65536) {
			v := p.At(start + i)
			perSubnet[v>>8]++
			if v > last {
				ascending++
			}
			last = v
		}
		most := 0
		for _, n := range perSubnet {
			most = max(most, n)
		}
		// 65,536 draws into 65,536 subnets: about 1-1/e of them are hit, the fullest
		// has 8 or 9; a regular walk hits all of them once or one of them 256 times.
		if hit := len(perSubnet); hit < 40_000 || hit > 43_000 || most > 13 {
			t.Errorf("from %d: %d subnets hit, the fullest %d times", start, hit, most)
		}
		if ascending < 32_000 || ascending > 33_600 {
			t.Errorf("from %d: %d of 65,536 steps go up", start, ascending)
		}
	}
}

// Every place is as likely as any other at every position of a small scope.
func TestPermutationIsEven(t *testing.T) {
	for _, n := range []uint64{3, 5, 8, 13} {
		const seeds = 10_000
		counts := make([][]int, n)
		for i := range counts {
			counts[i] = make([]int, n)
		}
		for seed := range uint64(seeds) {
			p := NewPermutation(n, seed)
			for i := range n {
				counts[i][p.At(i)]++
			}
		}
		share := float64(seeds) / float64(n)
		for i := range counts {
			for v, c := range counts[i] {
				if d := float64(c)/share - 1; d < -0.2 || d > 0.2 {
					t.Errorf("n=%d: position %d gives %d %d times of %d", n, i, v, c, seeds)
				}
			}
		}
	}
}
