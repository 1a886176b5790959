package engine

import (
	"fmt"
	"io"
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// leaving is a sink that keeps what it is told, in order.
type leaving struct {
	puts  map[netip.Addr]int
	left  map[netip.Addr]int // puts at the time
	twice []netip.Addr
	err   error
}

func (l *leaving) Deliver(o *signet.Observation) error { l.puts[o.Addr]++; return nil }

func (l *leaving) Left(a netip.Addr) error {
	if _, ok := l.left[a]; ok {
		l.twice = append(l.twice, a)
	}
	l.left[a] = l.puts[a]
	return l.err
}

// A visit is over once, after the last observation; of dark addresses nothing is said.
func TestSinkIsToldWhenAVisitIsOver(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var addrs []string
		for i := range 40 {
			addrs = append(addrs, fmt.Sprintf("127.9.12.%d", i+1))
			n.serve(addrs[i], 0, says("good"))
		}
		const dark = "127.9.12.99" // excluded: nothing answers there
		addrs = append(addrs, dark)
		r, _ := newRun(items(addrs...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}, {Number: 1}, {Number: 2, WhenAlive: true}}})
		r.gate().SetPace(dial.Pace{})
		r.gate().Exclude(func(a netip.Addr, _ uint16) bool { return a.String() == dark })
		sink := &leaving{puts: map[netip.Addr]int{}, left: map[netip.Addr]int{}}
		r.Sink = sink
		do(t, r, d)
		if len(sink.left) != 40 || len(sink.twice) != 0 {
			t.Errorf("%d addresses left, %v twice", len(sink.left), sink.twice)
		}
		for a, n := range sink.left {
			if n != 3 || sink.puts[a] != 3 {
				t.Errorf("%s was left after %d of %d observations, want 3", a, n, sink.puts[a])
			}
		}
		sink.err = io.ErrShortWrite
		r.Sink = sink
		if err := r.Do(t.Context(), nil); err != io.ErrShortWrite {
			t.Errorf("ended with %v", err)
		}
	})
}

// What was not asked is named, up to a number, and always counted.
func TestUnaskedIsNamed(t *testing.T) {
	r, g := newRun(items(), Plan{Check: lineCheck()})
	r.All = false
	s := &session{Run: r}
	s.named.Store(mostNamed - 1)
	for _, o := range []signet.Observation{
		{Outcome: signet.Silent}, {Outcome: signet.Skipped}, {Outcome: signet.Skipped}, {Outcome: signet.Fault}, {Outcome: signet.Fault, Open: true},
	} {
		s.emit(&o)
	}
	if len(g.list) != 2 || g.list[0].Outcome != signet.Skipped || !g.list[1].Open || r.Stats.Asked.Load() != 5 || r.Stats.Outcomes[signet.Skipped].Load() != 2 {
		t.Errorf("%d named, %d counted", len(g.list), r.Stats.Asked.Load())
	}
}
