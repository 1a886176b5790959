//go:build amd64 || arm64

package engine

import (
	"signet/internal/check"
	"syscall"
)

// arm starts the time for an answer.
func (l *loop) arm(fd int32, c *conn) {
	c.stamp++
	l.answerWait(patience(l.Dialer, &c.probe.attempt)).Arm(l.now, fd, c.stamp)
}

// readable reads what has come and hands it to the conversation. The poll is edge-triggered and tells of it once, so
// readable goes on until nothing is left: a reading that does not fill the buffer was the last one, unless the peer has
// closed, which only another reading shows.
func (l *loop) readable(fd int32, closed bool) {
	for {
		c := l.conns.At(fd)
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
				l.talk(fd, nil, true)
			}
			return
		}
		if c.probe == nil && !l.catchUp(fd, c) {
			return
		}
		p, got := c.probe, room[:n]
		c.received += int32(n)
		traceReceived(l.transcript(p), p.attempt.Note, got)
		if !l.talk(fd, got, false) {
			return
		}
		if n < len(room) && !closed {
			return
		}
	}
}

// talk hands the conversation what has come and does what it asks for; false: its connection is over.
func (l *loop) talk(fd int32, got []byte, eof bool) bool {
	c := l.conns.At(fd)
	p := c.probe
	a := p.step(got, eof)
	if p.dead {
		id, q := c.slot, c.q
		l.drop(fd)
		l.seal(id, q, p, nil)
		return false
	}
	if len(a.Send) > 0 {
		traceSent(l.transcript(p), p.attempt.Note, a.Send)
		l.write(fd, c, a.Send)
	}
	switch {
	case a.StartTLS != nil:
		l.handOver(fd, p, a.StartTLS, int(c.received))
		return false
	case a.End != check.Start:
		l.end(fd, check.End{Cause: a.End, Err: a.Err})
		return false
	}
	if len(a.Send) > 0 {
		l.arm(fd, c)
	}
	return true
}

// write sends b, as much as the socket has room for; flush sends the rest. An error is passed over: a peer that has
// closed may have said why before, and the next reading shows either.
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

// flush sends what write had no room for, when the poll says that there is room again.
func (l *loop) flush(fd int32, c *conn) {
	b := c.probe.out
	c.probe.out = nil
	l.write(fd, c, b)
}
