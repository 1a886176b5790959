//go:build amd64 || arm64

package engine

import (
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// slot is an address under way. There are only as many as are asked at once: each is used for one address after another.
type slot struct {
	target   signet.Target
	position uint64
	spent    int64 // nanoseconds of the host's time (staying_linux.go)
	since    int64 // when something began to be awaited of it, while waiting
	sent     int64 // when a sweep sent its first SYN
	agenda   *agenda
	state    *hostState // nil while there is nothing to remember
	logons   dial.Logons
	waiting  int32
	stamp    uint32 // raised when the slot is given up
	next     int32  // index in list of the next question
	active   int32  // questions under way
	phase    phase
	open     uint32 // by question.bit
	closed   uint32
	alive    bool
	odd      bool // it was silent somewhere
	overtime bool // the host took too long
	timed    bool // its time is looked at
	swept    bool // a sweep has found out which ports are open
	touched  bool // a connection was begun
	given    bool // back to the scope: the run was drained before anything was asked
	ready    bool // stands in loop.ready
}

type phase uint8

const (
	phaseFirst phase = iota
	phaseLater
	phaseFound
)

// hostState is what has to be remembered of a few hosts only: not of those that are dark, nor of most that answer.
type hostState struct {
	answered []uint16   // ports, kept where a later question depends on them
	found    []question // to be asked when list is over
	current  []question // of those found
	asked    []key
	stay     *dial.Stay // where goroutines ask it
}

// hostState is the slot's, made when first needed.
func (s *slot) hostState() *hostState {
	if s.state == nil {
		s.state = new(hostState)
	}
	return s.state
}

// list is what is asked now: first, then later, then what was found.
func (s *slot) list() []question {
	switch s.phase {
	case phaseLater:
		return s.agenda.later
	case phaseFound:
		return s.state.current
	}
	return s.agenda.first
}

// nextQuestion takes the next question that is to be asked, or nil.
func (l *loop) nextQuestion(s *slot) *question {
	for list := s.list(); int(s.next) < len(list); {
		q := &list[s.next]
		s.next++
		if s.phase == phaseLater && !s.wanted(q) {
			continue
		}
		if l.gate().Excluded(s.target.Addr, q.port.Number) {
			continue
		}
		if outcome, known := l.known(&s.target, q); known {
			s.alive = true
			s.note(q, outcome)
			continue
		}
		return q
	}
	return nil
}

// wanted decides on a question that is asked only where the host is alive.
func (s *slot) wanted(q *question) bool {
	return s.alive && (s.state == nil || !slices.Contains(s.state.answered, q.port.Unless))
}

// note keeps that a port answered if a later question depends on it.
func (s *slot) note(q *question, outcome signet.Outcome) {
	if outcome != signet.Answered {
		return
	}
	for i := range s.agenda.later {
		if s.agenda.later[i].port.Unless == q.port.Number {
			s.hostState().answered = append(s.hostState().answered, q.port.Number)
			return
		}
	}
}

// admit gives an address a slot.
func (l *loop) admit(position uint64) *slot {
	var id int32
	if n := len(l.free); n > 0 {
		id, l.free = l.free[n-1], l.free[:n-1]
	} else {
		id = l.made
		l.made++
	}
	s := l.slots.Reach(id)
	item := l.Source.At(position)
	*s = slot{target: item.Target, agenda: l.agendas.of(&item), position: position, stamp: s.stamp}
	l.used++
	l.makeReady(id)
	return s
}

func (l *loop) makeReady(id int32) {
	if s := l.slots.At(id); !s.ready {
		s.ready = true
		l.ready.Push(id)
	}
}

// answered is told that a question of a slot is over.
func (l *loop) answered(id int32, q *question, outcome signet.Outcome, alive bool, found []check.Found) {
	s := l.slots.At(id)
	s.active--
	s.alive = s.alive || alive
	s.note(q, outcome)
	for _, f := range found {
		more, ok := l.found(f)
		if !ok || slices.ContainsFunc(s.agenda.first, func(o question) bool { return o.key() == more.key() }) ||
			slices.Contains(s.hostState().asked, more.key()) {
			continue
		}
		s.state.asked = append(s.state.asked, more.key())
		s.state.found = append(s.state.found, more)
	}
	l.settle(id)
}

// settle moves a slot on to its next questions, or gives it up when none is left.
func (l *loop) settle(id int32) {
	s := l.slots.At(id)
	if s.ready { // pick will settle it
		return
	}
	for {
		if int(s.next) < len(s.list()) {
			l.makeReady(id)
			return
		}
		if s.active > 0 {
			return
		}
		s.next = 0
		switch {
		case s.given:
			l.vacate(id)
			return
		case s.phase == phaseFirst && s.alive && len(s.agenda.later) > 0:
			s.phase = phaseLater
		case s.state != nil && len(s.state.found) > 0:
			s.phase, s.state.current, s.state.found = phaseFound, s.state.found, nil
		default:
			l.left(s.target.Addr, s.alive)
			l.finish(s.position)
			l.vacate(id)
			return
		}
	}
}

// vacate frees a slot.
func (l *loop) vacate(id int32) {
	s := l.slots.At(id)
	if s.state != nil && s.state.stay != nil {
		s.state.stay.Close()
	}
	*s = slot{stamp: s.stamp + 1}
	l.free = append(l.free, id)
	l.used--
}

// giveBack ends the visit to an address that was not connected to yet without finishing its position: a resumed run asks it.
func (l *loop) giveBack(id int32) {
	s := l.slots.At(id)
	s.given = true
	s.active--
	s.next = int32(len(s.list()))
	l.settle(id)
}
