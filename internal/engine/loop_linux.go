//go:build amd64 || arm64

package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine/capacity"
	"signet/internal/engine/queue"
	"signet/internal/sweep"
)

// native is the driver of this system.
func native(s *session) { looped(s) }

// loop asks a whole scope from one thread: sockets that never block, one epoll, one buffer to receive into. Plain TCP
// stays on it from the first packet to the last; TLS, StartTLS and datagrams go to goroutines.
type loop struct {
	*session
	poll int32
	bell int32 // an eventfd with which goroutines wake the loop

	start   time.Time
	now     int64 // nanoseconds since start, read once a round
	awake   int64 // the same, without the time in which this process got no processor
	conns   queue.Table[conn]
	sockets int
	fresh   []int32 // sockets that were begun in this round
	window  capacity.Window
	slots   queue.Table[slot]
	made    int32   // slots so far
	free    []int32 // those without an address
	used    int     // slots with one
	in      []byte
	events  [512]unix.EpollEvent

	turn     queue.Ring[launch]     // before anything new
	ready    queue.Ring[int32]      // slots with questions to ask
	later    queue.Sleepers[launch] // launches that wait for their place in the pace
	troubled int64                  // until then nothing is launched
	changes  uint32                 // of the pace, so far

	connects []queue.Deadlines // by length
	answers  []queue.Deadlines
	resends  queue.Deadlines
	hosts    []queue.Deadlines // by length
	trips    roundTrips

	seeds   rand.ChaCha8 // gives each connection its seed
	drawn   draw         // random bytes of the connection that is being served
	prelude []byte       // its prelude

	eagerness int  // rises when sending the prelude at once has worked, to 64, and falls to 0
	skipped   uint // connections at 0: one in 64 tries

	sweeping  bool // addresses are found by a sweep, not by connecting to them
	arrivals  queue.Ring[sweep.Found]
	arrived   atomic.Int64 // of them, and of those still to be delivered
	swept     bool         // the sweep is over; guarded by mu, like arrivals
	followers followers
	mu        sync.Mutex
	returned  []*followUp // finished by goroutines; guarded by mu
}

const (
	launchBatch   = 512 // connections begun between two polls
	fewestSockets = 64  // at once
	receiving     = 64 << 10

	// mostAsleep is how many launches may wait for the pace of their subnets before no further address is begun: a few
	// whole subnets, so that slow ones do not hold up the others.
	mostAsleep = 2048
)

// looped drives a session from an epoll loop, or by goroutines where there is no poll to be had.
func looped(s *session) {
	l, err := newLoop(s)
	if err != nil {
		portable(s)
		return
	}
	defer l.close()
	stop := context.AfterFunc(s.ctx, l.ring)
	defer stop()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-s.drain:
			l.ring()
		case <-done:
		}
	})
	if s.Source.Grown() != nil {
		wg.Go(func() { s.heed(l.ring, done) })
	}
	l.discover(&wg)
	wg.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		l.run()
	})
	wg.Wait()
	l.followers.wg.Wait()
}

// newLoop makes a loop that is ready to run.
func newLoop(s *session) (*loop, error) {
	p, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(p)
		return nil, err
	}
	l := &loop{session: s, poll: int32(p), bell: int32(bell), start: time.Now(), in: make([]byte, receiving)}
	most := capacity.Sockets()
	follow := max(1, min(mostFollowers, most/4))
	l.followers.window = capacity.NewWindow(fewestFollowers, follow)
	most -= follow
	if s.InFlight > 0 {
		most = min(most, s.InFlight)
	}
	l.window = capacity.NewWindow(fewestSockets, most)
	l.seeds.Seed(s.seed)
	l.resends.After = int64(dial.SYNRetransmit)
	watch(l.poll, l.bell, math.MaxUint32, false)
	return l, nil
}

func (l *loop) close() {
	l.mu.Lock() // ring may still be called: it finds no bell
	defer l.mu.Unlock()
	unix.Close(int(l.bell))
	unix.Close(int(l.poll))
	l.bell = -1
}

// ring wakes the loop.
func (l *loop) ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bell >= 0 {
		unix.Write(int(l.bell), []byte{1, 0, 0, 0, 0, 0, 0, 0}) // any count wakes it, whatever the byte order
	}
}

func (l *loop) run() {
	for {
		l.tick()
		l.window.Fit(l.now, l.sockets, false)
		wait := l.pump()
		if l.launched() {
			wait = 0
		}
		l.Stats.InFlight.Store(int64(l.sockets))
		if l.ctx.Err() != nil {
			break
		}
		if l.used == 0 && l.noneToCome() {
			break
		}
		n := poll(l.poll, l.events[:], 0)
		if n == 0 && wait > 0 {
			if l.sockets >= l.window.Size {
				l.window.Fit(l.now, l.sockets, true)
				wait = min(wait, capacity.ShortestPeriod)
			}
			n = poll(l.poll, l.events[:], l.patience(wait))
		}
		l.tick()
		for i := range n {
			e := &l.events[i]
			if e.Fd == l.bell {
				var b [8]byte
				unix.Read(int(l.bell), b[:])
				continue
			}
			if c := l.conns.At(e.Fd); c.state != connFree && uint32(e.Pad) == uint32(c.slot) {
				l.event(e.Fd, e.Events)
			}
		}
		l.collect()
		if n < len(l.events) { // every event was handled: what is overdue now really is
			l.expired()
		}
	}
	for fd := range l.conns.Size() {
		if l.conns.At(fd).state != connFree {
			l.drop(fd)
		}
	}
}

// pump begins connections while there is room for them. It returns how long until it may go on by itself: 0 if at
// once, math.MaxInt64 if only events will let it.
func (l *loop) pump() (wait int64) {
	if l.now < l.troubled {
		return l.troubled - l.now
	}
	changed := l.changes != l.gate().Changes()
	l.changes = l.gate().Changes()
	if l.later.Len() > 0 && (changed || l.draining()) {
		for l.later.Len() > 0 {
			n, _ := l.later.Due(math.MaxInt64)
			l.turn.Push(n)
		}
	}
	for range launchBatch {
		for at, ok := l.later.Due(l.now); ok; at, ok = l.later.Due(l.now) {
			l.turn.Push(at)
		}
		if l.sockets >= l.window.Size {
			return l.later.Wait(l.now)
		}
		n, ok := l.pick()
		if !ok {
			return l.later.Wait(l.now)
		}
		s := l.slots.At(n.slot)
		if !s.touched && !s.swept && n.probe == nil && l.draining() {
			l.giveBack(n.slot)
			continue
		}
		if s.overtime {
			l.expire(n)
			continue
		}
		if n.probe == nil && (n.q.opening.how == opensElsewhere || s.target.Addr.Zone() != "") {
			s.touched = true
			l.follow(&followUp{slot: n.slot, q: n.q, fd: -1})
			continue
		}
		if s.swept && n.probe == nil && s.phase == phaseFirst && n.q.bit >= 0 && s.open>>n.q.bit&1 == 0 {
			end := check.End{Cause: check.NoAnswer}
			n.first = s.sent
			if s.closed>>n.q.bit&1 != 0 {
				end.Cause, n.first = check.Rejected, l.now
			}
			l.over(n, end)
			continue
		}
		if gate := l.gate(); gate.Holds(n.place) {
			n.place = 0
		} else if l.sweeping { // the sweep takes each place as it comes free: wait in the queue for one
			place, w := gate.Reserve(s.target.Addr)
			if w > 0 {
				n.place = place
				l.later.Put(l.now+int64(w), n)
				continue
			}
		} else if w, subnet := gate.Try(s.target.Addr); w > 0 {
			if subnet {
				l.later.Put(l.now+int64(w), n)
				continue
			}
			l.turn.PushFront(n)
			return min(int64(w), l.later.Wait(l.now))
		}
		if !l.open(n) {
			return l.troubled - l.now
		}
	}
	return 0
}

// pick takes the connection to begin next: of questions under way first, then of hosts under way, then of a new address.
func (l *loop) pick() (launch, bool) {
	perHost := l.gate().HostConnections()
	for {
		if l.turn.Len() > 0 {
			return l.turn.Pop(), true
		}
		if l.ready.Len() > 0 {
			id := *l.ready.Front()
			s := l.slots.At(id)
			if int(s.active) < perHost {
				if q := l.nextQuestion(s); q != nil {
					s.active++
					return launch{q: q, slot: id}, true
				}
			}
			l.ready.Pop()
			s.ready = false
			if int(s.active) < perHost || int(s.next) >= len(s.list()) {
				l.settle(id)
			}
			continue
		}
		if l.used >= l.window.Size+l.followers.window.Most || l.later.Len() >= mostAsleep {
			return launch{}, false
		}
		if !l.admitNext() {
			return launch{}, false
		}
	}
}

// patience is for how many milliseconds to wait for events: until something is due.
func (l *loop) patience(wait int64) int {
	soon := func(d *queue.Deadlines, stale func(int32, uint32) bool) {
		if at, ok := d.First(stale); ok {
			wait = min(wait, at-l.now)
		}
	}
	for i := range l.connects {
		soon(&l.connects[i], l.staleConn)
	}
	for i := range l.answers {
		soon(&l.answers[i], l.staleConn)
	}
	soon(&l.resends, l.staleConn)
	for i := range l.hosts {
		soon(&l.hosts[i], l.staleSlot)
	}
	const longest = int64(time.Second)
	return int((max(min(wait, longest), 0) + int64(time.Millisecond) - 1) / int64(time.Millisecond))
}

func (l *loop) staleConn(fd int32, stamp uint32) bool { return l.conns.At(fd).stamp != stamp }

func (l *loop) staleSlot(id int32, stamp uint32) bool { return l.slots.At(id).stamp != stamp }

// expired ends whatever took too long.
func (l *loop) expired() {
	now := l.now
	for at, ok := l.resends.First(l.staleConn); ok && at <= now; at, ok = l.resends.First(l.staleConn) {
		fd := l.resends.Take()
		l.conns.At(fd).resent = true
		l.gate().Charge(l.slots.At(l.conns.At(fd).slot).target.Addr)
	}
	for i := range l.connects {
		d := &l.connects[i]
		for at, ok := d.First(l.staleConn); ok && at <= now; at, ok = d.First(l.staleConn) {
			l.unanswered(d.Take(), d.After)
		}
	}
	for i := range l.answers {
		d := &l.answers[i]
		for at, ok := d.First(l.staleConn); ok && at <= now; at, ok = d.First(l.staleConn) {
			l.end(d.Take(), check.End{Cause: check.Stalled})
		}
	}
	for i := range l.hosts { // outstayed may add one to the list, which is not due yet
		for at, ok := l.hosts[i].First(l.staleSlot); ok && at <= now; at, ok = l.hosts[i].First(l.staleSlot) {
			l.outstayed(l.hosts[i].Take())
		}
	}
}

// unanswered gives up a connection that was not made in time: it is tried again, or its attempt is over.
func (l *loop) unanswered(fd int32, after int64) {
	c := l.conns.At(fd)
	n := c.launch()
	n.try++
	l.window.Dark++
	l.drop(fd)
	to := l.slots.At(n.slot).target.Addr
	if n.try == 1 { // a second silence of the same endpoint is no news
		l.heard(&n, after, dial.Silence)
	}
	if tries := l.Dialer.Tries(time.Duration(after)); int(n.try) < tries || int(n.try) < tries+dial.LossyTries && l.gate().Lossy(to) {
		l.turn.Push(n)
		return
	}
	l.over(n, check.End{Cause: check.NoAnswer})
}

// overtime ends the connections of a host that took too long. What of it waits for its turn ends when that comes.
func (l *loop) overtime(id int32) {
	s := l.slots.At(id)
	s.overtime = true
	stamp := s.stamp
	for fd := range l.conns.Size() {
		c := l.conns.At(fd)
		if c.state == connFree || c.slot != id || l.slots.At(id).stamp != stamp {
			continue
		}
		if c.state == connTalking && c.probe == nil && !l.catchUp(fd, c) {
			continue
		}
		n := c.launch()
		l.drop(fd)
		l.expire(n)
	}
}
