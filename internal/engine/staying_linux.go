//go:build amd64 || arm64

package engine

import (
	"time"

	"signet/internal/dial"
)

// A host's time runs while a connection of its is in flight or an answer of it is awaited, and at no other: what an
// address waits in queues of ours, for its place or for a socket, is no fault of its. Most hosts are asked by the loop
// alone, which counts it in their slots; where goroutines ask too, it is counted for both by a dial.Stay.

// mostRound is the longest that a round of the loop can count against a host. A longer one was spent without a
// processor, or asleep.
const mostRound = int64(1500 * time.Millisecond)

// hostSteps is into how many parts a host's time is divided at most, when it is looked at again: it ends so much late.
const hostSteps = 6 // 1/64

// tick reads the clock.
func (l *loop) tick() {
	now := int64(time.Since(l.start))
	l.awake += min(now-l.now, mostRound)
	l.now = now
}

// await says that something is awaited of a host.
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

// awaited says that it has come, or is awaited no more.
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

// timeLeft is what is left of a host's time.
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

// stay has a host's time counted for goroutines too from now on.
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

// outstayed looks at a host whose time may be over. It is looked at again when that can be the soonest.
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
