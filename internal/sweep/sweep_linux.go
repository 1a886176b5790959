//go:build amd64 || arm64

package sweep

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Sweep is one sweep of a scope. The sequence number of a SYN says which position it belongs to; the address that answers
// must be the one that stands there.
type Sweep struct {
	Config
	ctx      context.Context // of Run
	routes   routes
	rawLinks []*rawLink                // opened so far
	gateways map[gateway]mac           // the zero mac: it was asked and has not said
	near     map[netip.Addr]*neighbour // addresses on our own links, while they are being swept
	lines    int                       // told so far: at most mostLines
	hold     int                       // a socket that keeps the source port from the kernel's own use
	port     uint16
	key      [2]uint64 // of hash

	ring  []entry // by position, modulo its length
	mask  uint64
	tail  uint64    // positions below are settled
	heads []uint64  // by pass: the next position to send to
	sent  [][]int64 // by pass and block of positions: when it was last sent to
	now   int64     // nanoseconds since Clock
	trip  int64     // the longest round trip seen
	over  bool      // no position is left to begin
	next  uint64    // a position that was taken and could not be begun yet,
	held  bool      // if there is one
	poll  []unix.PollFd

	burstSize uint64 // positions of a burst
	aims      []aim  // of the burst under way
}

// entry is what is known of a position under way: a bit for each of its ports. settled, in closed, says that Work was told.
type entry struct{ open, closed uint32 }

const settled = 1 << 31

// gateway is the next hop of routes, on a link.
type gateway struct {
	link int
	addr netip.Addr
}

// neighbour is an address on one of our own links.
type neighbour struct {
	position uint64
	mac      mac
	known    bool
}

const (
	ringBits   = 20                            // of the sequence number tell the position; the rest prove that it is ours
	blockShift = 6                             // 2^6 positions in a row share a time of sending
	passLag    = int64(500 * time.Millisecond) // between two SYNs to a port, at least
	leastWait  = int64(500 * time.Millisecond) // after the last one
	mostNear   = 1 << 16                       // neighbours at once
)

// New prepares a sweep; the error says why there can be none at all. A sweep that was made must be Run.
func New(c Config) (*Sweep, error) {
	s := &Sweep{Config: c, gateways: map[gateway]mac{}, near: map[netip.Addr]*neighbour{}, hold: -1}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("raw packets are not allowed here (CAP_NET_RAW: %w)", err)
	}
	unix.Close(fd)
	if s.routes, err = readRoutes(); err != nil {
		return nil, err
	}
	if why := s.unusable(); why != "" {
		return nil, errors.New(why)
	}
	if s.hold, s.port, err = holdPort(); err != nil {
		return nil, fmt.Errorf("no source port: %w", err)
	}
	var seed [16]byte
	if _, err := unix.Getrandom(seed[:], 0); err != nil {
		s.close()
		return nil, err
	}
	s.key = [2]uint64{binary.NativeEndian.Uint64(seed[:]), binary.NativeEndian.Uint64(seed[8:]) | 1}
	room := uint64(1) << ringBits
	if !s.Grows {
		room = 1 << min(ringBits, max(8, bits.Len64(max(s.Size, 1)-1)))
	}
	s.ring, s.mask = make([]entry, room), room-1
	s.heads = make([]uint64, 1+s.Retries)
	s.sent = make([][]int64, len(s.heads))
	s.tail = s.From
	for k := range s.heads {
		s.heads[k] = s.From
		s.sent[k] = make([]int64, room>>blockShift)
	}
	return s, nil
}

// unusable says why no address of the scope can be swept, or nothing. It looks at the first positions, which are a sample
// of a large scope since a run visits it in random order. The few addresses that it may overlook are connected to.
func (s *Sweep) unusable() string {
	const sample = 4096
	if s.Grows && s.Size == 0 {
		return "" // nobody knows yet
	}
	why := "there is no route to it"
	for position := range min(s.Size, sample) {
		t := s.Work.At(position)
		r := s.routes.find(t.Addr)
		if r == nil || t.Addr.Zone() != "" || len(t.Ports) == 0 {
			continue
		}
		if r.link != nil {
			return ""
		}
		why = fmt.Sprintf("%s: %s", r.prefix, r.why)
	}
	return why
}

func (s *Sweep) close() {
	for _, x := range s.rawLinks {
		x.close()
	}
	if s.hold >= 0 {
		unix.Close(s.hold)
	}
}

// Run sweeps until every position was found out about, until no more may be begun and those under way are done, or until
// ctx ends.
func (s *Sweep) Run(ctx context.Context) {
	s.ctx = ctx
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer s.close()
	last := len(s.heads) - 1
	for ctx.Err() == nil {
		s.tick()
		s.burstSize = uint64(min(max(s.Gate.Within(burstTime), leastBurst), mostBurst))
		s.receive()
		for s.tail < s.heads[last] && s.now-s.time(last, s.tail) >= s.wait() {
			s.settle(s.tail)
			s.tail++
		}
		busy := false
		for k := last; k > 0; k-- {
			from := s.heads[k]
			for s.heads[k]-from < s.burstSize && s.heads[k] < s.heads[k-1] && s.now-s.time(k-1, s.heads[k]) >= passLag {
				s.heads[k]++
			}
			busy = busy || s.heads[k] > from
			s.burst(k, from, s.heads[k])
		}
		draining := s.Work.Draining()
		if !draining {
			from := s.heads[0]
			for s.heads[0]-from < s.burstSize && s.begin() {
			}
			busy = busy || s.heads[0] > from
			s.burst(0, from, s.heads[0])
		}
		for _, x := range s.rawLinks {
			x.flush()
		}
		s.Work.Flush()
		if s.tail == s.heads[0] && (s.over || draining) {
			return
		}
		if !busy {
			s.rest(2)
		}
	}
}

// begin takes the next position; false: there is none now.
func (s *Sweep) begin() bool {
	if !s.held {
		position, ok, over := s.Work.Next()
		if !ok {
			s.over = over
			return false
		}
		s.next, s.held = position, true
	}
	room := s.tail + uint64(len(s.ring))
	for s.heads[0] < min(s.next, room) { // positions that Next left out
		s.ring[s.heads[0]&s.mask] = entry{closed: settled}
		s.heads[0]++
	}
	if s.heads[0] == room {
		return false
	}
	s.ring[s.next&s.mask] = entry{}
	s.heads[0]++
	s.held = false
	return true
}

// time is when a pass sent to a position.
func (s *Sweep) time(pass int, position uint64) int64 {
	return s.sent[pass][position&s.mask>>blockShift]
}

// mark says that a pass sends to a position now.
func (s *Sweep) mark(pass int, position uint64) {
	s.sent[pass][position&s.mask>>blockShift] = s.now
}

// wait is how long the answer to a last SYN may take: twice the longest round trip and some, at most Connect. While nothing
// has answered it is Connect.
func (s *Sweep) wait() int64 {
	most := int64(s.Connect)
	if s.trip == 0 {
		return most
	}
	return min(most, max(leastWait, 2*s.trip+int64(100*time.Millisecond)))
}

// tick reads the clock.
func (s *Sweep) tick() { s.now = int64(time.Since(s.Clock)) }

// rest waits so many milliseconds, or until a frame comes.
func (s *Sweep) rest(ms int) {
	s.Work.Flush()
	if len(s.poll) == 0 {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	} else {
		unix.Poll(s.poll, ms)
	}
	s.tick()
}

// paced waits until the gate lets a packet leave. It sleeps for a millisecond at least, and the gate lets it catch up then,
// so that packets leave in batches.
func (s *Sweep) paced(to netip.Addr) {
	for s.ctx.Err() == nil {
		wait, _ := s.Gate.Try(to)
		if wait == 0 {
			return
		}
		for _, y := range s.rawLinks {
			y.flush()
		}
		s.rest(int(max(1, min(wait, 50*time.Millisecond).Milliseconds())))
		s.receive()
	}
}

// settle ends a position whose wait for answers is over.
func (s *Sweep) settle(position uint64) {
	e := &s.ring[position&s.mask]
	if e.closed&settled != 0 {
		return
	}
	t := s.Work.At(position)
	if len(s.near) > 0 {
		delete(s.near, t.Addr)
	}
	if s.refused() >= s.time(0, position) { // a packet of it may never have left
		s.found(position, t, e, true)
		return
	}
	s.unheard(position, e, &t)
	s.found(position, t, e, false)
}

// found tells Work what was found out about a position; unswept: nothing.
func (s *Sweep) found(position uint64, t Target, e *entry, unswept bool) {
	s.Work.Found(t, Found{Position: position, Sent: s.time(0, position), Open: e.open, Closed: e.closed, Unswept: unswept})
	e.closed |= settled
}
