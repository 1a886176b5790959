package dial

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

// estate is how one /24 answers. It imitates what such networks do with a scanner: hosts that reset what is closed
// (RFC 9293 §3.10.7.1), host firewalls that drop it, routers that drop above a rate, and boxes that stop passing, or
// reset, what they take for an attack.
type estate struct {
	name  string
	hosts int
	ports int // 0: ports
	// syn answers one packet; cut says whether an exchange on a connection is reset.
	syn func(n *simulated, host, port int) reply
	cut func(n *simulated, host, port int, note string) bool
}

type reply uint8

const (
	nothing reply = iota
	open
	closed
)

// ports is how many ports each host is asked, one after the other, two at a time.
const ports = 18

func (e *estate) asked() int {
	if e.ports > 0 {
		return e.ports
	}
	return ports
}

// simulated is a run into an estate, on a clock of its own.
type simulated struct {
	estate *estate
	dice   *rand.Rand
	gate   *Gate
	at     time.Duration
	events eventHeap
	order  int

	odd           map[int]bool // hosts that were silent before
	waiting       []func()
	sent          []time.Duration
	found         map[[2]int]bool
	most          uint8 // halvings
	bucket        float64
	filled        time.Duration
	packets, made int
}

type event struct {
	at    time.Duration
	order int
	do    func()
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func (n *simulated) after(d time.Duration, do func()) {
	n.order++
	heap.Push(&n.events, event{n.at + d, n.order, do})
}

// trip is a round trip in the estate.
func (n *simulated) trip() time.Duration {
	return time.Millisecond + time.Duration(n.dice.Int64N(int64(20*time.Millisecond)))
}

func address(host int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(host)}) }

// simulate visits every host of an estate the way the engine does, so many at once.
func simulate(e *estate, seed uint64, atOnce int) *simulated {
	n := &simulated{estate: e, dice: rand.New(rand.NewPCG(seed, 7)), found: map[[2]int]bool{}, odd: map[int]bool{}}
	began := time.Unix(1_000_000, 0)
	n.gate = NewGate(Pace{Rate: 2000}, func() time.Time { return began.Add(n.at) })
	hosts := n.dice.Perm(e.hosts)
	var visit func()
	visit = func() {
		if len(hosts) == 0 {
			return
		}
		host := hosts[0]
		hosts = hosts[1:]
		port, ended := 0, 0
		var next func()
		next = func() {
			if port < e.asked() {
				port++
				n.connect(host, port-1, 0, next)
			} else if ended++; ended == 2 {
				visit()
			}
		}
		next()
		next()
	}
	for range atOnce {
		visit()
	}
	for len(n.events) > 0 {
		ev := heap.Pop(&n.events).(event)
		n.at = ev.at
		ev.do()
		n.most = max(n.most, n.gate.subnet(address(1)).halved())
	}
	return n
}

// connect is one connection: its place, its packets, what they bring, and what is told of it.
func (n *simulated) connect(host, port, try int, done func()) {
	n.waiting = append(n.waiting, func() { n.begin(host, port, try, done) })
	if len(n.waiting) == 1 {
		n.admit()
	}
}

// admit begins what waits for its place, in its order.
func (n *simulated) admit() {
	for len(n.waiting) > 0 {
		if wait, _ := n.gate.Try(address(1)); wait > 0 {
			n.after(wait, n.admit)
			return
		}
		next := n.waiting[0]
		n.waiting = n.waiting[1:]
		next()
	}
}

// begin is a connection that has its place.
func (n *simulated) begin(host, port, try int, done func()) {
	to, begun := address(host), n.at
	heard := func(fate Fate) { n.heard(host, LikePort(uint16(port)), n.at-begun, fate) }
	answer := func(r reply, again bool) {
		fate := Answered
		if again || try > 0 {
			fate = Late
		}
		heard(fate)
		if r == open {
			n.found[[2]int{host, port}] = true
			n.made++
			n.exchange(host, port, []string{"first", "second"}, done)
			return
		}
		done()
	}
	if r := n.packet(host, port); r != nothing {
		n.after(n.trip(), func() { answer(r, false) })
		return
	}
	n.after(SYNRetransmit+n.trip(), func() {
		n.gate.Charge(to)
		if r := n.packet(host, port); r != nothing {
			n.after(n.trip(), func() { answer(r, true) })
			return
		}
		n.after(SYNRetransmit, func() {
			if try == 0 {
				heard(Silence)
			}
			if try < LossyTries && n.gate.Lossy(to) {
				n.connect(host, port, try+1, done)
				return
			}
			done()
		})
	})
}

// exchange holds the exchanges of an open port, each on a connection of its own but for the first.
func (n *simulated) exchange(host, port int, notes []string, done func()) {
	if len(notes) == 0 {
		done()
		return
	}
	n.after(n.trip(), func() {
		fate := Held
		if n.estate.cut != nil && n.estate.cut(n, host, port, notes[0]) {
			fate = Cut
		}
		n.heard(host, LikeExchange(uint16(port), notes[0]), 0, fate)
		n.exchange(host, port, notes[1:], done)
	})
}

// heard tells the pacer what became of a connection.
func (n *simulated) heard(host int, like Like, ago time.Duration, fate Fate) {
	if n.odd[host] && fate != Cut && fate != Held {
		like = LikeNothing
	}
	n.gate.Heard(address(host), like, ago, fate)
	n.odd[host] = n.odd[host] || fate == Silence
}

func (n *simulated) packet(host, port int) reply {
	n.sent = append(n.sent, n.at)
	n.packets++
	return n.estate.syn(n, host, port)
}

// between counts the packets of a time.
func (n *simulated) between(from, to time.Duration) (count int) {
	for _, at := range n.sent {
		if at >= from && at < to {
			count++
		}
	}
	return count
}

// within is a token bucket of a rate; false: the packet is too many.
func (n *simulated) within(rate float64) bool {
	n.bucket = min(rate/10, n.bucket+(n.at-n.filled).Seconds()*rate)
	n.filled = n.at
	if n.bucket < 1 {
		return false
	}
	n.bucket--
	return true
}

// live hosts have two ports open and reset the others.
func live(host, port int) reply {
	if port == 0 || port == 5 {
		return open
	}
	return closed
}

// chance is a property of a host or port that is the same whenever it is asked for.
func chance(percent uint32, of ...int) bool {
	h := uint32(17)
	for _, v := range of {
		h = (h ^ uint32(v)) * 2654435761
		h ^= h >> 15
	}
	return h%100 < percent
}

func secondIsCut(_ *simulated, _, _ int, note string) bool { return note == "second" }

// idle is what the last hosts of a dark estate take when nobody else is left, and everybody where few are asked at once.
func idle(atOnce int) time.Duration { return time.Duration(1+256/atOnce) * ports * SYNRetransmit }

// An estate as it stands is asked at the whole rate to its end, whatever it has closed, filtered or switched off, and
// nobody in it is missed.
func TestEstatesAreNotSlowed(t *testing.T) {
	for _, e := range []estate{
		{name: "dense", hosts: 254, syn: func(_ *simulated, h, p int) reply { return live(h, p) }},
		{name: "dense, SMB 1 switched off", hosts: 254, syn: func(_ *simulated, h, p int) reply { return live(h, p) }, cut: secondIsCut},
		{name: "half", hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if chance(50, h) {
				return live(h, p)
			}
			return nothing
		}},
		{name: "sparse", hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if chance(5, h) {
				return live(h, p)
			}
			return nothing
		}},
		{name: "firewalled, with RST", hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if p == 0 {
				return open
			}
			return closed
		}},
		{name: "firewalled, silent", hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if p == 0 {
				return open
			}
			return nothing
		}},
		{name: "firewalled, silent, on half of the hosts", hosts: 254, cut: secondIsCut, syn: func(_ *simulated, h, p int) reply {
			if chance(50, h) || p == 0 || p == 5 {
				return live(h, p)
			}
			return nothing
		}},
		{name: "mostly answering", hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if chance(90, h) {
				return live(h, p)
			}
			return nothing
		}},
		{name: "one port, mostly answering", ports: 1, hosts: 254, syn: func(_ *simulated, h, p int) reply {
			if chance(90, h) {
				return open
			}
			return nothing
		}},
		{name: "one packet of fifty lost", hosts: 254, syn: func(n *simulated, h, p int) reply {
			if n.dice.IntN(50) == 0 {
				return nothing
			}
			return live(h, p)
		}},
	} {
		t.Run(e.name, func(t *testing.T) {
			for seed := range uint64(24) {
				atOnce := 256
				if seed%2 > 0 {
					atOnce = 128 // as where other subnets are asked at the same time
				}
				n := simulate(&e, seed, atOnce)
				if n.most != 0 {
					t.Fatalf("seed %d: asked %d times slower", seed, 1<<n.most)
				}
				if full := time.Duration(n.packets) * time.Second / subnetRate; n.at > full+full/20+idle(atOnce) {
					t.Fatalf("seed %d: %d packets took %v", seed, n.packets, n.at)
				}
				if e.name == "one packet of fifty lost" {
					continue
				}
				for h := range e.hosts {
					for p := range e.asked() {
						if (e.syn(n, h, p) == open) != n.found[[2]int{h, p}] {
							t.Fatalf("seed %d: host %d port %d: found is %v", seed, h, p, n.found[[2]int{h, p}])
						}
					}
				}
			}
		})
	}
}

// A network that drops what is above a rate is asked below it soon, and who fell silent meanwhile is asked again.
func TestRateLimitedEstates(t *testing.T) {
	for _, limit := range []float64{50, 80, 120} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			e := estate{hosts: 254, syn: func(n *simulated, h, p int) reply {
				if !n.within(limit) {
					return nothing
				}
				return live(h, p)
			}}
			lost := 0
			for seed := range uint64(8) {
				n := simulate(&e, seed, 256)
				lost += 2*e.hosts - len(n.found)
				if got := n.between(n.at/2, n.at); float64(got) > 1.25*limit*(n.at/2).Seconds() {
					t.Errorf("seed %d: %d packets in the last %v of %v", seed, got, n.at/2, n.at)
				}
			}
			if share := float64(lost) / float64(8*2*e.hosts); share > 0.005 {
				t.Errorf("%.2f %% of what is open was lost", 100*share)
			}
		})
	}
}

// A stall of a second, as of a machine that had no processor for its answers, is over when it is over.
func TestStall(t *testing.T) {
	e := estate{hosts: 254, syn: func(n *simulated, h, p int) reply {
		if n.at > 3*time.Second && n.at < 3800*time.Millisecond {
			return nothing
		}
		return live(h, p)
	}}
	for seed := range uint64(8) {
		n := simulate(&e, seed, 256)
		if full := time.Duration(n.packets) * time.Second / subnetRate; n.at > full+full/6 || len(n.found) != 2*e.hosts {
			t.Errorf("seed %d: %d packets took %v, at most 2^%d times slower; %d of %d found", seed, n.packets, n.at, n.most, len(n.found), 2*e.hosts)
		}
	}
}

// A box that takes us for an attack and lets nothing pass for a minute, or resets whatever is made, is left alone
// meanwhile; when that is over the estate is asked at the whole rate again.
func TestShunned(t *testing.T) {
	const from, until = 5 * time.Second, 65 * time.Second
	shunned := func(n *simulated) bool { return n.at >= from && n.at < until }
	for _, e := range []estate{
		{name: "silence", hosts: 254, syn: func(n *simulated, h, p int) reply {
			if shunned(n) {
				return nothing
			}
			return live(h, p)
		}},
		{name: "resets", hosts: 254, syn: func(*simulated, int, int) reply { return open }, cut: func(n *simulated, _, _ int, note string) bool {
			return shunned(n) || note == "second"
		}},
	} {
		t.Run(e.name, func(t *testing.T) {
			for seed := range uint64(8) {
				n := simulate(&e, seed, 128)
				if got := n.between(from+15*time.Second, from+45*time.Second); got > subnetRate*30/4 {
					t.Errorf("seed %d: %d packets while nothing passed, at most 2^%d times slower", seed, got, n.most)
				}
				if h := n.gate.subnet(address(1)).halved(); h > 1 {
					t.Errorf("seed %d: asked %d times slower at the end", seed, 1<<h)
				}
			}
		})
	}
}

// What a network far away takes for its answers is no loss: no first packet was ever in time.
func TestFarAway(t *testing.T) {
	began := time.Unix(1_000_000, 0)
	now := began
	g := NewGate(Pace{Rate: 1000}, func() time.Time { return now })
	now = began.Add(10 * time.Second)
	for range 1000 {
		g.Heard(spread(1), LikePort(445), 1200*time.Millisecond, Late)
	}
	if h := g.subnet(spread(1)).halved(); h != 0 {
		t.Errorf("asked %d times slower", 1<<h)
	}
}

// A refusal is heard as the answer that it is, by whoever connects.
func TestRefusalIsAnAnswer(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	d := &Dialer{Limits: Defaults(), Gate: NewGate(Pace{Rate: 1000}, time.Now)}
	if _, err := d.Dial(t.Context(), "tcp", to, nil); !IsRefused(err) {
		t.Fatalf("a closed port: %v", err)
	}
	if s := d.Gate.subnet(to.Addr()); s.heard == 0 || s.calm != 1 {
		t.Errorf("heard at %d, %d answers", s.heard, s.calm)
	}
}

// A sparse subnet that is swept and whose few hosts are then connected to again and again is not slowed by its dark addresses:
// they are no change, though the connections all succeeded. SYNs that were compared with connections were taken for one.
func TestSweptAndConnected(t *testing.T) {
	now := time.Unix(0, 0)
	g := NewGate(Pace{Rate: 2000}, func() time.Time { return now })
	for i := range 6 {
		to := netip.AddrFrom4([4]byte{10, 0, 0, byte(10 + i)})
		g.Heard(to, LikeSYN(445), time.Millisecond, Answered)
		for range 6 {
			g.Heard(to, LikePort(445), time.Millisecond, Answered)
		}
	}
	for i := range 250 { // a dark address is known for one when its answer is overdue
		now = now.Add(5 * time.Millisecond)
		g.Heard(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), LikeSYN(445), 0, Silence)
		if g.Slowed(netip.MustParseAddr("10.0.0.1")) {
			t.Fatalf("slowed after %d dark addresses", i+1)
		}
	}
}
