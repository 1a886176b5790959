package dial

import (
	"math"
	"net/netip"
	"time"
)

// The gate asks a subnet more slowly when it answers worse than it did before: with silence where there were answers, with
// resets of connections on which exchanges used to be held, or only when a packet is sent again. A closed port is no sign of
// that, since a reset is an answer, and neither are ports that a firewall drops from the beginning.
//
// A silence counts only of a host that has answered everything so far. Hosts with silent ports take longest, so they are the
// last to be asked each port: their silences late in a run are no change.

// Fate is how a connection went, as far as that says something about the network in between.
type Fate uint8

const (
	Silence  Fate = iota // nothing came back
	Answered             // it was made, or the host said that the port is closed
	Late                 // the same, after a packet was sent again
	Held                 // what was made was used to the end of its exchange, whatever was said
	Cut                  // what was made was reset
)

// Like is a kind of connections whose fates may be compared: those to the same port, or with the same exchange on it.
type Like uint32

// LikeNothing is compared with nothing: connections to a host that was silent before.
const LikeNothing Like = 0

// LikePort is the kind of connections to a port.
func LikePort(port uint16) Like { return Like(port) + 1 }

// LikeSYN is the kind of a sweep's SYNs to a port. They go to every address, most of which are dark; connections to the same
// port go to those that answered.
func LikeSYN(port uint16) Like { return LikePort(port) | 1<<30 }

// LikeExchange is the kind of exchanges on a port that a check gives the same note.
func LikeExchange(port uint16, note string) Like {
	h := uint32(2166136261) ^ uint32(port)
	for i := range len(note) {
		h = (h ^ uint32(note[i])) * 16777619
	}
	return Like(h | 1<<31)
}

// A change is believed when what was seen since has, by the history of the subnet, a chance of one in 2^alarm. That sums up
// the surprise of each failure in bits, at most mostBits of them: so eight failures in a row are the fewest that count. The
// history of a kind counts once leastKnown of it were seen.
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

// temper is what is known of how a subnet answers.
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

// span counts the answers to what was begun in a stretch of time. A late answer is compared with others that were begun at
// the same time: at the end of a run only late ones still come.
type span struct {
	number       int64
	prompt, late uint16
}

// stream is how connections of one kind into one subnet used to end. Two that hash to the same slot replace each other: then
// less is known, and nothing is slowed for that.
type stream struct {
	tag   uint32
	seen  uint8 // at most mostKnown
	share float32
}

// halved is how often the rate into the subnet is halved.
func (t *temper) halved() uint8 { return min(t.slower+t.lossy, slowest) }

// Lossy tells whether packets to the subnet of an address get lost because there are so many. A silence may come from that.
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

// Heard tells the gate how a connection to an address went that was begun some time ago.
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
		if begun < s.heard { // one that was begun later was answered: the subnet answers still
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
		if s.cut > 0 { // connections are made, but reset
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

// lose counts an answer that did or did not take a second packet. Where none comes before the second packet, the network is
// far away and not lossy.
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
