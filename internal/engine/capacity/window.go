package capacity

import "time"

// Window is how many sockets are open at once. More of them help only while the network is what is waited for: where a
// processor is, here or at the other end, each further one waits longer, and what the kernel keeps of it has left the
// caches by the time its answer comes. So it starts small, is doubled on trial, and keeps what a trial gained. Where
// most of what is asked is dark it is doubled untried, and halved again when answers come.
type Window struct {
	Size, Most int
	Closed     int // sockets closed in the period that is measured: the owner counts them,
	Dark       int // and those of them that heard nothing in time

	lit   int   // the size apart from what was added where all is dark
	since int64 // the period began
	tried bool  // the size is on trial
	rate  int64 // sockets closed a second at half of it
	rest  int64 // no trial before this time
	pause int64 // how long the next rest is
}

// ShortestPeriod is how often a window is looked at anew at most, in nanoseconds: where all is dark.
const ShortestPeriod = int64(25 * time.Millisecond)

const (
	darkAfter    = int64(time.Second)           // a socket that is open for so long hears nothing
	trialEvery   = int64(50 * time.Millisecond) // a period where it is not dark: until each socket was replaced
	trialSlowest = int64(time.Second)
	firstPause   = int64(time.Second)
	mostPause    = int64(8 * time.Second)
)

// NewWindow begins with a size and grows to at most another.
func NewWindow(from, most int) Window {
	size := min(from, most)
	return Window{Size: size, lit: size, Most: most, pause: firstPause}
}

// Fit looks back at a period, if one is over, and sets Size. now is in nanoseconds; open is how many sockets are open, and
// full says that there is nothing to do but to wait for them. By Little's law the time a socket is open is their number over the rate at which they are closed.
func (w *Window) Fit(now int64, open int, full bool) {
	passed := now - w.since
	if passed < ShortestPeriod {
		return
	}
	answered := w.Closed - w.Dark
	switch {
	case full && w.Size < w.Most && int64(w.Closed)*darkAfter < int64(open)*passed:
		w.again(now, min(w.Most, 2*w.Size), false)
		return
	case passed < trialEvery:
		return
	case !w.tried && w.Size > w.lit && answered > 3*w.Dark && 4*answered > open:
		w.again(now, max(w.lit, w.Size/2), false)
		return
	case (!full || w.Closed < w.Size) && passed < trialSlowest:
		return
	case !full:
		w.again(now, w.Size, w.tried)
		return
	}
	rate := int64(w.Closed) * int64(time.Second) / passed
	switch {
	case w.tried && rate < w.rate+w.rate/4:
		w.again(now, w.Size/2, false)
		w.lit = w.Size
		w.rest, w.pause = now+w.pause, min(2*w.pause, mostPause)
	case w.tried || now >= w.rest:
		w.rate, w.lit = rate, w.Size
		w.again(now, min(w.Most, 2*w.Size), true)
	default:
		w.again(now, w.Size, false)
	}
}

// again begins a period with a size.
func (w *Window) again(now int64, size int, trial bool) {
	w.since, w.Closed, w.Dark, w.Size, w.tried = now, 0, 0, max(1, size), trial
}

// Short says that this machine has no room for more sockets than are open.
func (w *Window) Short(open int) {
	w.Size = max(1, min(w.Size, open))
	w.lit, w.tried = min(w.lit, w.Size), false
}
