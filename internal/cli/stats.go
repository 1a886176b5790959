package cli

import (
	"os"
	"runtime"
	"time"

	"signet/internal/line"
	"signet/internal/run"
)

// statistics appends a JSON line of counters to a file every second, and one at the end. Counters only grow, but for
// in_flight and follow_ups, which are of the moment.
type statistics struct {
	file  *os.File
	run   string
	watch func() run.Watch
	start time.Time
	buf   []byte
}

// openStatistics opens the file of --stats; nil without one.
func openStatistics(path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, trouble("--stats: %v", err)
	}
	return f, nil
}

// write writes until done is closed.
func (s *statistics) write(done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			s.line()
			return
		case <-tick.C:
			s.line()
		}
	}
}

func (s *statistics) line() {
	now, w := time.Now(), s.watch()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.buf = append(line.AppendStats(s.buf[:0], &line.Stats{
		Run: s.run, At: now, Elapsed: now.Sub(s.start), Total: w.Total,
		Addresses: w.Addresses, Alive: w.Alive, Asked: w.Asked, Outcomes: w.Outcomes, Findings: w.Findings,
		Connections: w.Connections, SYNs: w.SYNs, InFlight: w.InFlight, FollowUps: w.FollowUps, Heap: m.HeapAlloc,
	}), '\n')
	s.file.Write(s.buf) // a full disk ends no run that has nothing else to write to it
}
