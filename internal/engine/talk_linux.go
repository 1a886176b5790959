//go:build amd64 || arm64

package engine

import (
	"signet/internal/check"
	"syscall"
)

// arm starts the time for an answer.
func (l *loop) arm(fd int32, c *conn) {
	c.stamp++
	l.answerWait(patience(l.Dialer, &c.probe.attempt)).arm(l.now, fd, c.stamp)
}

// readable takes what has come. Only events of an edge are told, so it reads until nothing is left; a short reading
// is the last unless the peer has closed.
func (l *loop) readable(fd int32, closed bool) {
	for {
		c := l.conns.at(fd)
		room := l.in
		if left := l.Dialer.Limits.Bytes - int(c.received); left < len(room) {
			if left <= 0 {
				l.end(fd, check.End{Cause: check.OverBudget})
				return
			}
			room = room[:left]
		}
		n, no := recv(fd, room)
		switch no {
		case 0:
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return
		case syscall.ECONNRESET, syscall.EPIPE:
			l.end(fd, check.End{Cause: check.Reset})
			return
		case syscall.ETIMEDOUT:
			l.end(fd, check.End{Cause: check.Stalled})
			return
		default:
			l.end(fd, check.End{Cause: check.Closed, Err: no})
			return
		}
		if n == 0 {
			if c.probe != nil || l.catchUp(fd, c) {
				l.talk(fd, c.probe.rest, true)
			}
			return
		}
		if c.probe == nil && !l.catchUp(fd, c) {
			return
		}
		p, got := c.probe, room[:n]
		c.received += int32(n)
		traceReceived(l.transcript(p), p.attempt.Note, got)
		in := got
		if len(p.rest) > 0 {
			p.rest = append(p.rest, got...)
			in = p.rest
		}
		if len(in) < p.need {
			if len(p.rest) == 0 {
				p.rest = append(p.rest, got...)
			}
		} else if !l.talk(fd, in, false) {
			return
		}
		if n < len(room) && !closed {
			return
		}
	}
}

// talk lets the conversation take what has come and does what it wants; false: its connection is over.
func (l *loop) talk(fd int32, in []byte, eof bool) bool {
	c := l.conns.at(fd)
	p := c.probe
	step, err := p.say(in, eof)
	switch {
	case p.dead:
		id, q := c.slot, c.q
		l.drop(fd)
		l.seal(id, q, p, nil)
		return false
	case err != nil:
		l.end(fd, check.End{Cause: check.Malformed, Err: err})
		return false
	}
	rest := in[min(step.Consumed, len(in)):]
	if len(step.Send) > 0 {
		traceSent(l.transcript(p), p.attempt.Note, step.Send)
		l.write(fd, c, step.Send)
	}
	switch {
	case step.Done:
		l.end(fd, check.End{Cause: check.Done})
		return false
	case step.StartTLS != nil && len(rest) > 0:
		l.end(fd, check.End{Cause: check.Malformed, Err: earlyBytes(len(rest))})
		return false
	case step.StartTLS != nil:
		l.handOver(fd, p, step.StartTLS, int(c.received))
		return false
	case eof:
		l.end(fd, check.End{Cause: check.Closed})
		return false
	case step.Need > maxPending || len(rest) > maxPending:
		l.end(fd, check.End{Cause: check.OverBudget})
		return false
	}
	p.need = step.Need
	if len(rest) > 0 || len(p.rest) > 0 {
		p.rest = append(p.rest[:0], rest...)
	}
	if len(step.Send) > 0 {
		l.arm(fd, c)
	}
	return true
}

// write sends what a conversation says. A peer that has closed may have said why: reading tells.
func (l *loop) write(fd int32, c *conn, b []byte) {
	if len(c.probe.out) > 0 {
		c.probe.out = append(c.probe.out, b...)
		return
	}
	n, no := send(fd, b)
	if no == syscall.EAGAIN || no == syscall.EINTR {
		n, no = 0, 0
	}
	if no == 0 && n < len(b) {
		c.probe.out = append(c.probe.out[:0], b[n:]...)
		rewatch(l.poll, fd, uint32(c.slot))
	}
}

// flush goes on sending where the socket had no room.
func (l *loop) flush(fd int32, c *conn) {
	b := c.probe.out
	c.probe.out = nil
	l.write(fd, c, b)
}
