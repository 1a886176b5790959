//go:build amd64 || arm64

package engine

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine/capacity"
	"signet/internal/engine/queue"
)

// followUp is an interview, or the rest of one, that a goroutine holds, since it needs TLS or datagrams.
type followUp struct {
	slot   int32
	q      *question
	probe  *probe // nil: not begun
	target signet.Target
	logons *dial.Logons // of the host: its slot stays while this is under way
	stay   *dial.Stay

	fd       int32      // a socket that is connected to the question's port, or -1
	first    *check.TLS // with a and fd: the handshake that comes next on it
	received int        // what came on it before

	found []check.Found // what the interview pointed to, when it is over
}

// How many follow-ups are held at once. A handshake takes some 60 KiB, and more of a processor's time than a network
// nearby takes for its answers.
const (
	fewestFollowers = 32
	mostFollowers   = 512
)

// followers are the goroutines that hold follow-ups.
type followers struct {
	queue   queue.Ring[*followUp]
	running int
	window  capacity.Window // how many at once
	wg      sync.WaitGroup
}

// handOver gives a connected socket to a goroutine.
func (l *loop) handOver(fd int32, p *probe, first *check.TLS, received int) {
	c := l.conns.At(fd)
	f := &followUp{slot: c.slot, q: c.q, probe: p, fd: fd, first: first, received: received}
	unwatch(l.poll, fd)
	l.release(fd)
	l.follow(f)
}

// follow queues a follow-up.
func (l *loop) follow(f *followUp) {
	s := l.slots.At(f.slot)
	f.target, f.logons = s.target, &s.logons
	f.stay = l.stay(s)
	l.followers.queue.Push(f)
	l.dispatch()
}

// dispatch starts queued follow-ups as far as the limit allows.
func (l *loop) dispatch() {
	f := &l.followers
	f.window.Fit(l.now, f.running, f.queue.Len() > 0 && f.running >= f.window.Size)
	for f.queue.Len() > 0 && f.running < f.window.Size {
		next := f.queue.Pop()
		f.running++
		f.wg.Go(func() {
			l.interview(next)
			l.mu.Lock()
			l.returned = append(l.returned, next)
			first := len(l.returned) == 1
			l.mu.Unlock()
			if first {
				l.ring()
			}
		})
	}
	l.Stats.FollowUps.Store(int64(f.running))
}

// collect takes back the follow-ups that goroutines have finished.
func (l *loop) collect() {
	if l.followers.running == 0 {
		return
	}
	l.mu.Lock()
	back := l.returned
	l.returned = nil
	l.mu.Unlock()
	for _, f := range back {
		l.followers.running--
		l.followers.window.Closed++
		if l.ctx.Err() == nil {
			l.answered(f.slot, f.q, f.probe.o.Outcome, alive(&f.probe.o), f.found)
		}
	}
	l.dispatch()
}

// interview holds an interview to its end, on a goroutine.
func (l *loop) interview(f *followUp) {
	ctx := f.stay.Context()
	var end check.End
	more := true
	given := adopt(l.Dialer, f.fd, f.received)
	if f.probe == nil {
		f.probe = l.begin(&f.target, f.q)
		f.probe.o.Open = given != nil
		more = f.probe.next(l.Run, f.logons, end)
		if given != nil && (!more || f.probe.attempt.UDP || f.probe.attempt.Port != f.q.port.Number) {
			given.Close()
			given = nil
		}
		if more {
			f.first = f.probe.attempt.TLS
		}
	}
	p := f.probe
	for ended(ctx) == nil && more {
		if given != nil {
			end = l.converseOn(ctx, f, given)
			given = nil
		} else {
			end = l.Run.converse(ctx, p, f.stay)
		}
		more = ended(ctx) == nil && p.next(l.Run, f.logons, end)
		p.o.Open = p.o.Open || end.Connected || end.Received > 0
	}
	if given != nil {
		given.Close()
	}
	f.found = p.finish(l.Run, ended(ctx))
	if l.ctx.Err() == nil {
		l.emit(&p.o)
	}
}

// converseOn holds the attempt under way on a connection that is up.
func (l *loop) converseOn(ctx context.Context, f *followUp, conn *dial.Conn) (end check.End) {
	p := f.probe
	defer p.caughtTalking()
	to := netip.AddrPortFrom(p.o.Addr, p.attempt.Port)
	return converseOn(ctx, l.Dialer, conn, to, p.attempt, f.first, f.received, f.stay, l.transcript(p))
}

// adopt makes a connection of package net of a socket; nil if there is none or it cannot be done, in which case
// another one is made.
func adopt(d *dial.Dialer, fd int32, received int) *dial.Conn {
	if fd < 0 {
		return nil
	}
	f := os.NewFile(uintptr(fd), "")
	c, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return nil
	}
	return d.Adopt(c, received)
}
