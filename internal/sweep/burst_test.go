//go:build linux && (amd64 || arm64)

package sweep

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/dial"
)

// list is work of a few addresses, each with the same ports. It keeps what was found.
type list struct {
	addrs    []netip.Addr
	ports    []uint16
	finished func(position uint64) bool // before the sweep; nil: none is
	next     uint64
	found    []Found
}

func (l *list) At(position uint64) Target { return Target{Addr: l.addrs[position], Ports: l.ports} }

func (l *list) Next() (position uint64, ok, over bool) {
	for l.next < uint64(len(l.addrs)) {
		l.next++
		if l.finished == nil || !l.finished(l.next-1) {
			return l.next - 1, true, false
		}
	}
	return 0, false, true
}

func (l *list) Draining() bool          { return false }
func (l *list) Found(_ Target, f Found) { l.found = append(l.found, f) }
func (l *list) Flush()                  {}

// standby is a sweep of 198.51.100.0/24 and some, through a gateway that is known, whose frames stay in their batch.
func standby(ports []uint16, addrs ...string) (*Sweep, *list, *rawLink) {
	work := &list{ports: ports}
	for _, a := range addrs {
		work.addrs = append(work.addrs, netip.MustParseAddr(a))
	}
	eth := &link{index: 1, name: "test0"}
	via := netip.MustParseAddr("192.0.2.254")
	x := &rawLink{link: eth, fd: -1}
	return &Sweep{
		Config: Config{Work: work, Gate: dial.NewGate(dial.Pace{}, time.Now), Size: uint64(len(addrs)), Packets: new(atomic.Uint64)},
		port:   61000, key: [2]uint64{0x1234567, 0x89abcdef12345679}, burstSize: 64,
		routes:   routes{{prefix: netip.MustParsePrefix("198.51.100.0/24"), via: via, link: eth, src: netip.MustParseAddr("192.0.2.1")}},
		rawLinks: []*rawLink{x}, gateways: map[gateway]mac{{1, via}: {2, 0, 0, 0, 0, 1}},
		ring: make([]entry, 256), mask: 255, heads: []uint64{0, 0}, sent: [][]int64{make([]int64, 4), make([]int64, 4)},
	}, work, x
}

// asked lists the SYNs of a raw link's batch.
func (x *rawLink) asked() (list []string) {
	for i := range x.n {
		f := x.out[i][:x.outIO[i].Len]
		list = append(list, fmt.Sprintf("%s:%d", netip.AddrFrom4([4]byte(f[30:34])), int(f[36])<<8|int(f[37])))
	}
	return list
}

// A burst asks a port of every host before the next port of any, and none that has answered or may not be asked.
func TestBurst(t *testing.T) {
	s, _, x := standby([]uint16{445, 80}, "198.51.100.1", "198.51.100.2", "198.51.100.3")
	s.ctx = t.Context()
	s.Gate.Exclude(func(a netip.Addr, port uint16) bool { return port == 80 && a == netip.MustParseAddr("198.51.100.3") })
	for range 3 {
		s.begin()
	}
	s.burst(0, 0, 3)
	if got, want := x.asked(), []string{"198.51.100.1:445", "198.51.100.2:445", "198.51.100.3:445", "198.51.100.1:80", "198.51.100.2:80"}; !slices.Equal(got, want) {
		t.Errorf("first pass %v, want %v", got, want)
	}
	x.n = 0
	s.ring[0].open, s.ring[1].closed = 1, 2 // the first has 445, the second refuses 80
	s.burst(1, 0, 3)
	if got, want := x.asked(), []string{"198.51.100.2:445", "198.51.100.3:445", "198.51.100.1:80"}; !slices.Equal(got, want) {
		t.Errorf("second pass %v, want %v", got, want)
	}
	if n := s.Packets.Load(); n != 8 {
		t.Errorf("%d packets counted", n)
	}
}

// A resumed run whose finished positions are more than the ring holds keeps what is under way.
func TestSweepBehindAGap(t *testing.T) {
	addrs := make([]string, 600)
	for i := range addrs {
		addrs[i] = fmt.Sprintf("198.51.100.%d", i%256)
	}
	s, work, _ := standby([]uint16{445}, addrs...)
	work.finished = func(position uint64) bool { return position >= 1 && position < 550 }
	if !s.begin() || s.heads[0] != 1 {
		t.Fatalf("the first position was not begun: %d", s.heads[0])
	}
	if s.begin() || s.heads[0] != 256 || s.ring[0] != (entry{}) {
		t.Fatalf("the gap ran over what is under way: at %d, %+v", s.heads[0], s.ring[0])
	}
	s.tail = 256 // the first is settled, and so is the gap so far
	if s.begin() || s.heads[0] != 512 {
		t.Fatalf("at %d, want the end of the ring", s.heads[0])
	}
	s.tail = 512
	if !s.begin() || s.heads[0] != 551 || s.ring[550&255] != (entry{}) || s.ring[549&255].closed != settled {
		t.Fatalf("position 550 was not begun: at %d", s.heads[0])
	}
}

// Where this machine refuses to send, silence means nothing.
func TestRefusedFrames(t *testing.T) {
	for _, refused := range []bool{true, false} {
		s, work, x := standby([]uint16{445}, "198.51.100.1")
		s.now = 7
		s.mark(0, 0)
		s.heads = []uint64{1, 1}
		if refused {
			x.sent(append(x.next(), make([]byte, 60)...))
			x.flush() // into no file
		}
		s.settle(0)
		if len(work.found) != 1 || work.found[0] != (Found{Sent: 7, Unswept: refused}) {
			t.Errorf("refused %v: found %+v", refused, work.found)
		}
	}
}

// A neighbour is asked for its link address before it is sent a SYN, and not at all where no port of it may be asked.
func TestNeighbourIsAskedFirst(t *testing.T) {
	s, work, x := standby([]uint16{445, 80}, "198.51.100.1", "198.51.100.2")
	s.ctx = t.Context()
	s.near = map[netip.Addr]*neighbour{}
	s.routes[0].via = netip.Addr{}
	s.Gate.Exclude(func(a netip.Addr, port uint16) bool { return a == work.addrs[1] || port == 80 })
	for s.begin() {
	}
	s.burst(0, 0, 2)
	want := appendWhoHas(nil, mac{}, s.routes[0].src, work.addrs[0])
	if x.n != 1 || string(x.out[0][:x.outIO[0].Len]) != string(want) {
		t.Fatalf("%d frames, the first %x, want %x", x.n, x.out[0][:x.outIO[0].Len], want)
	}
	x.n = 0
	isAt := append([]byte(nil), want...)
	isAt[21] = 2 // a reply
	copy(isAt[22:], []byte{2, 0, 0, 0, 0, 7, 198, 51, 100, 1})
	s.frame(x, isAt)
	s.frame(x, isAt) // again
	if got := x.asked(); !slices.Equal(got, []string{"198.51.100.1:445"}) || [6]byte(x.out[0][:6]) != (mac{2, 0, 0, 0, 0, 7}) {
		t.Errorf("after its answer: %v, to %x", got, x.out[0][:6])
	}
}

// Of a scope that is empty and will grow nobody knows that a sweep is of no use; of one that is empty for good it is none.
func TestUsableForWhatGrows(t *testing.T) {
	for grows, want := range map[bool]string{true: "", false: "there is no route to it"} {
		if s := (&Sweep{Config: Config{Grows: grows}}); s.unusable() != want {
			t.Errorf("grows %v: %q", grows, s.unusable())
		}
	}
}
