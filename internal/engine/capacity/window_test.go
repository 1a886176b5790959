package capacity

import (
	"testing"
	"time"
)

// fewestSockets is with how many a run begins.
const fewestSockets = 64

// served plays what sockets meet: each is closed after a time, and no more than so many a second.
type served struct {
	open time.Duration // how long one is open when there is no queue
	rate float64       // closed a second at most
}

// settled runs a window against a served for a time and returns its size. Every tenth period it stalls.
func (n served) settled(w *Window, span time.Duration) int {
	const round = 5 * time.Millisecond
	debt := 0.0
	var now time.Duration
	for i := 0; now < span; i++ {
		now += round
		debt += round.Seconds() * min(n.rate, float64(w.Size)/n.open.Seconds())
		if i%40 == 39 { // somebody else had the processor
			now += 15 * time.Millisecond
		}
		w.Closed += int(debt)
		if n.open > time.Second {
			w.Dark += int(debt)
		}
		debt -= float64(int(debt))
		w.Fit(int64(now), w.Size, true)
	}
	return w.Size
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
		w := NewWindow(fewestSockets, 19_000)
		if got := c.net.settled(&w, c.span); got < c.low || got > c.high {
			t.Errorf("%s: %d sockets, want %d to %d", c.name, got, c.low, c.high)
		}
	}
}

// What darkness added goes when answers come.
func TestWindowAfterDarkness(t *testing.T) {
	w := NewWindow(fewestSockets, 19_000)
	served{1500 * time.Millisecond, 1e9}.settled(&w, 500*time.Millisecond)
	w.since, w.Closed = 0, 0
	if got := (served{time.Millisecond, 15_000}).settled(&w, 2*time.Second); got > 2*fewestSockets {
		t.Errorf("%d sockets after darkness", got)
	}
	w.Short(100)
	if w.Size != 100 || w.lit != 100 {
		t.Errorf("%+v where there is no room for more than 100", w)
	}
}
