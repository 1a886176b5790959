//go:build linux && (amd64 || arm64)

package engine

import (
	"testing"
	"time"
)

// served plays what sockets meet: each is closed after a time, and no more than so many a second.
type served struct {
	open time.Duration // how long one is open when there is no queue
	rate float64       // closed a second at most
}

// settled runs a window against a served for a time and returns its size. Every tenth period it stalls.
func (n served) settled(w *window, span time.Duration) int {
	const round = 5 * time.Millisecond
	debt := 0.0
	var now time.Duration
	for i := 0; now < span; i++ {
		now += round
		debt += round.Seconds() * min(n.rate, float64(w.size)/n.open.Seconds())
		if i%40 == 39 { // somebody else had the processor
			now += 15 * time.Millisecond
		}
		w.closed += int(debt)
		if n.open > time.Second {
			w.dark += int(debt)
		}
		debt -= float64(int(debt))
		w.fit(int64(now), w.size, true)
	}
	return w.size
}

// A window is as wide as the served makes worth while, and no wider.
func TestWindowFits(t *testing.T) {
	for _, c := range []struct {
		name      string
		net       served
		span      time.Duration
		low, high int
	}{
		{"the processor is what is waited for", served{50 * time.Microsecond, 15_000}, 30 * time.Second, fewestSockets, 2 * fewestSockets},
		{"a near network", served{time.Millisecond, 15_000}, 5 * time.Second, fewestSockets, 2 * fewestSockets},
		{"a far network", served{100 * time.Millisecond, 20_000}, 5 * time.Second, 2048, 4096},
		{"dark", served{1500 * time.Millisecond, 1e9}, 500 * time.Millisecond, 19_000, 19_000},
	} {
		w := newWindow(fewestSockets, 19_000)
		if got := c.net.settled(&w, c.span); got < c.low || got > c.high {
			t.Errorf("%s: %d sockets, want %d to %d", c.name, got, c.low, c.high)
		}
	}
}

// What darkness added goes when answers come.
func TestWindowAfterDarkness(t *testing.T) {
	w := newWindow(fewestSockets, 19_000)
	served{1500 * time.Millisecond, 1e9}.settled(&w, 500*time.Millisecond)
	w.since, w.closed = 0, 0
	if got := (served{time.Millisecond, 15_000}).settled(&w, 2*time.Second); got > 2*fewestSockets {
		t.Errorf("%d sockets after darkness", got)
	}
	w.short(100)
	if w.size != 100 || w.lit != 100 {
		t.Errorf("%+v where there is no room for more than 100", w)
	}
}
