package cli

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"signet"
	"signet/internal/engine"
)

// statistics appends a JSON line of counters to a file every second, and one at the end. Counters only grow, but for
// in_flight and follow_ups, which are of the moment.
type statistics struct {
	file  *os.File
	run   string
	stats *engine.Stats
	total uint64
	start time.Time
	found func() uint64
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

// watch writes until done is closed.
func (s *statistics) watch(done <-chan struct{}) {
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
	now := time.Now()
	b := fmt.Appendf(s.buf[:0], `{"kind":"stats","run":%q,"at":"%s","elapsed_ms":%d,"total":%d`, s.run, now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), now.Sub(s.start).Milliseconds(), s.total)
	add := func(name string, n uint64) {
		b = append(b, ',', '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		b = strconv.AppendUint(b, n, 10)
	}
	add("addresses", s.stats.Addresses.Load())
	add("alive", s.stats.Alive.Load())
	add("endpoints_asked", s.stats.Asked.Load())
	for _, o := range signet.Outcomes() {
		add(o.String(), s.stats.Outcomes[o].Load())
	}
	add("findings", s.found())
	add("connections", s.stats.Dials.Load())
	add("syns", s.stats.SYNs.Load())
	add("in_flight", uint64(max(0, s.stats.InFlight.Load())))
	add("follow_ups", uint64(max(0, s.stats.FollowUps.Load())))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	add("heap_bytes", m.HeapAlloc)
	s.buf = append(b, '}', '\n')
	s.file.Write(s.buf) // a full disk ends no run that has nothing else to write to it
}
