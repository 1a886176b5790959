//go:build amd64 || arm64

package engine

import (
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// conn is a socket of the loop, found by its file descriptor.
type conn struct {
	q        *question
	a        *asking // nil until something is known to listen
	since    int64
	first    int64 // when the first connection of the attempt was begun
	draw     draw  // the random bytes of its first words
	slot     int32
	stamp    uint32 // raised whenever the socket moves on, so that older deadlines and events pass it by
	received int32
	state    connState
	try      uint8 // connections made before this one
	resent   bool  // the time of the kernel's second SYN has passed
	late     bool  // it had not sent it when its answer was due
}

type connState uint8

const (
	connFree connState = iota
	connConnecting
	connTalking
)

// launch is a connection that waits for its place.
type launch struct {
	q       *question
	a       *asking
	first   int64 // when it was first begun, 0: not yet
	slot    int32
	try     uint8
	paid    bool  // its place was taken ahead of time
	trouble uint8 // how often this machine could not even begin it
}

// launch is what a connection was begun for.
func (c *conn) launch() launch {
	return launch{q: c.q, a: c.a, slot: c.slot, first: c.first, try: c.try}
}

// mostTrouble is how often this machine's own shortages may keep a connection from being begun, 20 ms apart.
const mostTrouble = 100

// open begins a connection. It returns false when this machine cannot open another one now.
func (l *loop) open(n launch) bool {
	s := &l.slots[n.slot]
	if n.first == 0 {
		n.first = l.now
	}
	port := n.q.port.Number
	if n.a != nil {
		port = n.a.attempt.Port
	}
	if l.excluded(&s.item, port) { // the last moment before a packet leaves
		l.over(n, check.End{Cause: check.Denied, Err: dial.ErrExcluded})
		return true
	}
	var to sockaddr
	family, length := to.put(s.item.Addr, port)
	fd, no := socket(family)
	if no != 0 {
		return l.short(n, no)
	}
	no = connect(fd, &to, length)
	switch no {
	case 0, syscall.EINPROGRESS:
	case syscall.EAGAIN, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM:
		closeSocket(fd)
		return l.short(n, no)
	default:
		closeSocket(fd)
		l.Stats.Dials.Add(1)
		l.heard(s.item.Addr, no)
		l.over(n, connectEnd(no))
		return true
	}
	l.Stats.Dials.Add(1)
	s.touched = true
	for int(fd) >= len(l.conns) {
		l.conns = append(l.conns, make([]conn, 256)...)
	}
	c := &l.conns[fd]
	*c = conn{q: n.q, a: n.a, since: l.now, first: n.first, slot: n.slot, stamp: c.stamp + 1, state: connConnecting, try: n.try}
	if n.a == nil {
		l.dice.Read(c.draw[:n.q.opening.says.drawn]) // never fails
	}
	l.sockets++
	said, no := l.eager(fd, c, n.a == nil)
	if no != 0 { // asking for the reason takes it away: it would not be told again
		l.drop(fd)
		l.heard(s.item.Addr, no)
		l.over(n, connectEnd(no))
		return true
	}
	if no := watch(l.poll, fd, uint32(n.slot), !said); no != 0 {
		l.drop(fd)
		return l.short(n, no)
	}
	if said {
		return true
	}
	if l.paced && l.Dialer.Limits.Connect > dial.SYNRetransmit {
		l.resends.arm(l.now, fd, c.stamp)
	}
	l.connectWait(s.item.Addr).arm(l.now, fd, c.stamp)
	return true
}

// firstWordsOf gives those of a connection, the same whenever they are asked for. They are valid until those of another
// connection are asked for.
func (l *loop) firstWordsOf(c *conn) []byte {
	l.first = c.q.opening.says.with(l.first[:0], &c.draw)
	return l.first
}

// eager says the first words at once, which works where the other end is this machine: its answer to a SYN comes
// before the connect returns. It is tried often only where it has worked.
func (l *loop) eager(fd int32, c *conn, opening bool) (said bool, failed syscall.Errno) {
	if !opening || c.q.opening.says.text == nil {
		return false, 0
	}
	if l.eagerness == 0 {
		if l.shy++; l.shy%64 != 0 {
			return false, 0
		}
	}
	says := l.firstWordsOf(c)
	n, no := send(fd, says)
	if no == 0 && n != len(says) {
		no = syscall.ECONNRESET // a new socket takes a hundred bytes or none
	}
	if no != 0 {
		l.eagerness = max(0, l.eagerness-1)
		if no == syscall.EAGAIN {
			no = 0
		}
		return false, no
	}
	l.eagerness = min(l.eagerness+1, 64)
	s := &l.slots[c.slot]
	s.alive = true
	l.heard(s.item.Addr, 0)
	c.state = connTalking
	c.stamp++
	l.answerWait(c.q.opening.wait).arm(l.now, fd, c.stamp)
	return true, 0
}

// short puts a launch back that this machine had no room for, and gives up on it in the end.
func (l *loop) short(n launch, no syscall.Errno) bool {
	if n.trouble++; n.trouble > mostTrouble {
		l.over(n, connectEnd(no))
		return true
	}
	l.turn.pushFront(n)
	l.window.short(l.sockets)
	l.troubled = l.now + int64(20*time.Millisecond)
	return false
}

// connectEnd words why a connection was not made.
func connectEnd(no syscall.Errno) check.End {
	switch no {
	case syscall.ECONNREFUSED:
		return check.End{Cause: check.Rejected}
	case syscall.ETIMEDOUT:
		return check.End{Cause: check.NoAnswer}
	case syscall.ECONNRESET, syscall.EPIPE: // it was up, and gone before it was looked at
		return check.End{Cause: check.Reset, Connected: true}
	}
	return check.End{Cause: check.Unroutable, Err: no}
}

// heard tells the pacer what became of a connection.
func (l *loop) heard(to netip.Addr, no syscall.Errno) {
	if l.paced && no != syscall.EHOSTUNREACH && no != syscall.ENETUNREACH {
		l.Dialer.Pace.Heard(to, no == 0)
	}
}

// drop closes a socket. What it was for is the caller's business.
func (l *loop) drop(fd int32) {
	closeSocket(fd)
	l.release(fd)
}

// release forgets a socket that is closed or belongs to another.
func (l *loop) release(fd int32) {
	c := &l.conns[fd]
	*c = conn{stamp: c.stamp + 1}
	l.sockets--
	l.window.closed++
}

// event is what the poll says of a socket.
func (l *loop) event(fd int32, what uint32) {
	c := &l.conns[fd]
	if c.state == connConnecting {
		if what&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			if no := socketError(fd); no != 0 || what&unix.EPOLLOUT == 0 {
				n := c.launch()
				l.drop(fd)
				l.heard(l.slots[n.slot].item.Addr, no)
				l.over(n, connectEnd(no))
				return
			}
		} else if what&unix.EPOLLOUT == 0 {
			return
		}
		if !l.connected(fd, c) {
			return
		}
	} else if what&unix.EPOLLOUT != 0 && c.a != nil && len(c.a.out) > 0 {
		l.flush(fd, c)
	}
	if what&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		l.readable(fd, what&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0)
	}
}

// connected begins the conversation on a socket that is up; false: the socket is not the loop's any more.
func (l *loop) connected(fd int32, c *conn) bool {
	id, q := c.slot, c.q
	s := &l.slots[id]
	l.heard(s.item.Addr, 0)
	if took := time.Duration(l.now - c.since); took < dial.SYNRetransmit {
		l.trips.sample(region(s.item.Addr), took)
	}
	s.alive = true
	if c.a == nil {
		if q.opening.how != opensPlain {
			l.handOver(fd, nil, nil, 0)
			return false
		}
		if q.opening.says.text != nil {
			says := l.firstWordsOf(c)
			if n, no := send(fd, says); no == 0 && n == len(says) {
				c.state = connTalking
				c.stamp++
				l.answerWait(q.opening.wait).arm(l.now, fd, c.stamp)
				return true
			}
		}
		a := l.begin(&s.item, q)
		a.o.Open = true
		if !a.next(l.Run, s, check.End{}) {
			l.drop(fd)
			l.seal(id, q, a, nil)
			return false
		}
		if t := &a.attempt; t.UDP || t.Port != q.port.Number {
			l.drop(fd)
			l.schedule(id, q, a)
			return false
		} else if t.TLS != nil {
			l.handOver(fd, a, t.TLS, 0)
			return false
		}
		c.a = a
	}
	c.state = connTalking
	c.a.rest, c.a.out, c.a.need = c.a.rest[:0], nil, 0
	l.arm(fd, c)
	return l.talk(fd, nil, false)
}

// catchUp begins the interview whose first words were said on a socket; false: they were not its own, and it is asked
// properly instead.
func (l *loop) catchUp(fd int32, c *conn) bool {
	id, q := c.slot, c.q
	s := &l.slots[id]
	says := l.firstWordsOf(c)
	a := l.startOn(q.place(), &s.item, q, &c.draw)
	l.began(a, c.first)
	a.o.Open = true
	if !a.next(l.Run, s, check.End{}) {
		l.drop(fd)
		l.seal(id, q, a, nil)
		return false
	}
	if t := &a.attempt; t.UDP || t.TLS != nil || t.Port != q.port.Number || !a.sayFirst(says) {
		l.drop(fd)
		if a.dead {
			l.seal(id, q, a, nil)
		} else {
			q.opening.says = words{}
			a = l.begin(&s.item, q)
			if !a.next(l.Run, s, check.End{}) {
				l.seal(id, q, a, nil)
			} else {
				l.schedule(id, q, a)
			}
		}
		return false
	}
	traceSent(l.transcript(a), a.attempt.Note, says)
	c.a = a
	return true
}

// began puts the beginning of an observation back to when its first connection was begun.
func (l *loop) began(a *asking, first int64) {
	a.o.At = a.o.At.Add(time.Duration(first - int64(time.Since(l.start))))
}

// arm starts the time for an answer.
func (l *loop) arm(fd int32, c *conn) {
	c.stamp++
	l.answerWait(patience(l.Dialer, &c.a.attempt)).arm(l.now, fd, c.stamp)
}

// readable takes what has come. Only events of an edge are told, so it reads until nothing is left; a short reading
// is the last unless the peer has closed.
func (l *loop) readable(fd int32, closed bool) {
	for {
		c := &l.conns[fd]
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
			if c.a != nil || l.catchUp(fd, c) {
				l.talk(fd, c.a.rest, true)
			}
			return
		}
		if c.a == nil && !l.catchUp(fd, c) {
			return
		}
		a, got := c.a, room[:n]
		c.received += int32(n)
		traceReceived(l.transcript(a), a.attempt.Note, got)
		in := got
		if len(a.rest) > 0 {
			a.rest = append(a.rest, got...)
			in = a.rest
		}
		if len(in) < a.need {
			if len(a.rest) == 0 {
				a.rest = append(a.rest, got...)
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
	c := &l.conns[fd]
	a := c.a
	step, err := a.say(in, eof)
	switch {
	case a.dead:
		id, q := c.slot, c.q
		l.drop(fd)
		l.seal(id, q, a, nil)
		return false
	case err != nil:
		l.end(fd, check.End{Cause: check.Malformed, Err: err})
		return false
	}
	rest := in[min(step.Consumed, len(in)):]
	if len(step.Send) > 0 {
		traceSent(l.transcript(a), a.attempt.Note, step.Send)
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
		l.handOver(fd, a, step.StartTLS, int(c.received))
		return false
	case eof:
		l.end(fd, check.End{Cause: check.Closed})
		return false
	case step.Need > maxPending || len(rest) > maxPending:
		l.end(fd, check.End{Cause: check.OverBudget})
		return false
	}
	a.need = step.Need
	if len(rest) > 0 || len(a.rest) > 0 {
		a.rest = append(a.rest[:0], rest...)
	}
	if len(step.Send) > 0 {
		l.arm(fd, c)
	}
	return true
}

// write sends what a conversation says. A peer that has closed may have said why: reading tells.
func (l *loop) write(fd int32, c *conn, b []byte) {
	if len(c.a.out) > 0 {
		c.a.out = append(c.a.out, b...)
		return
	}
	n, no := send(fd, b)
	if no == syscall.EAGAIN || no == syscall.EINTR {
		n, no = 0, 0
	}
	if no == 0 && n < len(b) {
		c.a.out = append(c.a.out[:0], b[n:]...)
		rewatch(l.poll, fd, uint32(c.slot))
	}
}

// flush goes on sending where the socket had no room.
func (l *loop) flush(fd int32, c *conn) {
	b := c.a.out
	c.a.out = nil
	l.write(fd, c, b)
}

// end closes a connection and puts how it ended to the interview.
func (l *loop) end(fd int32, end check.End) {
	c := &l.conns[fd]
	if c.a == nil && !l.catchUp(fd, c) {
		return
	}
	end.Connected, end.Received = true, int(c.received)
	n := c.launch()
	l.drop(fd)
	if l.paced && end.Cause == check.Reset {
		l.Dialer.Pace.Heard(n.a.o.Addr, false)
	}
	l.over(n, end)
}

// over goes on after an attempt. Without an interview nothing was known to listen: then there may be nothing to tell,
// and none is begun for it.
func (l *loop) over(n launch, end check.End) {
	id, q, a := n.slot, n.q, n.a
	s := &l.slots[id]
	if a == nil {
		if o, quiet := l.quietly(q, end.Cause); quiet {
			l.quiet(o)
			l.answered(id, q, o, o == signet.Refused, nil)
			return
		}
		a = l.begin(&s.item, q)
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
	case l.All:
		l.seal(n.slot, n.q, l.begin(&l.slots[n.slot].item, n.q), errHostTime)
	default:
		l.quiet(signet.Skipped)
		l.answered(n.slot, n.q, signet.Skipped, false, nil)
	}
}

func region(a netip.Addr) uint8 {
	if a.Is4() {
		b := a.As4()
		return b[0]*31 + b[1]
	}
	b := a.As16()
	return b[2]*31 + b[3]*17 + b[4]*5 + b[5]
}
