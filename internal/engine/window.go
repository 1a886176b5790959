package engine

import "time"

// window is how many sockets are open at once. More of them help only while the network is what is waited for: where a
// processor is, here or at the other end, each further one waits longer, and what the kernel keeps of it has left the
// caches by the time its answer comes. So it starts small, is doubled on trial, and keeps what a trial gained. Where
// most of what is asked is dark it is doubled untried, and halved again when answers come.
type window struct {
	size, most int
	lit        int // the size apart from what darkness added

	since  int64 // the period that is measured began
	closed int   // sockets since then
	dark   int   // of them, those that heard nothing in time
	tried  bool  // the size is on trial
	rate   int64 // sockets closed a second at half of it
	rest   int64 // no trial before this time
	pause  int64 // how long the next rest is
}

const (
	darkAfter = int64(time.Second) // a socket that is open for so long hears nothing

	quietEvery   = int64(25 * time.Millisecond) // a period where it is dark
	trialEvery   = int64(50 * time.Millisecond) // and where it is not: until each socket was replaced
	trialSlowest = int64(time.Second)
	firstPause   = int64(time.Second)
	mostPause    = int64(8 * time.Second)
)

func newWindow(from, most int) window {
	size := min(from, most)
	return window{size: size, lit: size, most: most, pause: firstPause}
}

// fit looks back at a period, if one is over, in which so many sockets are open. full says that there is nothing to do
// but to wait for them. By Little's law the time a socket is open is their number over the rate at which they are closed.
func (w *window) fit(now int64, open int, full bool) {
	passed := now - w.since
	if passed < quietEvery {
		return
	}
	answered := w.closed - w.dark
	switch {
	case full && w.size < w.most && int64(w.closed)*darkAfter < int64(open)*passed:
		w.again(now, min(w.most, 2*w.size), false)
		return
	case passed < trialEvery:
		return
	case !w.tried && w.size > w.lit && answered > 3*w.dark && 4*answered > open:
		w.again(now, max(w.lit, w.size/2), false)
		return
	case (!full || w.closed < w.size) && passed < trialSlowest:
		return
	case !full:
		w.again(now, w.size, w.tried)
		return
	}
	rate := int64(w.closed) * int64(time.Second) / passed
	switch {
	case w.tried && rate < w.rate+w.rate/4:
		w.again(now, w.size/2, false)
		w.lit = w.size
		w.rest, w.pause = now+w.pause, min(2*w.pause, mostPause)
	case w.tried || now >= w.rest:
		w.rate, w.lit = rate, w.size
		w.again(now, min(w.most, 2*w.size), true)
	default:
		w.again(now, w.size, false)
	}
}

// again begins a period with a size.
func (w *window) again(now int64, size int, trial bool) {
	w.since, w.closed, w.dark, w.size, w.tried = now, 0, 0, max(1, size), trial
}

// short says that this machine has no room for more sockets than are open.
func (w *window) short(open int) {
	w.size = max(1, min(w.size, open))
	w.lit, w.tried = min(w.lit, w.size), false
}
