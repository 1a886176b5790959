package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
)

// queued is a source that grows as a queue of work does, and notes what is done.
type queued struct {
	mu    sync.Mutex
	list  list
	grown chan struct{} // nil: closed
	done  map[uint64]int
	then  func(done int) // called when so many positions are
}

func newQueued(addrs ...string) *queued {
	return &queued{list: items(addrs...), grown: make(chan struct{}), done: map[uint64]int{}}
}

func (q *queued) Len() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list.Len()
}

func (q *queued) At(i uint64) Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list.At(i)
}

func (q *queued) Grown() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.grown
}

func (q *queued) Done(i uint64) {
	q.mu.Lock()
	q.done[i]++
	n := len(q.done)
	q.mu.Unlock()
	if q.then != nil {
		q.then(n)
	}
}

// grow adds addresses; none: there will be no more.
func (q *queued) grow(addrs ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append(q.list, items(addrs...)...)
	close(q.grown)
	if q.grown = make(chan struct{}); len(addrs) == 0 {
		q.grown = nil
	}
}

// delivery is a sink that counts observations of a check by address.
type delivery struct {
	mu sync.Mutex
	of map[string]int
}

func (d *delivery) Deliver(o *signet.Observation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of[o.Addr.String()]++
	return nil
}

func (d *delivery) count(addr string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of[addr]
}

// A run asks what its source grows by, waits where there is nothing now, and ends when nothing more will come. The source
// hears of each position once, and not before all that was learned of it was delivered.
func TestGrowingSource(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var addrs []string
		for i := range 12 {
			addrs = append(addrs, fmt.Sprintf("127.9.31.%d", i+1))
			n.serve(addrs[i], 0, says("good"))
		}
		q := newQueued() // nothing yet
		r, _ := newRun(q, Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}, {Number: n.port + 1}}})
		sink := &delivery{of: map[string]int{}}
		r.Sink = sink
		q.then = func(done int) {
			q.mu.Lock()
			for i := range q.done {
				if addr := addrs[i]; sink.count(addr) != 2 {
					t.Errorf("%s is done with %d observations of 2", addr, sink.count(addr))
				}
			}
			q.mu.Unlock()
			switch done {
			case 4: // all there were: the next come later
				time.AfterFunc(50*time.Millisecond, func() { q.grow(addrs[4:]...) })
			case 12:
				time.AfterFunc(50*time.Millisecond, func() { q.grow() })
			}
		}
		time.AfterFunc(50*time.Millisecond, func() { q.grow(addrs[:4]...) })
		begun := time.Now()
		do(t, r, d)
		if took := time.Since(begun); took < 150*time.Millisecond || took > 2*time.Second {
			t.Errorf("ended after %v: the source was not final before 150ms, and was soon after", took)
		}
		if len(q.done) != 12 || r.Stats.Addresses.Load() != 12 || r.Progress().Low != 12 {
			t.Errorf("%d done, %d counted, the run stands at %d", len(q.done), r.Stats.Addresses.Load(), r.Progress().Low)
		}
		for i, times := range q.done {
			if times != 1 {
				t.Errorf("position %d was done %d times", i, times)
			}
		}
	})
}

// Waiting for a source ends with the run: a drain ends it, and so does its context.
func TestGrowingSourceLeft(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		for _, how := range []string{"drain", "cancel"} {
			n := newNetwork(t)
			n.serve("127.9.32.1", 0, says("good"))
			q := newQueued("127.9.32.1")
			r, g := newRun(q, Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
			r.driver = d
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			drain := make(chan struct{})
			q.then = func(int) {
				time.AfterFunc(50*time.Millisecond, func() {
					if how == "drain" {
						close(drain)
					} else {
						cancel()
					}
				})
			}
			ended := make(chan error, 1)
			go func() { ended <- r.Do(ctx, drain) }()
			select {
			case err := <-ended:
				if (err != nil) != (how == "cancel") || len(g.list) != 1 || len(q.done) != 1 {
					t.Errorf("%s: %v, %d observations, %d done", how, err, len(g.list), len(q.done))
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("%s: the run still waits for its source", how)
			}
		}
	})
}
