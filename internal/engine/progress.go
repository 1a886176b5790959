package engine

import (
	"math/bits"
	"sync"

	"signet"
)

// Resume says where a run goes on: with the positions from Low on that are not marked in Finished.
type Resume struct {
	Low uint64
	// Finished has a bit for each position from Low on: bit i%64 of word i/64 stands for Low+i. What lies behind
	// its end is not finished.
	Finished []uint64
	// Answered tells of an endpoint whose host was under way whether its answer is known already, and which it
	// was; nil: none is. It is called from any goroutine.
	Answered func(check string, port uint16, t signet.Target) (signet.Outcome, bool)
}

// progress keeps which positions are finished. It takes a bit for each position between the oldest host under way and
// the newest, never more.
type progress struct {
	mu       sync.Mutex
	low      uint64 // every position below is finished
	next     uint64 // no position from here on was begun
	finished []uint64
	ahead    uint64 // mostAhead
	base     uint64 // what bit 0 of finished stands for; at most low, a multiple of 64
}

// mostAhead is how far new positions may be ahead of the oldest one under way: 2^22 bits are half a megabyte.
const mostAhead = 1 << 22

func (p *progress) start(r *Resume) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.low, p.next, p.base, p.finished, p.ahead = 0, 0, 0, nil, mostAhead
	if r == nil {
		return
	}
	p.low = r.Low
	p.base = r.Low &^ 63
	for i, w := range r.Finished {
		for ; w != 0; w &= w - 1 {
			p.mark(r.Low + uint64(i)*64 + uint64(bits.TrailingZeros64(w)))
		}
	}
	p.next = p.low
	p.advance()
}

// begin takes the next position that is to be asked; ok is false at the end of the scope, or while the oldest position
// under way is too far behind.
func (p *progress) begin(size uint64) (position uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.next < size {
		if p.next-p.low >= p.ahead {
			return 0, false
		}
		position = p.next
		p.next++
		if !p.marked(position) {
			return position, true
		}
		p.advance()
	}
	return 0, false
}

// done tells whether every position was begun.
func (p *progress) done(size uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next >= size
}

// finish marks a position whose every observation was delivered.
func (p *progress) finish(position uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if position == p.low && len(p.finished) == 0 {
		p.low++
		return
	}
	p.mark(position)
	p.advance()
}

func (p *progress) mark(position uint64) {
	if position < p.low {
		return
	}
	if len(p.finished) == 0 {
		p.base = p.low &^ 63
	}
	word := int((position - p.base) / 64)
	for len(p.finished) <= word {
		p.finished = append(p.finished, 0)
	}
	p.finished[word] |= 1 << (position % 64)
}

func (p *progress) marked(position uint64) bool {
	if position < p.low {
		return true
	}
	if position < p.base {
		return false
	}
	word := (position - p.base) / 64
	return word < uint64(len(p.finished)) && p.finished[word]&(1<<(position%64)) != 0
}

// advance moves low beyond what is finished, and forgets that.
func (p *progress) advance() {
	for p.marked(p.low) {
		p.low++
	}
	gone := int((p.low - p.base) / 64)
	if gone = min(gone, len(p.finished)); gone > 0 && (gone >= 1024 || gone == len(p.finished)) {
		p.finished = p.finished[:copy(p.finished, p.finished[gone:])]
		p.base += uint64(gone) * 64
	}
	p.next = max(p.next, p.low)
}

// Progress says where the run stands, for Resume: the observations of every position that it names finished were delivered
// before it was called. Answered is left nil.
func (r *Run) Progress() Resume {
	p := &r.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Resume{Low: p.low}
	if len(p.finished) == 0 || p.base+uint64(len(p.finished))*64 <= p.low {
		return out
	}
	words := p.finished[(p.low-p.base)/64:]
	shift := p.low % 64
	out.Finished = make([]uint64, len(words))
	for i, w := range words {
		out.Finished[i] = w >> shift
		if shift > 0 && i+1 < len(words) {
			out.Finished[i] |= words[i+1] << (64 - shift)
		}
	}
	for n := len(out.Finished); n > 0 && out.Finished[n-1] == 0; n-- {
		out.Finished = out.Finished[:n-1]
	}
	return out
}
