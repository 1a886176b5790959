package dial

import (
	"math"
	"net/netip"
	"time"
)

// Back-off is for a subnet that has changed against its own history: silence where there were answers, connections
// that are made and then reset where exchanges used to be held, answers that come only when a packet is sent again. A
// closed port is none of these: a reset to a SYN is an answer, and so is the one open port among eighteen that a
// firewall keeps silent.
//
// Only a host that has answered all that it was asked so far tells anything by a silence: hosts with silent ports take
// longest, and are the last ones to be asked each port, so that what they do late in a run is no change.

// Fate is what became of a connection, as far as it tells of the network that it went through.
type Fate uint8

const (
	Silence  Fate = iota // nothing came back
	Answered             // it was made, or the host said that the port is closed
	Late                 // the same, but a packet had to be sent again for it
	Held                 // what was made was used to the end of its exchange, whatever was said
	Cut                  // what was made was reset
)

// Like tells apart what may be compared: connections to the same port, or on them the same exchange. LikeNothing is of
// a host that was silent before.
type Like uint32

// LikeNothing may be compared with nothing.
const LikeNothing Like = 0

// LikePort is what connections to a port are like.
func LikePort(port uint16) Like { return Like(port) + 1 }

// LikeSYN is what the SYNs of a sweep to a port are like: one for each address, most of them dark, where connections to the
// same port are made to those that answered, and several to each.
func LikeSYN(port uint16) Like { return LikePort(port) | 1<<30 }

// LikeExchange is what exchanges of a kind on a port are like.
func LikeExchange(port uint16, note string) Like {
	h := uint32(2166136261) ^ uint32(port)
	for i := range len(note) {
		h = (h ^ uint32(note[i])) * 16777619
	}
	return Like(h | 1<<31)
}

// How sure a gate has to be, in bits: a change is believed when what was seen since has a chance of one in 2^alarm
// by the subnet's history, for which a stream must have been seen so often. What never fails is taken to fail one
// time in eight, so that eight failures in a row are the fewest that count.
const (
	alarm        = 24
	leastKnown   = 32
	mostKnown    = 128
	mostBits     = 3
	lasting      = 1. / 1024 // what is left of a sum when it was believed: the change has not passed
	slowest      = 6         // 200/s >> 6 is three a second
	calmAfter    = 8         // answers in a row that take back one halving
	lossySlow    = 3         // losses alone halve no further than that: 25/s
	lossyShare   = 1. / 8
	leastLossy   = 48 // answers before a share of late ones is believed, and
	leastLate    = 8  // of those late ones
	spanLength   = int64(2 * time.Second)
	steadyAfter  = 128 // answers that take back one halving for losses, twice as many for each halving so far:
	mostRelapses = 4   // a stall passes, a limit does not
	lateCosts    = 64  // of these for each that was late
	streamBits   = 14
	streamSlots  = 1 << streamBits
)

// temper is how a subnet takes being asked.
type temper struct {
	heard   int64   // when the latest connection was begun that was answered
	silence float32 // bits of surprise since then
	cut     float32 // and by exchanges that were cut since the last that was held
	slower  uint8   // the rate is halved so many times
	calm    uint8   // answers since the last surprise

	lossy    uint8   // halved for losses
	relapses uint8   // how often it was
	steady   int16   // towards taking lossy back
	judged   int64   // when it was last halved for them: what was begun before is no evidence
	spans    [2]span // of begun connections, this one and the last
}

// span counts how what was begun in a stretch of time was answered. A late answer is held against those begun with it:
// when a run ends, late ones are all that still comes.
type span struct {
	number       int64
	prompt, late uint16
}

// stream is how connections of one kind into one subnet used to end. Two kinds that meet in the table forget each
// other: then less is known, and nothing is slowed for it.
type stream struct {
	tag   uint32
	seen  uint8 // at most mostKnown
	share float32
}

// halved is how often the rate into the subnet is halved.
func (t *temper) halved() uint8 { return min(t.slower+t.lossy, slowest) }

// Lossy tells whether packets to the subnet of an address get lost for their number. A silence there may be ours.
func (g *Gate) Lossy(to netip.Addr) bool {
	if !g.Paced() {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.subnet(to).lossy > 0
}

// Slowed tells whether the subnet of an address is asked more slowly than others.
func (g *Gate) Slowed(to netip.Addr) bool {
	if !g.Paced() {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.subnet(to).halved() > 0
}

// Heard tells how a connection to an address went that was begun some time ago.
func (g *Gate) Heard(to netip.Addr, like Like, ago time.Duration, fate Fate) {
	if !g.Paced() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	begun := g.since() - int64(ago)
	s := &g.subnet(to).temper
	bits := g.surprise(to, like, fate != Silence && fate != Cut)
	switch fate {
	case Silence:
		if begun < s.heard { // a later one was answered: this one is dark by itself
			return
		}
		s.doubt(&s.silence, bits)
	case Cut:
		s.doubt(&s.cut, bits)
	case Held:
		s.cut = 0
	case Answered, Late:
		s.silence = 0
		s.heard = max(s.heard, begun)
		if s.cut > 0 { // what is made is reset
			s.calm = 0
		} else if s.calm++; s.calm >= calmAfter {
			s.calm = 0
			s.slower = max(s.slower, 1) - 1
		}
		s.lose(begun, g.since(), fate == Late)
	}
}

// doubt adds to a sum of surprise, and slows the subnet where it is enough.
func (t *temper) doubt(sum *float32, bits float32) {
	if bits == 0 {
		return
	}
	t.calm = 0
	if *sum += bits; *sum >= alarm {
		*sum = lasting
		t.slower = min(t.slower+1, slowest)
	}
}

// lose counts an answer that did or did not take a second packet. Where no first packet was answered in time, the
// network is far away and not lossy.
func (t *temper) lose(begun, now int64, late bool) {
	if t.steady++; t.steady >= steadyAfter<<min(t.relapses, mostRelapses) {
		t.steady = 0
		t.lossy = max(t.lossy, 1) - 1
	}
	number := begun / spanLength
	s := &t.spans[number&1]
	if s.number < number {
		*s = span{number: number}
	}
	if begun < t.judged || s.number > number {
		return
	}
	if !late {
		s.prompt = min(s.prompt, math.MaxUint16-1) + 1
		return
	}
	s.late = min(s.late, math.MaxUint16-1) + 1
	t.steady = max(0, t.steady-lateCosts)
	all := float64(s.prompt) + float64(s.late)
	if s.prompt == 0 || s.late < leastLate || all < leastLossy || float64(s.late) < all*lossyShare {
		return
	}
	if t.lossy = min(t.lossy+1, lossySlow); t.relapses < math.MaxUint8 {
		t.relapses++
	}
	t.judged, t.steady, t.spans = now, 0, [2]span{}
}

// surprise learns how a connection of a kind ended, and says in bits how little a failure was to be expected: 0 for
// success, and where too little is known.
func (g *Gate) surprise(to netip.Addr, like Like, good bool) float32 {
	h := (subnetOf(to)*0xff51afd7ed558ccd ^ uint64(like)) * 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	st := &g.streams[h>>(64-streamBits)]
	if like == LikeNothing {
		return 0
	}
	tag := uint32(h)
	if st.tag != tag {
		*st = stream{tag: tag}
	}
	known, share := st.seen >= leastKnown, st.share
	value := float32(0)
	if good {
		value = 1
	}
	st.seen = min(st.seen+1, mostKnown)
	st.share += (value - share) / float32(st.seen)
	if good || !known {
		return 0
	}
	return max(0, min(mostBits, float32(-math.Log2(float64(1-share)))))
}
