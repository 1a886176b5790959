package dial

import (
	"context"
	"sync"
	"time"
)

// Stay is the time that one host may take. It runs only while an answer of the host is awaited, once however many
// connections await one: what this machine spends on pacing, in queues and for want of room is not counted. The nil Stay has
// no end.
type Stay struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cause  error
	now    func() time.Time

	mu      sync.Mutex
	left    time.Duration
	waiting int
	odd     bool // the host was silent on some port
	since   time.Time
	timer   *time.Timer
}

// NewStay begins a stay of a length. Its context ends with cause when that is used up.
func NewStay(ctx context.Context, length time.Duration, cause error, now func() time.Time) *Stay {
	s := &Stay{left: length, cause: cause, now: now}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// Context ends when the time is used up.
func (s *Stay) Context() context.Context { return s.ctx }

// Close frees what the stay holds.
func (s *Stay) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.cancel(nil)
}

// Await says that something is awaited of the host from now on, until as many calls of Heard.
func (s *Stay) Await() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting++; s.waiting > 1 {
		return
	}
	s.since = s.now()
	switch {
	case s.left <= 0:
		s.cancel(s.cause)
	case s.timer == nil:
		s.timer = time.AfterFunc(s.left, s.look)
	default:
		s.timer.Reset(s.left)
	}
}

// Heard says that what was awaited has come, or is not awaited any more.
func (s *Stay) Heard() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting--; s.waiting > 0 {
		return
	}
	s.timer.Stop()
	if s.left -= s.now().Sub(s.since); s.left <= 0 {
		s.cancel(s.cause)
	}
}

// Left is how much of the time is left.
func (s *Stay) Left() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting > 0 {
		return s.left - s.now().Sub(s.since)
	}
	return s.left
}

// like is the kind, for the gate, of a connection to the host that ended with silence or not.
func (s *Stay) like(port uint16, silent bool) Like {
	if s == nil {
		return LikePort(port)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.odd {
		return LikeNothing
	}
	s.odd = silent
	return LikePort(port)
}

// look ends the stay when its timer fires, unless another wait has begun in the meantime.
func (s *Stay) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == 0 {
		return
	}
	if left := s.left - s.now().Sub(s.since); left > 0 {
		s.timer.Reset(left)
		return
	}
	s.cancel(s.cause)
}
