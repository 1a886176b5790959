package cli

import (
	"strings"
	"testing"
	"time"

	"signet/internal/run"
)

// The time that is left is not told before there is a pace, and then from the pace of the last minute.
func TestProgressTellsNoTimeTooEarly(t *testing.T) {
	begun := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		from  uint64
		total uint64
		at    func(second int) uint64 // addresses done
		seen  int                     // the second from which time is told, 0: never
		says  string                  // then
	}{
		{"steady", 0, 10_000, func(s int) uint64 { return uint64(s) * 100 }, 15, "1500/10000 addresses, 100/s, 0 alive, 0 findings, about 85 seconds left"},
		{"a small part is no pace", 0, 1_000_000, func(s int) uint64 { return uint64(s) * 100 }, 120, "about 3 hours left"},
		{"nothing is done yet", 0, 10_000, func(int) uint64 { return 0 }, 0, ""},
		{"resumed: what was done before is no pace", 9_000, 10_000, func(s int) uint64 { return 9_000 + uint64(s) }, 20, "9020/10000 addresses, 1/s, 0 alive, 0 findings, about 16 minutes left"},
		{"it stands still", 0, 10_000, func(s int) uint64 { return 400 * uint64(min(s, 2)) }, 15, "800/10000"},
	} {
		var w run.Watch
		p := &progress{watch: func() run.Watch { return w }, start: begun, from: c.from}
		w.Total = c.total
		first, line := 0, ""
		for second := 1; second <= 180; second++ {
			w.Addresses = min(c.at(second), c.total)
			got := p.line(begun.Add(time.Duration(second) * time.Second))
			if first == 0 && strings.Contains(got, "left") {
				first, line = second, got
			}
			if c.name == "it stands still" && second > 70 && strings.Contains(got, "left") {
				t.Errorf("%s: after %d s of which the last minute brought nothing: %s", c.name, second, got)
			}
		}
		if first != c.seen || !strings.Contains(line, c.says) {
			t.Errorf("%s: told in second %d, want %d: %s", c.name, first, c.seen, line)
		}
	}
}
