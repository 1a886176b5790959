//go:build amd64 || arm64

package engine

import (
	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// end closes a connection and puts how it ended to the interview.
func (l *loop) end(fd int32, end check.End) {
	c := l.conns.at(fd)
	if c.a == nil && !l.catchUp(fd, c) {
		return
	}
	end.Connected, end.Received = true, int(c.received)
	n := c.launch()
	l.drop(fd)
	if l.paced {
		l.Dialer.Pace.Heard(n.a.o.Addr, dial.LikeExchange(n.port(), n.a.attempt.Note), 0, exchanged(&end))
	}
	l.over(n, end)
}

// over goes on after an attempt. Without an interview nothing was known to listen: then there may be nothing to tell,
// and none is begun for it.
func (l *loop) over(n launch, end check.End) {
	id, q, a := n.slot, n.q, n.a
	s := l.slots.at(id)
	if a == nil {
		if o, quiet := l.quietly(q, end.Cause); quiet {
			l.quiet(o)
			l.answered(id, q, o, o == signet.Refused, nil)
			return
		}
		a = l.begin(&s.target, q)
		l.began(a, n.first)
		if !a.next(l.Run, s, check.End{}) {
			l.seal(id, q, a, nil)
			return
		}
		if t := &a.attempt; t.UDP || t.Port != q.port.Number { // not what was tried
			l.schedule(id, q, a)
			return
		}
	}
	if a.next(l.Run, s, end) {
		l.schedule(id, q, a)
		return
	}
	l.seal(id, q, a, nil)
}

// quietly tells whether an opening that ended so leaves nothing to ask and nothing to report.
func (l *loop) quietly(q *question, cause check.Cause) (o signet.Outcome, quiet bool) {
	if l.All {
		return 0, false
	}
	switch cause {
	case check.NoAnswer:
		return signet.Silent, q.opening.noAnswer
	case check.Unroutable:
		return signet.Silent, q.opening.unroutable
	case check.Rejected:
		return signet.Refused, q.opening.rejected
	}
	return 0, false
}

// schedule sees to the next attempt of an interview.
func (l *loop) schedule(id int32, q *question, a *asking) {
	if a.attempt.TLS != nil || a.attempt.UDP {
		l.follow(&followUp{slot: id, q: q, a: a, fd: -1})
		return
	}
	l.turn.push(launch{q: q, a: a, slot: id})
}

// seal ends an interview; cause is why, or nil.
func (l *loop) seal(id int32, q *question, a *asking, cause error) {
	found := a.finish(l.Run, cause)
	l.emit(&a.o)
	l.answered(id, q, a.o.Outcome, alive(&a.o), found)
	if _, again := a.iv.(check.Reusable); again && l.Fleeting && !a.dead {
		q.spare = append(q.spare, a)
	}
}

// expire ends a question of a host that took too long.
func (l *loop) expire(n launch) {
	switch {
	case n.a != nil:
		l.seal(n.slot, n.q, n.a, errHostTime)
	case n.first != 0: // a connection was begun and not answered so far
		l.over(n, check.End{Cause: check.NoAnswer})
	default: // it is named all the same: what was not asked is missing from the report
		l.seal(n.slot, n.q, l.begin(&l.slots.at(n.slot).target, n.q), errHostTime)
	}
}
