package engine

import (
	"sync"
	"time"
)

// portableHosts is how many hosts the portable driver asks at once where --in-flight does not say.
const portableHosts = 1000

// portable drives a session with a goroutine for each host under way and blocking connections.
func portable(s *session) {
	var wg sync.WaitGroup
	n := s.InFlight
	if n == 0 {
		n = portableHosts
	}
	if s.Source.Grown() == nil {
		n = int(min(uint64(n), max(s.Source.Len(), 1)))
	}
	for range n {
		wg.Go(func() {
			for !s.draining() {
				i, ok, over, grown := s.nextPosition()
				switch {
				case over:
					return
				case ok:
					if s.host(s.Source.At(i)) {
						s.finish(i)
					}
				case grown != nil:
					select {
					case <-grown:
					case <-s.drain:
					case <-s.ctx.Done():
					}
				default:
					time.Sleep(10 * time.Millisecond) // the oldest host under way is too far behind
				}
			}
		})
	}
	wg.Wait()
}
