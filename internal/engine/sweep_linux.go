//go:build amd64 || arm64

package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"signet"
	"signet/internal/dial"
)

// sweep finds open ports with SYNs of its own making, and keeps nothing for an address but two bits a port while it
// is between its first SYN and the end of the wait for an answer to its last. The sequence number of a SYN says which
// position it belongs to; the address that answers must be the one that stands there.
//
// The kernel, which knows nothing of the connection, resets what a SYN opened.
type sweep struct {
	*session
	l        *loop
	routes   routes
	rawLinks []*rawLink
	gateways map[gateway]mac
	batch    []arrival                 // for the loop
	near     map[netip.Addr]*neighbour // of this link, while they are being swept
	lines    int                       // told so far
	hold     int                       // a socket that keeps the source port from the kernel's own use
	port     uint16
	key      [2]uint64

	ring  []entry
	mask  uint64
	tail  uint64   // positions below are settled
	heads []uint64 // by pass: the next position to send to
	sent  [][]int64
	now   int64
	trip  int64  // the longest round trip seen
	over  bool   // no position is left to begin
	next  uint64 // position, taken and not begun
	held  bool   // there is one
	poll  []unix.PollFd

	burstSize uint64 // positions of a burst
	aims      []aim  // of the burst under way
}

// entry is what is known of a position: a bit for each port of its agenda. settled says that it was handed on.
type entry struct{ open, closed uint32 }

const settled = 1 << 31

type gateway struct {
	link int
	addr netip.Addr
}

type neighbour struct {
	position uint64
	mac      mac
	known    bool
}

const (
	ringBits   = 20 // a position is told by so many bits of the sequence number, the rest prove that it is ours
	blockShift = 6  // times are kept for so many positions together
	passLag    = int64(500 * time.Millisecond)
	leastWait  = int64(500 * time.Millisecond)
	mostNear   = 1 << 16
	mostWaits  = 2048 // arrivals that the loop has not taken up
)

// sweepable prepares a sweep; the error says why there can be none at all.
func sweepable(l *loop) (*sweep, error) {
	w := &sweep{session: l.session, l: l, gateways: map[gateway]mac{}, near: map[netip.Addr]*neighbour{}, hold: -1}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("raw packets are not allowed here (CAP_NET_RAW: %w)", err)
	}
	unix.Close(fd)
	if w.routes, err = readRoutes(); err != nil {
		return nil, err
	}
	if why := w.pointless(); why != "" {
		return nil, errors.New(why)
	}
	if w.hold, w.port, err = holdPort(); err != nil {
		return nil, fmt.Errorf("no source port: %w", err)
	}
	var seed [16]byte
	if _, err := unix.Getrandom(seed[:], 0); err != nil {
		w.close()
		return nil, err
	}
	w.burstSize = uint64(min(max(l.gate().Within(burstTime), leastBurst), mostBurst))
	w.key = [2]uint64{binary.NativeEndian.Uint64(seed[:]), binary.NativeEndian.Uint64(seed[8:]) | 1}
	size := l.Source.Len()
	room := uint64(1) << min(ringBits, max(8, bits.Len64(max(size, 1)-1)))
	w.ring, w.mask = make([]entry, room), room-1
	w.heads = make([]uint64, 1+l.Dialer.Limits.Retries)
	w.sent = make([][]int64, len(w.heads))
	from := l.Progress().Low
	w.tail = from
	for k := range w.heads {
		w.heads[k] = from
		w.sent[k] = make([]int64, room>>blockShift)
	}
	return w, nil
}

// pointless says why no address of the scope can be swept, or nothing. Of a large scope it looks at a sample, which the
// order of a run is: what little it may overlook is found by connecting.
func (w *sweep) pointless() string {
	const sample = 4096
	size := w.Source.Len()
	why := "there is no route to it"
	for position := range min(size, sample) {
		item := w.Source.At(position)
		r := w.routes.find(item.Addr)
		if r == nil || item.Addr.Zone() != "" || len(w.agendas.of(&item).swept) == 0 {
			continue
		}
		if r.link != nil {
			return ""
		}
		why = fmt.Sprintf("%s: %s", r.prefix, r.why)
	}
	return why
}

func (w *sweep) close() {
	for _, x := range w.rawLinks {
		x.close()
	}
	if w.hold >= 0 {
		unix.Close(w.hold)
	}
}

// run sweeps until nothing is left. Whatever stands to be asked is handed to the loop.
func (w *sweep) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer w.close()
	size := w.Source.Len()
	last := len(w.heads) - 1
	for w.ctx.Err() == nil {
		w.now = int64(time.Since(w.l.start))
		w.receive()
		for w.tail < w.heads[last] && w.now-w.time(last, w.tail) >= w.wait() {
			w.settle(w.tail)
			w.tail++
		}
		busy := false
		for k := last; k > 0; k-- {
			from := w.heads[k]
			for w.heads[k]-from < w.burstSize && w.heads[k] < w.heads[k-1] && w.now-w.time(k-1, w.heads[k]) >= passLag {
				w.heads[k]++
			}
			busy = busy || w.heads[k] > from
			w.burst(k, from, w.heads[k])
		}
		if !w.draining() {
			from := w.heads[0]
			for w.heads[0]-from < w.burstSize && w.l.arrived.Load() < mostWaits && w.begin(size) {
			}
			busy = busy || w.heads[0] > from
			w.burst(0, from, w.heads[0])
		}
		for _, x := range w.rawLinks {
			x.flush()
		}
		w.deliver()
		if w.tail == w.heads[0] && (w.over || w.draining()) {
			return
		}
		if !busy {
			w.rest(2)
		}
	}
}

// begin takes the next position; false: there is none now.
func (w *sweep) begin(size uint64) bool {
	if !w.held {
		position, ok := w.progress.begin(size)
		if !ok {
			w.over = w.progress.done(size)
			return false
		}
		w.next, w.held = position, true
	}
	room := w.tail + uint64(len(w.ring))
	for w.heads[0] < min(w.next, room) { // finished before the run was resumed
		w.ring[w.heads[0]&w.mask] = entry{closed: settled}
		w.heads[0]++
	}
	if w.heads[0] == room {
		return false
	}
	w.ring[w.next&w.mask] = entry{}
	w.heads[0]++
	w.held = false
	return true
}

func (w *sweep) time(pass int, position uint64) int64 {
	return w.sent[pass][position&w.mask>>blockShift]
}

func (w *sweep) mark(pass int, position uint64) {
	w.sent[pass][position&w.mask>>blockShift] = w.now
}

// wait is how long the answer to a last SYN may take: what round trips say, within --timeout; all of that while
// nothing has answered yet.
func (w *sweep) wait() int64 {
	most := int64(w.Dialer.Limits.Connect)
	if w.trip == 0 {
		return most
	}
	return min(most, max(leastWait, 2*w.trip+int64(100*time.Millisecond)))
}

// deliver hands the loop what has been found.
func (w *sweep) deliver() {
	if len(w.batch) > 0 {
		w.l.arrive(w.batch)
		w.batch = w.batch[:0]
	}
}

// rest waits a little, or until something comes.
func (w *sweep) rest(ms int) {
	w.deliver()
	if len(w.poll) == 0 {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	} else {
		unix.Poll(w.poll, ms)
	}
	w.now = int64(time.Since(w.l.start))
}

// paced waits for the place of a packet. It wakes up every few milliseconds at most and then catches up, so that
// packets leave in batches.
func (w *sweep) paced(to netip.Addr) {
	for w.ctx.Err() == nil {
		wait, _ := w.gate().Try(to)
		if wait == 0 {
			return
		}
		for _, y := range w.rawLinks {
			y.flush()
		}
		w.rest(int(max(1, min(wait, 50*time.Millisecond).Milliseconds())))
		w.receive()
	}
}

// hash is what makes a sequence number ours: what comes back without it was not asked.
func (w *sweep) hash(a netip.Addr, port uint16) uint32 {
	b := a.As16()
	h := w.key[0] ^ uint64(port)<<48
	for _, v := range [2]uint64{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])} {
		high, low := bits.Mul64(h^v, w.key[1])
		h = high ^ low ^ bits.RotateLeft64(h, 23)
	}
	high, low := bits.Mul64(h, w.key[1])
	return uint32(high ^ low>>32)
}

func (w *sweep) receive() {
	for _, x := range w.rawLinks {
		x.receive(func(f []byte) { w.frame(x, f) })
	}
}

func (w *sweep) frame(x *rawLink, f []byte) {
	if who, at, ok := parseIsAt(f); ok {
		if n, asked := w.near[who]; asked && !n.known {
			n.mac, n.known = at, true
			if e := &w.ring[n.position&w.mask]; n.position >= w.tail && e.closed&settled == 0 {
				w.answerNear(x, n, who)
			}
		}
		for g, m := range w.gateways {
			if g.addr == who && g.link == x.link.index && m == (mac{}) {
				w.gateways[g] = at
			}
		}
		return
	}
	r, ok := parseTCP(f)
	if !ok || r.dport != w.port || r.flags&tcpACK == 0 {
		return
	}
	id := (r.ack - 1) ^ w.hash(r.src, r.sport)
	if id&(1<<(32-ringBits)-1) != 0 {
		return
	}
	position := w.tail + (uint64(id>>(32-ringBits))-w.tail)&w.mask
	if position >= w.heads[0] {
		return
	}
	e := &w.ring[position&w.mask]
	if e.closed&settled != 0 {
		return
	}
	item := w.Source.At(position)
	if item.Addr.WithZone("") != r.src {
		return
	}
	a := w.agendas.of(&item)
	for i, port := range a.swept {
		if port != r.sport {
			continue
		}
		if (e.open|e.closed)>>i&1 == 0 && r.flags&(tcpRST|tcpSYN) != 0 {
			w.heard(position, r.src, port)
		}
		switch {
		case r.flags&tcpRST != 0:
			e.closed |= 1 << i
		case r.flags&tcpSYN != 0:
			e.open |= 1 << i
		}
	}
	if len(w.heads) == 1 || w.heads[1] <= position {
		w.trip = max(w.trip, w.now-w.time(0, position), 1)
	}
	if e.open|e.closed == 1<<len(a.swept)-1 {
		w.handOn(position, e, false)
	}
}

// heard tells the pacer of an answer, a refusal like any other, and whether it took a second SYN.
func (w *sweep) heard(position uint64, from netip.Addr, port uint16) {
	took, fate := w.now-w.time(0, position), dial.Answered
	if len(w.heads) > 1 && w.heads[1] > position && w.trip > 0 && took > 2*w.trip+passLag/2 {
		fate = dial.Late
	}
	w.gate().Heard(from, dial.LikeSYN(port), time.Duration(took), fate)
}

// refused is when this machine last refused to send a packet; -1: never.
func (w *sweep) refused() int64 {
	for _, x := range w.rawLinks {
		if x.refused == x.known {
			continue
		}
		x.known, x.at = x.refused, w.now
		if w.Tell != nil && w.lines < mostLines {
			w.lines++
			w.Tell(fmt.Sprintf("packets on %s are refused here (%v): what seemed silent is asked by connect", x.link.name, x.why))
		}
	}
	at := int64(-1)
	for _, x := range w.rawLinks {
		if x.known > 0 {
			at = max(at, x.at)
		}
	}
	return at
}

// unheard tells it of the first port of a position that did not answer.
func (w *sweep) unheard(position uint64, e *entry, item *Item, swept []uint16) {
	for i, port := range swept {
		if (e.open|e.closed)>>i&1 == 0 && !w.gate().Excluded(item.Addr, port) {
			w.gate().Heard(item.Addr, dial.LikeSYN(port), time.Duration(w.now-w.time(0, position)), dial.Silence)
			return
		}
	}
}

// answerNear sends the SYNs to a host of this link that has said where it is.
func (w *sweep) answerNear(x *rawLink, n *neighbour, who netip.Addr) {
	item := w.Source.At(n.position)
	rt := w.routes.find(who)
	if rt == nil || item.Addr != who {
		return
	}
	for _, port := range w.agendas.of(&item).swept {
		if w.gate().Excluded(item.Addr, port) {
			continue
		}
		w.gate().Charge(who)
		w.syn(x, n.mac, rt.src, n.position, who, port)
	}
}

// settle ends a position whose last wait is over.
func (w *sweep) settle(position uint64) {
	e := &w.ring[position&w.mask]
	if e.closed&settled != 0 {
		return
	}
	item := w.Source.At(position)
	if len(w.near) > 0 {
		delete(w.near, item.Addr)
	}
	a := w.agendas.of(&item)
	if w.refused() >= w.time(0, position) { // a packet of it may never have left
		w.handOn(position, e, true)
		return
	}
	w.unheard(position, e, &item, a.swept)
	if e.open|e.closed != 0 || w.All || a.unswept || w.Resume != nil {
		w.handOn(position, e, false)
		return
	}
	for _, port := range a.swept {
		if !w.gate().Excluded(item.Addr, port) {
			w.quiet(signet.Silent)
		}
	}
	w.Stats.visited(false)
	w.progress.finish(position)
}

// handOn gives a position to the loop; plain: nothing was found out about it.
func (w *sweep) handOn(position uint64, e *entry, plain bool) {
	w.l.arrived.Add(1)
	w.batch = append(w.batch, arrival{position: position, sent: w.time(0, position), open: e.open, closed: e.closed, plain: plain})
	e.closed |= settled
}
