//go:build amd64 || arm64

package engine

import (
	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// end closes a connection and tells the interview how it ended.
func (l *loop) end(fd int32, end check.End) {
	c := l.conns.At(fd)
	if c.probe == nil && !l.catchUp(fd, c) {
		return
	}
	end.Connected, end.Received = true, int(c.received)
	n := c.launch()
	l.drop(fd)
	if l.gate().Paced() {
		l.gate().Heard(n.probe.o.Addr, dial.LikeExchange(n.port(), n.probe.attempt.Note), 0, exchanged(&end))
	}
	l.over(n, end)
}

// over goes on after an attempt has ended. Where nothing was known to listen there is no interview yet, and none is begun
// if it would have nothing to report.
func (l *loop) over(n launch, end check.End) {
	id, q, p := n.slot, n.q, n.probe
	s := l.slots.At(id)
	if p == nil {
		if o, quiet := l.quietly(q, end.Cause); quiet {
			l.quiet(o)
			l.answered(id, q, o, o == signet.Refused, nil)
			return
		}
		p = l.begin(&s.target, q)
		l.began(p, n.first)
		if !p.next(l.Run, &s.logons, check.End{}) {
			l.seal(id, q, p, nil)
			return
		}
		if t := &p.attempt; t.UDP || t.Port != q.port.Number { // the interview wants another connection than the one that was tried
			l.schedule(id, q, p)
			return
		}
	}
	if p.next(l.Run, &s.logons, end) {
		l.schedule(id, q, p)
		return
	}
	l.seal(id, q, p, nil)
}

// quietly tells whether a question whose first connection ended so is over, with nothing to report but its outcome.
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

// schedule gives the next attempt of an interview to a goroutine or to the queue of the loop.
func (l *loop) schedule(id int32, q *question, p *probe) {
	if p.attempt.TLS != nil || p.attempt.UDP {
		l.follow(&followUp{slot: id, q: q, probe: p, fd: -1})
		return
	}
	l.turn.Push(launch{q: q, probe: p, slot: id})
}

// seal ends an interview; cause is why, or nil.
func (l *loop) seal(id int32, q *question, p *probe, cause error) {
	found := p.finish(l.Run, cause)
	l.emit(&p.o)
	l.answered(id, q, p.o.Outcome, alive(&p.o), found)
	if _, again := p.iv.(check.Reusable); again && l.Fleeting && !p.dead {
		q.spare = append(q.spare, p)
	}
}

// expire ends a question of a host that took too long.
func (l *loop) expire(n launch) {
	switch {
	case n.probe != nil:
		l.seal(n.slot, n.q, n.probe, errHostTime)
	case n.first != 0: // a connection was begun and not answered so far
		l.over(n, check.End{Cause: check.NoAnswer})
	default: // nothing was asked: the report says so
		l.seal(n.slot, n.q, l.begin(&l.slots.At(n.slot).target, n.q), errHostTime)
	}
}
