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
	size := s.Source.Len()
	for range min(uint64(n), max(size, 1)) {
		wg.Go(func() {
			for !s.draining() {
				i, ok := s.progress.begin(size)
				if !ok {
					if s.progress.done(size) {
						return
					}
					time.Sleep(10 * time.Millisecond) // the oldest host under way is too far behind
					continue
				}
				if s.host(s.Source.At(i)) {
					s.progress.finish(i)
				}
			}
		})
	}
	wg.Wait()
}
