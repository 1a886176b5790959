//go:build amd64 || arm64

package engine

import (
	"net/netip"
	"time"

	"signet/internal/dial"
	"signet/internal/engine/queue"
)

// How long a connection may take where round trips are known: at least tripFloor, in steps, which keep the number of
// queues small.
const (
	tripFloor = 500 * time.Millisecond
	waitStep  = 100 * time.Millisecond
)

// connectWait is the queue for a connection to an address: --timeout, or less where the region is known to answer
// sooner. Then a silent address is asked once more by another connection, not by the kernel's second SYN: those of
// thousands of sockets leave in the bursts of its timer, more at once than a link may take.
func (l *loop) connectWait(to netip.Addr) *queue.Deadlines {
	wait := l.Dialer.Limits.Connect
	if trip, ok := l.trips.wait(region(to)); ok {
		fit := max(tripFloor, trip)
		if fit > dial.SYNRetransmit && l.Dialer.Limits.Retries > 0 {
			fit += dial.SYNRetransmit
		}
		fit = (fit + waitStep - 1) / waitStep * waitStep
		wait = min(wait, fit)
	}
	return queueOf(&l.connects, wait)
}

// answerWait is the queue for an answer.
func (l *loop) answerWait(wait time.Duration) *queue.Deadlines { return queueOf(&l.answers, wait) }

// queueOf finds the queue of a length, or makes it. Lengths are few: those of checks and flags, and the steps above.
func queueOf(all *[]queue.Deadlines, wait time.Duration) *queue.Deadlines {
	for i := range *all {
		if (*all)[i].After == int64(wait) {
			return &(*all)[i]
		}
	}
	*all = append(*all, queue.Deadlines{After: int64(wait)})
	return &(*all)[len(*all)-1]
}

// region numbers where round trips are alike: a /16 or /48.
func region(a netip.Addr) uint8 {
	if a.Is4() {
		b := a.As4()
		return b[0]*31 + b[1]
	}
	b := a.As16()
	return b[2]*31 + b[3]*17 + b[4]*5 + b[5]
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
