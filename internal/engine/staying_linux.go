//go:build amd64 || arm64

package engine

import (
	"time"

	"signet/internal/dial"
)

// A host's time (--host-timeout) runs only while a connection to it is being made or an answer is awaited. What it waits
// in our own queues, for its turn or for a socket, does not count. Most hosts are asked by the loop alone, which keeps
// the time in their slots; where goroutines ask too, a dial.Stay keeps it for both.

// mostRound is how much of one round of the loop counts at most, in nanoseconds. In a longer one this machine was asleep,
// or gave us no processor.
const mostRound = int64(1500 * time.Millisecond)

// hostSteps is how often the wait until a host is looked at again is halved at most as its time runs out. Its end may be
// noticed late by the last of these waits, a 64th of its time.
const hostSteps = 6

// tick reads the clock, once a round.
func (l *loop) tick() {
	now := int64(time.Since(l.start))
	l.awake += min(now-l.now, mostRound)
	l.now = now
}

// await says that one thing more is awaited of a host: a connection or an answer. Its time runs until awaited was
// called as often.
func (l *loop) await(id int32) {
	s := l.slots.At(id)
	if !s.timed {
		s.timed = true
		queueOf(&l.hosts, l.Dialer.Limits.Host).Arm(l.now, id, s.stamp)
	}
	if s.state != nil && s.state.stay != nil {
		s.state.stay.Await()
		return
	}
	if s.waiting++; s.waiting == 1 {
		s.since = l.awake
	}
}

// awaited says that one of these has come, or is not waited for any more.
func (l *loop) awaited(id int32) {
	s := l.slots.At(id)
	if s.state != nil && s.state.stay != nil {
		s.state.stay.Heard()
		return
	}
	if s.waiting--; s.waiting == 0 {
		s.spent += l.awake - s.since
	}
}

// timeLeft is what is left of a host's time; zero or less when it is over.
func (l *loop) timeLeft(s *slot) time.Duration {
	if s.state != nil && s.state.stay != nil {
		return s.state.stay.Left()
	}
	spent := s.spent
	if s.waiting > 0 {
		spent += l.awake - s.since
	}
	return l.Dialer.Limits.Host - time.Duration(spent)
}

// stay gives the dial.Stay that counts a host's time for the loop and for goroutines together, from the first call on.
func (l *loop) stay(s *slot) *dial.Stay {
	h := s.hostState()
	if h.stay == nil {
		stay := dial.NewStay(l.ctx, l.timeLeft(s), errHostTime, time.Now)
		for range s.waiting {
			stay.Await()
		}
		s.waiting = 0
		h.stay = stay
	}
	return h.stay
}

// outstayed ends a host whose time is over. One that has time left, because it did not run all the while, is looked at
// again later.
func (l *loop) outstayed(id int32) {
	s := l.slots.At(id)
	left := l.timeLeft(s)
	if left <= 0 {
		l.overtime(id)
		return
	}
	wait := l.Dialer.Limits.Host
	for range hostSteps {
		if wait <= left {
			break
		}
		wait /= 2
	}
	queueOf(&l.hosts, wait).Arm(l.now, id, s.stamp)
}
