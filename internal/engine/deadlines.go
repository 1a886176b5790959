package engine

import "time"

// deadlines are time-outs of one length: they end in the order in which they began, so that a queue does for a heap.
type deadlines struct {
	after int64 // nanoseconds
	queue ring[deadline]
}

// deadline is when something is given up that has not moved on since: id and stamp tell.
type deadline struct {
	at    int64
	id    int32
	stamp uint32
}

func (d *deadlines) arm(now int64, id int32, stamp uint32) {
	d.queue.push(deadline{now + d.after, id, stamp})
}

// first drops what is stale from the head and returns when the next one ends; ok is false when there is none.
func (d *deadlines) first(stale func(id int32, stamp uint32) bool) (at int64, ok bool) {
	for d.queue.size > 0 {
		h := d.queue.front()
		if !stale(h.id, h.stamp) {
			return h.at, true
		}
		d.queue.pop()
	}
	return 0, false
}

// roundTrips estimates how long a network takes to answer, by region (/16, /48), from what connections took
// (RFC 6298 §2). Regions whose numbers meet share an estimate.
type roundTrips [256]struct {
	smoothed, varied int32 // microseconds
	samples          uint8
}

// trustedSamples is how many round trips make an estimate.
const trustedSamples = 8

func (r *roundTrips) sample(region uint8, took time.Duration) {
	e := &r[region]
	us := int32(min(took.Microseconds(), 10_000_000))
	if e.samples == 0 {
		e.smoothed, e.varied = us, us/2
	} else {
		d := e.smoothed - us
		e.varied += (max(d, -d) - e.varied) / 4
		e.smoothed += (us - e.smoothed) / 8
	}
	e.samples = min(e.samples+1, trustedSamples)
}

// wait is how long an answer may take before it counts as missing; ok is false while too little is known.
func (r *roundTrips) wait(region uint8) (d time.Duration, ok bool) {
	e := &r[region]
	return time.Duration(e.smoothed+4*e.varied) * time.Microsecond, e.samples >= trustedSamples
}
