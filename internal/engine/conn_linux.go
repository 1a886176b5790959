//go:build amd64 || arm64

package engine

import (
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"signet/internal/check"
	"signet/internal/dial"
)

// conn is a socket of the loop, found by its file descriptor.
type conn struct {
	q        *question
	probe    *probe // nil until something is known to listen: most addresses never need one
	since    int64
	first    int64  // when the first connection of the attempt was begun
	seed     uint64 // of the random bytes of its prelude
	slot     int32
	stamp    uint32 // raised whenever the socket moves on: deadlines with an older one are stale
	received int32
	state    connState
	try      uint8 // connections made before this one
	resent   bool  // the kernel has sent its second SYN by now
}

type connState uint8

const (
	connFree connState = iota
	connConnecting
	connTalking
)

// launch is a connection that is still to be begun.
type launch struct {
	q       *question
	probe   *probe
	first   int64 // when it was first begun, 0: not yet
	slot    int32
	try     uint8
	trouble uint8      // how often this machine could not even begin it
	place   dial.Place // taken ahead of its time
}

// launch is what a connection was begun for, to begin another one for it.
func (c *conn) launch() launch {
	return launch{q: c.q, probe: c.probe, slot: c.slot, first: c.first, try: c.try}
}

// port is the one it connects to.
func (n *launch) port() uint16 {
	if n.probe != nil {
		return n.probe.attempt.Port
	}
	return n.q.port.Number
}

// A connection that this machine has no room for is tried again after troublePause, mostTrouble times.
const (
	mostTrouble  = 100
	troublePause = int64(20 * time.Millisecond)
)

// open begins a connection, which launched takes on in the same round. It returns false when this machine cannot open
// another one now.
func (l *loop) open(n launch) bool {
	s := l.slots.At(n.slot)
	if n.first == 0 {
		n.first = l.now
	}
	port := n.port()
	if l.gate().Excluded(s.target.Addr, port) { // the last moment before a packet leaves
		l.over(n, check.End{Cause: check.Denied, Err: dial.ErrExcluded})
		return true
	}
	var to sockaddr
	family, length := to.put(s.target.Addr, port)
	fd, no := socket(family)
	if no != 0 {
		return l.short(n, no)
	}
	if n.q.opening.prelude.text != nil && port == n.q.port.Number { // the port is one where the client speaks first
		delayACK(fd)
	}
	no = connect(fd, &to, length)
	switch no {
	case 0, syscall.EINPROGRESS:
	case syscall.EADDRNOTAVAIL: // no local port is left for this endpoint; for others there may be one
		closeSocket(fd)
		if n.trouble++; n.trouble > mostTrouble {
			l.over(n, check.End{Cause: check.Unable, Err: no})
		} else {
			l.later.Put(l.now+troublePause, n)
		}
		return true
	case syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM:
		closeSocket(fd)
		return l.short(n, no)
	default:
		closeSocket(fd)
		l.Stats.Dials.Add(1)
		l.failed(n, no, 0)
		return true
	}
	l.Stats.Dials.Add(1)
	s.touched = true
	c := l.conns.Reach(fd)
	*c = conn{q: n.q, probe: n.probe, since: l.now, first: n.first, slot: n.slot, stamp: c.stamp + 1, state: connConnecting, try: n.try}
	if n.probe == nil {
		c.seed = l.seeds.Uint64()
	}
	l.sockets++
	l.await(n.slot)
	l.fresh = append(l.fresh, fd)
	return true
}

// launched goes on with the connections that were begun in this round: it tries to send their preludes and puts them into
// the poll. It runs after all of them were begun, so that a server on the same machine is woken by a batch of them and not
// by each. It tells whether any has ended already, which makes room for another.
func (l *loop) launched() (ended bool) {
	for _, fd := range l.fresh {
		ended = !l.begun(fd) || ended
	}
	l.fresh = l.fresh[:0]
	return ended
}

// begun is launched for one connection; false: it has ended.
func (l *loop) begun(fd int32) bool {
	c := l.conns.At(fd)
	n, begun, resent := c.launch(), c.since, c.resent
	to := l.slots.At(n.slot).target.Addr
	said, no := l.eager(fd, c, n.probe == nil)
	if no != 0 { // send has taken the error from the socket: the poll would not report it
		l.drop(fd)
		if resent {
			n.try = max(n.try, 1)
		}
		l.failed(n, no, l.now-begun)
		return false
	}
	if no := watch(l.poll, fd, uint32(n.slot), !said); no != 0 {
		l.drop(fd)
		l.short(n, no)
		return false
	}
	if said {
		return true
	}
	if l.gate().Paced() && l.Dialer.Limits.Connect > dial.SYNRetransmit {
		l.resends.Arm(l.now, fd, c.stamp)
	}
	l.connectWait(to).Arm(l.now, fd, c.stamp)
	return true
}

// preludeOf gives the prelude of a connection, the same whenever it is asked for. It is valid until that of another
// connection is asked for.
func (l *loop) preludeOf(c *conn) []byte {
	l.prelude = c.q.opening.prelude.with(l.prelude[:0], l.drawOf(c))
	return l.prelude
}

// drawOf gives the random bytes of a connection's prelude, the same whenever they are asked for. They are valid
// until those of another connection are asked for.
func (l *loop) drawOf(c *conn) *draw {
	l.drawn.fill(c.seed)
	return &l.drawn
}

// eager sends the prelude without waiting for the poll. That works where the other end is on this machine, which answers
// a SYN before connect returns. It is tried often only while it works.
func (l *loop) eager(fd int32, c *conn, opening bool) (said bool, failed syscall.Errno) {
	if !opening || c.q.opening.prelude.text == nil {
		return false, 0
	}
	if l.eagerness == 0 {
		if l.skipped++; l.skipped%64 != 0 {
			return false, 0
		}
	}
	says := l.preludeOf(c)
	n, no := send(fd, says)
	if no == 0 && n != len(says) {
		no = syscall.ECONNRESET // a prelude of some hundred bytes fits a new socket whole or not at all
	}
	if no != 0 {
		l.eagerness = max(0, l.eagerness-1)
		if no == syscall.EAGAIN {
			no = 0
		}
		return false, no
	}
	l.eagerness = min(l.eagerness+1, 64)
	s := l.slots.At(c.slot)
	s.alive = true
	l.reached(c)
	c.state = connTalking
	c.stamp++
	l.answerWait(c.q.opening.wait).Arm(l.now, fd, c.stamp)
	return true, 0
}

// short puts back a launch that this machine has no room for, or gives it up after many tries; false: it was put back.
func (l *loop) short(n launch, no syscall.Errno) bool {
	if l.sockets+l.followers.running > 0 { // one of those will make room
		n.trouble = 0
	} else if n.trouble++; n.trouble > mostTrouble {
		l.over(n, check.End{Cause: check.Unable, Err: no})
		return true
	}
	l.turn.PushFront(n)
	l.window.Short(l.sockets)
	l.troubled = l.now + troublePause
	return false
}

// connectEnd says how an attempt ended whose connection was not made.
func connectEnd(no syscall.Errno, to netip.Addr) check.End {
	switch no {
	case syscall.ECONNREFUSED:
		return check.End{Cause: check.Rejected}
	case syscall.ETIMEDOUT:
		return check.End{Cause: check.NoAnswer}
	case syscall.ECONNRESET, syscall.EPIPE: // it was made, and reset before the loop saw it
		return check.End{Cause: check.Reset, Connected: true}
	}
	return check.End{Cause: unmade(no, to), Err: no}
}

// failed goes on after a connection that was not made. The try of n is above 0 where a packet was sent again.
func (l *loop) failed(n launch, no syscall.Errno, took int64) {
	switch {
	case no == syscall.ECONNREFUSED && n.try > 0:
		l.heard(&n, took, dial.Late)
	case no == syscall.ECONNREFUSED, no == syscall.ECONNRESET, no == syscall.EPIPE:
		l.heard(&n, took, dial.Answered)
	case no == syscall.ETIMEDOUT && n.try == 0:
		l.heard(&n, took, dial.Silence)
	}
	l.over(n, connectEnd(no, l.slots.At(n.slot).target.Addr))
}

// reached tells the gate of a connection that was made.
func (l *loop) reached(c *conn) {
	fate := dial.Answered
	if c.resent || c.try > 0 {
		fate = dial.Late
	}
	n := c.launch()
	l.heard(&n, l.now-c.since, fate)
}

// heard tells the gate what became of a connection that took so long.
func (l *loop) heard(n *launch, took int64, fate dial.Fate) {
	s := l.slots.At(n.slot)
	like := dial.LikePort(n.port())
	if s.odd {
		like = dial.LikeNothing
	}
	s.odd = s.odd || fate == dial.Silence
	l.gate().Heard(s.target.Addr, like, time.Duration(took), fate)
}

// drop closes a socket. What it was for is the caller's business.
func (l *loop) drop(fd int32) {
	closeSocket(fd)
	l.release(fd)
}

// release forgets a socket that is closed, or that a goroutine has taken over.
func (l *loop) release(fd int32) {
	c := l.conns.At(fd)
	l.awaited(c.slot)
	*c = conn{stamp: c.stamp + 1}
	l.sockets--
	l.window.Closed++
}

// event handles what the poll reports of a socket.
func (l *loop) event(fd int32, what uint32) {
	c := l.conns.At(fd)
	if c.state == connConnecting {
		if what&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			if no := socketError(fd); no != 0 || what&unix.EPOLLOUT == 0 {
				n, took := c.launch(), l.now-c.since
				if c.resent {
					n.try = max(n.try, 1)
				}
				l.drop(fd)
				l.failed(n, no, took)
				return
			}
		} else if what&unix.EPOLLOUT == 0 {
			return
		}
		if !l.connected(fd, c) {
			return
		}
	} else if what&unix.EPOLLOUT != 0 && c.probe != nil && len(c.probe.out) > 0 {
		l.flush(fd, c)
	}
	if what&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		l.readable(fd, what&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0)
	}
}

// connected begins the conversation on a socket that is connected; false: the socket is closed or handed over.
func (l *loop) connected(fd int32, c *conn) bool {
	id, q := c.slot, c.q
	s := l.slots.At(id)
	l.reached(c)
	if took := time.Duration(l.now - c.since); took < dial.SYNRetransmit {
		l.trips.sample(region(s.target.Addr), took)
	}
	s.alive = true
	if c.probe == nil {
		if q.opening.how != opensPlain {
			l.handOver(fd, nil, nil, 0)
			return false
		}
		if q.opening.prelude.text != nil {
			says := l.preludeOf(c)
			if n, no := send(fd, says); no == 0 && n == len(says) {
				c.state = connTalking
				c.stamp++
				l.answerWait(q.opening.wait).Arm(l.now, fd, c.stamp)
				return true
			}
		}
		p := l.begin(&s.target, q)
		p.o.Open = true
		if !p.next(l.Run, &s.logons, check.End{}) {
			l.drop(fd)
			l.seal(id, q, p, nil)
			return false
		}
		if t := &p.attempt; t.UDP || t.Port != q.port.Number {
			l.drop(fd)
			l.schedule(id, q, p)
			return false
		} else if t.TLS != nil {
			l.handOver(fd, p, t.TLS, 0)
			return false
		}
		c.probe = p
	}
	c.state = connTalking
	c.probe.out = nil
	l.arm(fd, c)
	return l.talk(fd, nil, false)
}

// catchUp begins the interview whose prelude was sent on a socket; false: the interview says something else, and the
// question is asked anew.
func (l *loop) catchUp(fd int32, c *conn) bool {
	id, q := c.slot, c.q
	s := l.slots.At(id)
	says := l.preludeOf(c)
	p := l.startOn(q.spareProbe(), &s.target, q, l.drawOf(c))
	l.began(p, c.first)
	p.o.Open = true
	if !p.next(l.Run, &s.logons, check.End{}) {
		l.drop(fd)
		l.seal(id, q, p, nil)
		return false
	}
	if t := &p.attempt; t.UDP || t.TLS != nil || t.Port != q.port.Number || !p.sayPrelude(says) {
		l.drop(fd)
		if p.dead {
			l.seal(id, q, p, nil)
		} else {
			q.opening.prelude = prelude{}
			p = l.begin(&s.target, q)
			if !p.next(l.Run, &s.logons, check.End{}) {
				l.seal(id, q, p, nil)
			} else {
				l.schedule(id, q, p)
			}
		}
		return false
	}
	traceSent(l.transcript(p), p.attempt.Note, says)
	c.probe = p
	return true
}

// began sets the time of an observation to when its first connection was begun, which was before there was a probe.
func (l *loop) began(p *probe, first int64) {
	p.o.At = p.o.At.Add(time.Duration(first - int64(time.Since(l.start))))
}
