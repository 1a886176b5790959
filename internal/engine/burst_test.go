//go:build linux && (amd64 || arm64)

package engine

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// standby is a sweep of 198.51.100.0/24 and some, through a gateway that is known, whose frames stay in their batch.
func standby(t *testing.T, r *Run) (*sweep, *rawLink) {
	ctx, cancel := context.WithCancelCause(t.Context())
	s := &session{Run: r, ctx: ctx, cancel: cancel, agendas: newAgendas(r)}
	way := &link{index: 1, name: "test0"}
	via := netip.MustParseAddr("192.0.2.254")
	x := &rawLink{link: way, fd: -1}
	return &sweep{
		session: s, l: &loop{session: s, bell: -1, start: time.Now()}, port: 61000, key: [2]uint64{1, 3}, burstSize: 64,
		routes:   routes{{prefix: netip.MustParsePrefix("198.51.100.0/24"), via: via, link: way, src: netip.MustParseAddr("192.0.2.1")}},
		rawLinks: []*rawLink{x}, gateways: map[gateway]mac{{1, via}: {2, 0, 0, 0, 0, 1}},
		ring: make([]entry, 256), mask: 255, heads: []uint64{0, 0}, sent: [][]int64{make([]int64, 4), make([]int64, 4)},
	}, x
}

// asked lists the SYNs of a raw link's batch.
func (w *rawLink) asked() (list []string) {
	for i := range w.n {
		f := w.out[i][:w.outIO[i].Len]
		list = append(list, fmt.Sprintf("%s:%d", netip.AddrFrom4([4]byte(f[30:34])), int(f[36])<<8|int(f[37])))
	}
	return list
}

// A burst asks a port of every host before the next port of any, and none that has answered or may not be asked.
func TestBurst(t *testing.T) {
	r, _ := newRun(items("198.51.100.1", "198.51.100.2", "198.51.100.3"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}, {Number: 80}}})
	r.gate().Exclude(func(a netip.Addr, port uint16) bool { return port == 80 && a == netip.MustParseAddr("198.51.100.3") })
	r.gate().SetPace(dial.Pace{})
	w, x := standby(t, r)
	for range 3 {
		w.begin(3)
	}
	w.burst(0, 0, 3)
	if got, want := x.asked(), []string{"198.51.100.1:445", "198.51.100.2:445", "198.51.100.3:445", "198.51.100.1:80", "198.51.100.2:80"}; !slices.Equal(got, want) {
		t.Errorf("first pass %v, want %v", got, want)
	}
	x.n = 0
	w.ring[0].open, w.ring[1].closed = 1, 2 // the first has 445, the second refuses 80
	w.burst(1, 0, 3)
	if got, want := x.asked(), []string{"198.51.100.2:445", "198.51.100.3:445", "198.51.100.1:80"}; !slices.Equal(got, want) {
		t.Errorf("second pass %v, want %v", got, want)
	}
}

// A resumed run whose finished positions are more than the ring holds keeps what is under way.
func TestSweepBehindAGap(t *testing.T) {
	addrs := make([]string, 600)
	for i := range addrs {
		addrs[i] = fmt.Sprintf("198.51.100.%d", i%256)
	}
	r, _ := newRun(items(addrs...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}}})
	w, _ := standby(t, r)
	finished := make([]uint64, 9)
	for i := 1; i < 550; i++ {
		finished[i/64] |= 1 << (i % 64)
	}
	w.progress.start(&Resume{Finished: finished})
	if !w.begin(600) || w.heads[0] != 1 {
		t.Fatalf("the first position was not begun: %d", w.heads[0])
	}
	if w.begin(600) || w.heads[0] != 256 || w.ring[0] != (entry{}) {
		t.Fatalf("the gap ran over what is under way: at %d, %+v", w.heads[0], w.ring[0])
	}
	w.tail = 256 // the first is settled, and so is the gap so far
	if w.begin(600) || w.heads[0] != 512 {
		t.Fatalf("at %d, want the end of the ring", w.heads[0])
	}
	w.tail = 512
	if !w.begin(600) || w.heads[0] != 551 || w.ring[550&255] != (entry{}) || w.ring[549&255].closed != settled {
		t.Fatalf("position 550 was not begun: at %d", w.heads[0])
	}
}

// Where this machine refuses to send, silence means nothing: the address is asked by connecting.
func TestRefusedFrames(t *testing.T) {
	for _, refused := range []bool{true, false} {
		r, _ := newRun(items("198.51.100.1"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}}})
		r.All = false
		w, x := standby(t, r)
		w.now = 7
		w.mark(0, 0)
		w.heads = []uint64{1, 1}
		if refused {
			x.sent(append(x.next(), make([]byte, 60)...))
			x.flush() // into no file
		}
		w.settle(0)
		if plain := len(w.batch) == 1 && w.batch[0].plain; plain != refused {
			t.Errorf("refused %v: handed on %v", refused, w.batch)
		}
		if silent := r.Stats.Outcomes[signet.Silent].Load(); (silent == 1) == refused {
			t.Errorf("refused %v: %d silent", refused, silent)
		}
	}
}

// Few files make few sockets, and never none.
func TestRoom(t *testing.T) {
	for _, c := range []struct{ limit, open, want int }{
		{12, 12, 2}, {12, 20, 2}, {16, 10, 2}, {24, 10, 10}, {64, 10, 41}, {256, 10, 185}, {1024, 10, 886}, {1 << 17, 10, 1<<17 - 138},
	} {
		if got := socketsWithin(c.limit, c.open); got != c.want {
			t.Errorf("%d of %d open: %d sockets, want %d", c.open, c.limit, got, c.want)
		}
	}
	var w window
	for _, open := range []int{0, 1, 5} {
		w = newWindow(64, 64)
		if w.short(open); w.size != max(1, open) {
			t.Errorf("%d open: a window of %d", open, w.size)
		}
	}
}
