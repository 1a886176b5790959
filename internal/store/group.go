package store

import (
	"fmt"

	"signet"
)

// Bounds of a group: a transaction holds all of it, in memory.
const (
	mostGroupRows  = 64 << 10
	mostGroupBytes = 64 << 20
)

// Group is observations that stand in the store together or not at all: those of one host, or of one unit of work. One goroutine
// fills it; several groups may be filled at once.
type Group struct {
	r       *Recorder
	held    batch
	tooMuch error
}

// Group begins a group. Until it is closed nothing of it is stored.
func (r *Recorder) Group() *Group { return &Group{r: r} }

// Record takes an observation into the group; nothing of it is kept after the return. trace says whether its transcript is to be
// stored. A group has at most 65,536 rows and 64 MiB: of one that has more nothing is stored, and Close gives the same error.
func (g *Group) Record(o *signet.Observation, trace bool) error {
	if g.tooMuch == nil && (len(g.held.list) >= mostGroupRows || len(g.held.bytes) >= mostGroupBytes) {
		g.held = batch{}
		g.tooMuch = fmt.Errorf("a group of more than %d observations or %d MiB cannot be stored at once", mostGroupRows, mostGroupBytes>>20)
	}
	if g.tooMuch != nil {
		return g.tooMuch
	}
	g.held.take(o, trace, g.r.run.Started)
	return nil
}

// Close hands the group over to be committed. committed, if there is one, is called once that is done, and never where it fails. It is called
// from another goroutine, group after group in the order of closing, the last one before Finish returns; while it runs nothing
// else is committed, and it must not call the Recorder. An error is that of an earlier commit: nothing more will be stored.
// A group without observations is one too: its committed is called after those of all before it.
func (g *Group) Close(committed func()) error {
	if g.tooMuch != nil {
		return g.tooMuch
	}
	r := g.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(); err != nil {
		return err
	}
	r.open.list = append(r.open.list, g.held.list...)
	r.open.bytes = append(r.open.bytes, g.held.bytes...)
	if committed != nil {
		r.open.committed = append(r.open.committed, committed)
	}
	if r.open.full() {
		r.signal()
	}
	g.held = batch{}
	return nil
}
