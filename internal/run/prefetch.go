package run

import (
	"iter"
	"runtime"

	"signet"
)

// prefetched is how many observations are read ahead at once.
const prefetched = 32

// batch is a few observations of a run, in order; ready is closed when they are prepared.
type batch struct {
	list  []*signet.Observation
	err   error
	ready chan struct{}
}

// prefetch reads a run before it is needed, on a goroutine of its own, and prepares observations on as many as there are
// processors: what prepare does to one must need no other. It may be nil.
func prefetch(run iter.Seq2[*signet.Observation, error], prepare func(*signet.Observation)) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		workers := 0
		if prepare != nil {
			workers = runtime.GOMAXPROCS(0)
		}
		order, work := make(chan *batch, workers+2), make(chan *batch, workers)
		stop, finished := make(chan struct{}), make(chan struct{})
		for range workers {
			go func() {
				for b := range work {
					for _, o := range b.list {
						prepare(o)
					}
					close(b.ready)
				}
			}()
		}
		go func() {
			defer close(finished)
			defer close(order)
			defer close(work)
			b := &batch{}
			send := func() bool {
				if b.ready = make(chan struct{}); prepare == nil {
					close(b.ready)
				} else {
					work <- b // a worker takes it, whether or not anybody still waits
				}
				select {
				case order <- b:
					b = &batch{list: make([]*signet.Observation, 0, prefetched)}
					return true
				case <-stop:
					return false
				}
			}
			for o, err := range run {
				if err != nil {
					b.err = err
					break
				}
				b.list = append(b.list, o)
				if len(b.list) == prefetched && !send() {
					return
				}
			}
			send()
		}()
		defer func() { close(stop); <-finished }()
		for b := range order {
			<-b.ready
			for _, o := range b.list {
				if !yield(o, nil) {
					return
				}
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
		}
	}
}
