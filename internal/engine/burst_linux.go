//go:build amd64 || arm64

package engine

import (
	"net/netip"
	"time"
)

// aim is where the SYNs of a position go.
type aim struct {
	item     Item
	position uint64
	ports    []uint16
	x        *rawLink
	to       mac
	src      netip.Addr
}

// A burst is as many positions as a port of each takes this long, within bounds.
const (
	burstTime  = 10 * time.Millisecond
	leastBurst = 64
	mostBurst  = 1024
)

// burst sends the SYNs of a pass to positions in a row that are still unanswered: a port of each, then the next
// port of each. All ports of a host at once would be rude to it, and would use up the places of its subnet while
// everybody else waits.
func (w *sweep) burst(pass int, from, to uint64) {
	w.aims = w.aims[:0]
	for position := from; position < to; position++ {
		w.mark(pass, position)
		w.aim(pass, position)
	}
	for i, more := 0, len(w.aims) > 0; more; i++ {
		more = false
		for j := range w.aims {
			t := &w.aims[j]
			if i >= len(t.ports) {
				continue
			}
			more = true
			e := &w.ring[t.position&w.mask]
			if e.closed&settled != 0 || (e.open|e.closed)>>i&1 != 0 || w.gate().Excluded(t.item.Addr, t.ports[i]) {
				continue
			}
			if w.gate().Slowed(t.item.Addr) { // the loop asks it: it lets nobody else wait
				w.handOn(t.position, e, true)
				continue
			}
			w.paced(t.item.Addr)
			w.syn(t.x, t.to, t.src, t.position, t.item.Addr, t.ports[i])
		}
	}
	w.now = int64(time.Since(w.l.start))
	for position := from; position < to; position++ {
		w.mark(pass, position)
	}
}

// aim prepares the SYNs of a position. One that cannot be swept is handed on; one whose link address is not known is
// asked for that first, and sent its SYNs by answerNear.
func (w *sweep) aim(pass int, position uint64) {
	e := &w.ring[position&w.mask]
	if e.closed&settled != 0 {
		return
	}
	t := aim{item: w.Source.At(position), position: position}
	a := w.agendas.of(&t.item)
	t.ports = a.swept
	if len(t.ports) == 0 {
		w.handOn(position, e, true)
		return
	}
	var ready bool
	t.x, t.to, t.src, ready = w.nextHop(&t.item, position, pass)
	switch {
	case t.x == nil:
		w.handOn(position, e, true)
	case ready:
		w.aims = append(w.aims, t)
	case !w.excludedWhole(&t.item, a):
		w.paced(t.item.Addr)
		t.x.sent(appendWhoHas(t.x.next(), t.x.link.mac, t.src, t.item.Addr))
		w.Stats.SYNs.Add(1)
	}
}

func (w *sweep) excludedWhole(item *Item, a *agenda) bool {
	for _, port := range a.swept {
		if !w.gate().Excluded(item.Addr, port) {
			return false
		}
	}
	return true
}

// syn sends a SYN whose sequence number says which position it belongs to.
func (w *sweep) syn(x *rawLink, to mac, src netip.Addr, position uint64, addr netip.Addr, port uint16) {
	seq := w.hash(addr, port) ^ uint32(position&w.mask)<<(32-ringBits)
	x.sent(appendSYN(x.next(), to, x.link.mac, src, addr.WithZone(""), w.port, port, seq))
	w.Stats.SYNs.Add(1)
}
