//go:build amd64 || arm64

package engine

import (
	"container/heap"
	"math"
	"net/netip"
	"time"

	"signet/internal/dial"
)

// How long a connection may take where round trips are known. Steps keep the number of queues small.
const (
	tripFloor = 500 * time.Millisecond
	waitStep  = 100 * time.Millisecond
)

// connectWait is the queue for a connection to an address: --timeout, or less where the region is known to answer
// sooner. Then a silent address is asked once more by another connection, not by the kernel's second SYN: those of
// thousands of sockets leave in the bursts of its timer, more at once than a link may take.
func (l *loop) connectWait(to netip.Addr) *deadlines {
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
func (l *loop) answerWait(wait time.Duration) *deadlines { return queueOf(&l.answers, wait) }

// queueOf finds the queue of a length. Lengths are few: what checks and flags say, and the steps above.
func queueOf(all *[]deadlines, wait time.Duration) *deadlines {
	for i := range *all {
		if (*all)[i].after == int64(wait) {
			return &(*all)[i]
		}
	}
	*all = append(*all, deadlines{after: int64(wait)})
	return &(*all)[len(*all)-1]
}

// sleepers are launches that wait for their time.
type sleepers struct{ list sleepHeap }

type sleeper struct {
	at int64
	n  launch
}

func (s *sleepers) put(at int64, n launch) { heap.Push(&s.list, sleeper{at, n}) }

// due takes a launch whose time has come.
func (s *sleepers) due(now int64) (launch, bool) {
	if len(s.list) == 0 || s.list[0].at > now {
		return launch{}, false
	}
	return heap.Pop(&s.list).(sleeper).n, true
}

// wait is how long until the next one is due.
func (s *sleepers) wait(now int64) int64 {
	if len(s.list) == 0 {
		return math.MaxInt64
	}
	return max(1, s.list[0].at-now)
}

type sleepHeap []sleeper

func (h sleepHeap) Len() int           { return len(h) }
func (h sleepHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h sleepHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sleepHeap) Push(x any)        { *h = append(*h, x.(sleeper)) }
func (h *sleepHeap) Pop() any {
	old := *h
	n := len(old) - 1
	x := old[n]
	old[n] = sleeper{}
	*h = old[:n]
	return x
}

// region is where round trips are alike: a /16 or /48.
func region(a netip.Addr) uint8 {
	if a.Is4() {
		b := a.As4()
		return b[0]*31 + b[1]
	}
	b := a.As16()
	return b[2]*31 + b[3]*17 + b[4]*5 + b[5]
}
