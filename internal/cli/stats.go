package cli

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"signet"
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
	b := fmt.Appendf(s.buf[:0], `{"kind":"stats","run":%q,"at":"%s","elapsed_ms":%d,"total":%d`, s.run, now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), now.Sub(s.start).Milliseconds(), w.Total)
	add := func(name string, n uint64) {
		b = append(b, ',', '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		b = strconv.AppendUint(b, n, 10)
	}
	add("addresses", w.Addresses)
	add("alive", w.Alive)
	add("endpoints_asked", w.Asked)
	for _, o := range signet.Outcomes() {
		add(o.String(), w.Outcomes[o])
	}
	add("findings", w.Findings)
	add("connections", w.Connections)
	add("syns", w.SYNs)
	add("in_flight", w.InFlight)
	add("follow_ups", w.FollowUps)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	add("heap_bytes", m.HeapAlloc)
	s.buf = append(b, '}', '\n')
	s.file.Write(s.buf) // a full disk ends no run that has nothing else to write to it
}
