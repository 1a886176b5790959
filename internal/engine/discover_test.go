//go:build linux && (amd64 || arm64)

package engine

import (
	"net/netip"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/sweep"
)

// A host that a sweep has seen to is asked where it is open, and only there.
func TestLoopAsksWhatASweepFound(t *testing.T) {
	n := newNetwork(t)
	n.serve("127.9.30.1", 0, says("good"))
	r, g := newRun(items("127.9.30.1"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}, {Number: n.port + 1}, {Number: n.port + 2}}})
	r.driver = func(s *session) {
		l, err := newLoop(s)
		if err != nil {
			t.Fatal(err)
		}
		defer l.close()
		l.sweeping, l.swept = true, true
		l.start = l.start.Add(-time.Minute)
		l.arrivals.Push(sweep.Found{Sent: int64(58 * time.Second), Open: 1, Closed: 2})
		s.progress.begin(1)
		l.run()
	}
	do(t, r, r.driver)
	want := []string{"refused connect: connection refused", "silent connect: no connection in time", "answered open [good]"}
	all := g.of("127.9.30.1")
	if len(all) != 3 {
		t.Fatalf("%d observations", len(all))
	}
	for i, o := range all {
		if got := word(o); got != want[i] {
			t.Errorf("%s: %s, want %s", o.Endpoint, got, want[i])
		}
		if waited := o.Took > time.Second; waited != (o.Outcome == signet.Silent) {
			t.Errorf("%s, %s: took %v, and its SYN had been under way for 2s", o.Endpoint, o.Outcome, o.Took)
		}
	}
	if r.Stats.Dials.Load() != 1 {
		t.Errorf("%d connections", r.Stats.Dials.Load())
	}
}

// A dark address is counted and forgotten, unless there is more to ask of it, or everything is to be reported.
func TestDiscovery(t *testing.T) {
	for name, c := range map[string]struct {
		run   func(*Run)
		rest  bool
		found sweep.Found
		asked bool
	}{
		"dark":        {found: sweep.Found{}},
		"open":        {found: sweep.Found{Open: 1}, asked: true},
		"closed":      {found: sweep.Found{Closed: 2}, asked: true},
		"unswept":     {found: sweep.Found{Unswept: true}, asked: true},
		"more to ask": {rest: true, asked: true},
		"all":         {run: func(r *Run) { r.All = true }, asked: true},
		"resumed":     {run: func(r *Run) { r.Resume = &Resume{} }, asked: true},
	} {
		r, _ := newRun(items("192.0.2.10"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}, {Number: 80}}})
		if r.All = false; c.run != nil {
			c.run(r)
		}
		s := &session{Run: r, ctx: t.Context(), agendas: newAgendas(r)}
		r.gate().Exclude(func(_ netip.Addr, port uint16) bool { return port == 80 })
		r.progress.start(r.Resume)
		d := &discovery{loop: &loop{session: s, bell: -1}}
		if p, ok, _ := d.Next(); p != 0 || !ok {
			t.Fatalf("%s: %d %v", name, p, ok)
		}
		target := d.At(0)
		target.Rest = target.Rest || c.rest
		d.Found(target, c.found)
		d.Flush()
		if asked := d.arrivals.Len() == 1; asked != c.asked || asked != (d.arrived.Load() == 1) {
			t.Errorf("%s: handed on %v", name, asked)
		}
		finished := r.Progress().Low == 1
		if silent := r.Stats.Outcomes[signet.Silent].Load(); finished == c.asked || finished != (silent == 1) || finished != (r.Stats.Addresses.Load() == 1) {
			t.Errorf("%s: finished %v, %d silent", name, finished, silent)
		}
		if _, ok, over := d.Next(); ok || !over {
			t.Errorf("%s: there is a second address", name)
		}
		d.arrived.Store(mostArrivals)
		if _, ok, over := d.Next(); ok || over {
			t.Errorf("%s: a loop that has enough to do is given more", name)
		}
	}
}

// A sweep of a source that grows is over when the source says so, not when all there is was begun.
func TestDiscoveryOfAGrowingSource(t *testing.T) {
	q := newQueued()
	r, _ := newRun(q, Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}}})
	r.progress.start(nil)
	d := &discovery{loop: &loop{session: &session{Run: r, ctx: t.Context(), agendas: newAgendas(r)}, bell: -1}}
	for i, step := range []struct {
		before   func()
		ok, over bool
	}{
		{func() {}, false, false},
		{func() { q.grow("192.0.2.10") }, true, false},
		{func() {}, false, false},
		{func() { q.grow("192.0.2.11") }, true, false},
		{func() { q.grow() }, false, true},
	} {
		step.before()
		if _, ok, over := d.Next(); ok != step.ok || over != step.over {
			t.Errorf("step %d: a position %v, over %v", i, ok, over)
		}
	}
}
