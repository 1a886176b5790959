package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
)

func TestStopAndGoOn(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.slow = 10 * time.Millisecond
		var addrs []string
		for i := range 40 {
			addr := fmt.Sprintf("127.9.8.%d", i+1)
			n.serve(addr, 0, says("good"))
			addrs = append(addrs, addr)
		}
		plan := Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}}
		r, g := newRun(items(addrs...), plan)
		r.InFlight = 4
		r.driver = d
		drain := make(chan struct{})
		time.AfterFunc(60*time.Millisecond, func() { close(drain) })
		if err := r.Do(context.Background(), drain); err != nil {
			t.Fatal(err)
		}
		reached := r.Progress()
		if len(g.list) == 0 || len(g.list) == 40 {
			t.Fatalf("drained after %d", len(g.list))
		}
		r2, g2 := newRun(items(addrs...), plan)
		r2.Resume = &reached
		do(t, r2, d)
		seen := map[string]int{}
		for _, o := range append(g.list, g2.list...) {
			seen[o.Addr.String()]++
		}
		for _, a := range addrs {
			if seen[a] != 1 {
				t.Errorf("%s was asked %d times", a, seen[a])
			}
		}
	})
}

func TestInterruption(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.serve("127.9.10.1", 0, says("good"))
		n.serve("127.9.10.2", 0, func(c net.Conn) { io.Copy(io.Discard, c) })
		r, g := newRun(items("127.9.10.1", "127.9.10.2"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.Dialer.Limits.Exchange = time.Minute
		r.driver = d
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(200*time.Millisecond, cancel)
		start := time.Now()
		if err := r.Do(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v to stop", took)
		}
		if len(g.list) != 1 || g.list[0].Outcome != signet.Answered {
			t.Errorf("%d observations", len(g.list))
		}
		if p := r.Progress(); p.Low != 1 || len(p.Finished) != 0 {
			t.Errorf("the run stands at %+v", p)
		}
	})
}

type failing struct{ after int }

func (f *failing) Deliver(*signet.Observation) error {
	if f.after--; f.after < 0 {
		return io.ErrShortWrite
	}
	return nil
}

func TestSinkFails(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var addrs []string
		for i := range 20 {
			addrs = append(addrs, fmt.Sprintf("127.9.11.%d", i+1))
			n.serve(addrs[i], 0, says("good"))
		}
		r, _ := newRun(items(addrs...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.Sink = &failing{after: 3}
		r.driver = d
		if err := r.Do(context.Background(), nil); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestKnownEndpointsAreNotAskedAgain(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.serve("127.9.12.1", 0, says("good"))
		n.serve("127.9.12.2", 0, says("good"))
		r, g := newRun(items("127.9.12.1", "127.9.12.2"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.Resume = &Resume{Answered: func(check string, port uint16, t signet.Target) (signet.Outcome, bool) {
			return signet.Answered, check == "line" && port == n.port && t.Addr.String() == "127.9.12.1"
		}}
		do(t, r, d)
		if len(g.list) != 1 || g.list[0].Addr.String() != "127.9.12.2" || r.Stats.Alive.Load() != 2 {
			t.Errorf("%d observations, %d alive", len(g.list), r.Stats.Alive.Load())
		}
	})
}
