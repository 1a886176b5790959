package engine

import (
	"math/rand/v2"
	"testing"
)

// Positions that finish in any order, with stops between: each is begun once over all runs.
func TestPlace(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		const size = 1000
		begun := map[uint64]int{}
		finished := map[uint64]bool{}
		var from *Resume
		for len(finished) < size {
			var p progress
			p.start(from)
			var open []uint64
			for range random.IntN(700) {
				if random.IntN(2) == 0 {
					if at, ok := p.begin(size); ok {
						begun[at]++
						if finished[at] {
							t.Fatalf("seed %d: %d is begun after it was finished", seed, at)
						}
						open = append(open, at)
					}
				} else if len(open) > 0 {
					i := random.IntN(len(open))
					p.finish(open[i])
					finished[open[i]] = true
					open[i] = open[len(open)-1]
					open = open[:len(open)-1]
				}
			}
			r := &Run{}
			r.progress.low, r.progress.base, r.progress.finished = p.low, p.base, p.finished
			state := r.Progress()
			from = &state
			for at := range uint64(size) {
				bit := at - state.Low
				in := at < state.Low || bit/64 < uint64(len(state.Finished)) && state.Finished[bit/64]>>(bit%64)&1 == 1
				if in != finished[at] {
					t.Fatalf("seed %d: position %d: finished %v, the state says %v", seed, at, finished[at], in)
				}
			}
		}
	}
}

func TestPlaceRunsAheadOnlySoFar(t *testing.T) {
	var p progress
	p.start(nil)
	p.ahead = 1 << 12
	first, _ := p.begin(1 << 40)
	for range p.ahead - 1 {
		at, ok := p.begin(1 << 40)
		if !ok {
			t.Fatal("too early")
		}
		p.finish(at)
	}
	if _, ok := p.begin(1 << 40); ok {
		t.Error("a hung host does not hold the others up at all")
	}
	p.finish(first)
	if at, ok := p.begin(1 << 40); !ok || at != p.ahead || len(p.finished) != 0 {
		t.Errorf("after it: %d %v, %d words kept", at, ok, len(p.finished))
	}
}
