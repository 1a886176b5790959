package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

func do(t *testing.T, r *Run, d driver) {
	t.Helper()
	r.driver = d
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := r.Do(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

// Whatever a peer does, each driver says the same of it.
func TestEveryPeer(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		peers := []struct {
			addr string
			how  func(net.Conn)
			want string
		}{
			{"127.9.1.1", says("good"), "answered open [good]"},
			{"127.9.1.2", nil, "refused connect: connection refused"},
			{"127.9.1.3", func(c net.Conn) { hears(c) }, "broken open hello: the peer closed the connection"},
			{"127.9.1.4", func(c net.Conn) { io.Copy(io.Discard, c) }, "silent open hello: no answer in time"},
			{"127.9.1.5", func(c net.Conn) {
				hears(c)
				for _, b := range []byte("bits\n") {
					time.Sleep(5 * time.Millisecond)
					c.Write([]byte{b})
				}
				io.Copy(io.Discard, c)
			}, "answered open [bits]"},
			{"127.9.1.6", func(c net.Conn) { hears(c); io.WriteString(c, "SSH-2.0-x"); io.Copy(io.Discard, c) }, "foreign open hello: the peer speaks SSH"},
			{"127.9.1.7", says("twice", "done"), "answered open [twice,done]"},
			{"127.9.1.8", func(c net.Conn) {
				hears(c)
				io.WriteString(c, "secure\n")
				s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{n.cert}})
				says("secret")(s)
			}, "answered open [secure,secret]"},
			{"127.9.1.9", func(c net.Conn) { hears(c); c.(*net.TCPConn).SetLinger(0); c.Close() }, "broken open hello: the peer reset the connection"},
			{"127.9.1.10", says("panic"), "fault open hello: a defect of Signet: the stand-in was told to"},
			{"127.9.1.11", func(c net.Conn) { // more than anybody may send
				hears(c)
				b := make([]byte, 1000)
				for {
					if _, err := c.Write(b); err != nil {
						return
					}
				}
			}, "broken open hello: more bytes than an endpoint may send"},
			{"127.9.1.12", says("nonsense"), "broken open hello: nonsense"},
			{"127.9.1.13", func(c net.Conn) { io.WriteString(c, "before being asked\n"); io.Copy(io.Discard, c) }, "answered open [before being asked]"},
			{"127.9.1.14", func(c net.Conn) { hears(c); io.WriteString(c, "last words\n") }, "answered open [last words]"},
			{"127.9.1.15", func(c net.Conn) { hears(c); io.WriteString(c, "half"); io.Copy(io.Discard, c) }, "broken open hello: no answer in time"},
		}
		var addrs []string
		for _, p := range peers {
			addrs = append(addrs, p.addr)
			if p.how != nil {
				n.serve(p.addr, 0, p.how)
			}
		}
		var again atomic.Int32
		n.serve("127.9.1.20", 0, func(c net.Conn) {
			hears(c)
			if again.Add(1) < 3 {
				io.WriteString(c, "again\n")
			} else {
				io.WriteString(c, "enough\n")
			}
			io.Copy(io.Discard, c)
		})
		n.full("127.9.1.21")
		r, g := newRun(items(append(addrs, "127.9.1.20", "127.9.1.21")...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.Dialer.Limits.Retries = 1
		do(t, r, d)
		for _, p := range append(peers, struct {
			addr string
			how  func(net.Conn)
			want string
		}{"127.9.1.20", nil, "answered open [again,again,enough]"}, struct {
			addr string
			how  func(net.Conn)
			want string
		}{"127.9.1.21", nil, "silent connect: no connection in time"}) {
			all := g.of(p.addr)
			if len(all) != 1 {
				t.Errorf("%s: %d observations", p.addr, len(all))
				continue
			}
			if got := word(all[0]); !strings.HasPrefix(got, p.want) {
				t.Errorf("%s: %s, want %s", p.addr, got, p.want)
			}
		}
		if got, want := r.Stats.Addresses.Load(), uint64(len(peers)+2); got != want {
			t.Errorf("%d addresses, want %d", got, want)
		}
		if got := r.Stats.Alive.Load(); got != uint64(len(peers)+1) {
			t.Errorf("%d alive", got)
		}
		if p := r.Progress(); p.Low != uint64(len(peers)+2) || len(p.Finished) != 0 {
			t.Errorf("the run stands at %+v", p)
		}
		if one := g.of("127.9.1.7")[0]; len(one.Trace) != 2 || string(one.Trace[1].Sent) != "and\n" || string(one.Trace[1].Received) != "done\n" || one.Trace[0].Note != "hello" {
			t.Errorf("transcript %+v", one.Trace)
		}
	})
}

// A silent endpoint is asked once more, an answering one is not.
func TestSilenceIsAskedTwice(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.serve("127.9.2.1", 0, says("good"))
		n.full("127.9.2.2")
		r, g := newRun(items("127.9.2.1", "127.9.2.2"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.Dialer.Limits.Retries = 2
		r.Dialer.Limits.Connect = 200 * time.Millisecond
		start := time.Now()
		do(t, r, d)
		if took := time.Since(start); took < 600*time.Millisecond || took > 1500*time.Millisecond {
			t.Errorf("three tries of 200 ms took %v", took)
		}
		for _, o := range g.of("127.9.2.2") {
			if o.Took < 550*time.Millisecond || o.At.Sub(start) > 200*time.Millisecond {
				t.Errorf("what was silent for three tries took %v from %v after the start on", o.Took, o.At.Sub(start))
			}
		}
		count := func(want int) {
			t.Helper()
			if len(g.list) != want || r.Stats.Outcomes[signet.Silent].Load() != 1 || r.Stats.Asked.Load() != 2 || r.Stats.Alive.Load() != 1 {
				t.Errorf("%d observations, want %d; %d silent", len(g.list), want, r.Stats.Outcomes[signet.Silent].Load())
			}
		}
		count(2)
		r, g = newRun(r.Source, r.Plans...)
		r.All = false
		do(t, r, d)
		count(1)
	})
}

func TestPortsOfLiveHosts(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.serve("127.9.3.1", 0, says("good"))
		second := n.port + 1
		for ; ; second++ { // a port that is free everywhere
			l, err := net.Listen("tcp4", fmt.Sprintf("127.9.3.2:%d", second))
			if err == nil {
				l.Close()
				break
			}
		}
		n.serve("127.9.3.1", second, says("second"))
		n.serve("127.9.3.2", second, says("second"))
		n.serve("127.9.3.3", 0, func(c net.Conn) { hears(c) })
		n.full("127.9.3.4")
		ports := []check.Port{{Number: n.port}, {Number: second, WhenAlive: true, Unless: n.port}}
		r, g := newRun(items("127.9.3.1", "127.9.3.2", "127.9.3.3", "127.9.3.4"), Plan{Check: lineCheck(), Ports: ports})
		do(t, r, d)
		want := map[string]int{"127.9.3.1": 1, "127.9.3.2": 2, "127.9.3.3": 2, "127.9.3.4": 1}
		for addr, count := range want {
			if all := g.of(addr); len(all) != count {
				t.Errorf("%s: %d observations, want %d", addr, len(all), count)
			}
		}
		if o := g.of("127.9.3.2"); len(o) == 2 && word(o[1]) != "answered open [second]" {
			t.Errorf("the second port: %s", word(o[1]))
		}
	})
}

func TestFoundEndpoints(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.serve("127.9.4.1", 0, says(""))
		other := n.serve("127.9.4.2", 0, func(net.Conn) {})
		_ = other
		hidden := uint16(0)
		l, err := net.Listen("tcp4", "127.9.4.3:0")
		if err != nil {
			t.Fatal(err)
		}
		hidden = l.Addr().(*net.TCPAddr).AddrPort().Port()
		l.Close()
		n.serve("127.9.4.3", hidden, says("here"))
		n.serve("127.9.4.3", 0, says(fmt.Sprintf("find %d", hidden)))
		n.serve("127.9.4.4", 0, says(fmt.Sprintf("find %d", hidden)))
		r, g := newRun(items("127.9.4.3", "127.9.4.4"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.gate().Exclude(func(a netip.Addr, port uint16) bool { return a.String() == "127.9.4.4" && port == hidden })
		do(t, r, d)
		if all := g.of("127.9.4.3"); len(all) != 2 || all[1].Port != hidden || word(all[1]) != "answered open [here,pointed at]" {
			t.Errorf("found: %d observations, the last %s", len(all), word(all[len(all)-1]))
		}
		if all := g.of("127.9.4.4"); len(all) != 1 {
			t.Errorf("an excluded port was asked because an answer pointed to it: %d", len(all))
		}
	})
}

// At most two connections to a host at once, unless every limit is lifted; TLS from the first byte.
func TestConnectionsAtOnce(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		for _, paced := range []bool{true, false} {
			n := newNetwork(t)
			n.slow = 50 * time.Millisecond
			var ports []check.Port
			first := n.serve("127.9.5.1", 0, says("a"))
			ports = append(ports, check.Port{Number: first})
			for range 5 {
				l, err := net.Listen("tcp4", "127.9.5.1:0")
				if err != nil {
					t.Fatal(err)
				}
				p := l.Addr().(*net.TCPAddr).AddrPort().Port()
				l.Close()
				n.serve("127.9.5.1", p, func(c net.Conn) {
					says("a")(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{n.cert}}))
				})
				ports = append(ports, check.Port{Number: p})
			}
			c := lineCheck()
			c.Begin = func(s check.Subject) check.Interview {
				return &standIn{port: s.Endpoint.Port, tls: s.Endpoint.Port != first}
			}
			r, g := newRun(items("127.9.5.1"), Plan{Check: c, Ports: ports})
			r.Dialer.Limits.Exchange = 2 * time.Second
			if !paced {
				r.gate().SetPace(dial.Pace{})
			}
			do(t, r, d)
			for _, o := range g.list {
				if word(o) != "answered open [a]" {
					t.Errorf("%s: %s", o.Endpoint, word(o))
				}
			}
			n.mu.Lock()
			if n.count["127.9.5.1"] != 6 || len(g.list) != 6 {
				t.Errorf("%d connections for 6 endpoints, %d observations", n.count["127.9.5.1"], len(g.list))
			}
			if most := n.most["127.9.5.1"]; paced && most != 2 || !paced && most < 3 {
				t.Errorf("paced %v: %d connections at once", paced, most)
			}
			n.mu.Unlock()
		}
	})
}

func TestHostTime(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		n.slow = 100 * time.Millisecond
		n.serve("127.9.6.1", 0, func(c net.Conn) {
			for hears(c) {
				io.WriteString(c, "again\n")
				time.Sleep(150 * time.Millisecond)
			}
		})
		r, g := newRun(items("127.9.6.1"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}, {Number: 1}}})
		r.Dialer.Limits.Host = 350 * time.Millisecond
		start := time.Now()
		do(t, r, d)
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
		for _, o := range g.of("127.9.6.1") {
			if o.Port != n.port {
				continue
			}
			if o.Err == nil || !strings.Contains(o.Err.Text, "--host-timeout") || o.Facts == nil {
				t.Errorf("%s", word(o))
			}
		}
		if len(g.list) != 2 {
			t.Errorf("%d observations", len(g.list))
		}
	})
}

// What a host's time did not suffice for was not asked, whether that is reported or only counted.
func TestHostTimeCountsTheSame(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		mute := func(c net.Conn) { time.Sleep(2 * time.Second) }
		ports := []check.Port{{Number: n.serve("127.9.6.7", 0, mute)}}
		for range 3 {
			l, err := net.Listen("tcp4", "127.9.6.7:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			ports = append(ports, check.Port{Number: l.Addr().(*net.TCPAddr).AddrPort().Port()})
		}
		for _, all := range []bool{true, false} {
			r, _ := newRun(items("127.9.6.7"), Plan{Check: lineCheck(), Ports: ports})
			r.All, r.Dialer.Limits.Host, r.Dialer.Limits.Exchange = all, 200*time.Millisecond, time.Second
			do(t, r, d)
			if asked, skipped := r.Stats.Asked.Load(), r.Stats.Outcomes[signet.Skipped].Load(); asked != 4 || skipped != 2 {
				t.Errorf("all %v: %d asked, %d skipped of 4 with two at once", all, asked, skipped)
			}
		}
	})
}

// What is spent on pacing, or on waiting for a socket, is no time of the host's: everything is asked of it.
func TestOurWaitingIsNobodysTime(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var ports []check.Port
		for range 12 {
			ports = append(ports, check.Port{Number: newNetwork(t).serve("127.9.6.8", 0, says("yes"))})
		}
		r, g := newRun(items("127.9.6.8"), Plan{Check: lineCheck(), Ports: ports})
		r.gate().SetPace(dial.Pace{Rate: 20})
		r.Dialer.Limits.Host = 250 * time.Millisecond
		do(t, r, d)
		if got := r.Stats.Outcomes[signet.Answered].Load(); got != 12 || len(g.list) != 12 {
			t.Errorf("paced: %d of 12 answered; %s", got, word(g.list[len(g.list)-1]))
		}

		// A neighbour that holds the only socket.
		port := n.serve("127.9.6.9", 0, func(c net.Conn) { time.Sleep(2 * time.Second) })
		for i := range 5 {
			n.serve(fmt.Sprintf("127.9.6.%d", 10+i), port, says("yes"))
		}
		r, _ = newRun(items("127.9.6.9", "127.9.6.10", "127.9.6.11", "127.9.6.12", "127.9.6.13", "127.9.6.14"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: port}}})
		r.InFlight, r.Dialer.Limits.Host = 1, 300*time.Millisecond
		do(t, r, d)
		if got := r.Stats.Outcomes[signet.Answered].Load(); got != 5 {
			t.Errorf("queued: %d of 5 answered", got)
		}
	})
}

func TestLogonsAreBudgeted(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		for _, depth := range []signet.Depth{signet.Anonymous, signet.Decoy} {
			n := newNetwork(t)
			n.serve("127.9.7.1", 0, says("again"))
			c := lineCheck()
			c.Begin = func(s check.Subject) check.Interview { return &standIn{port: s.Endpoint.Port, logons: 1} }
			r, g := newRun(items("127.9.7.1"), Plan{Check: c, Ports: []check.Port{{Number: n.port}}})
			r.Options.Depth = depth
			do(t, r, d)
			n.mu.Lock()
			got := n.count["127.9.7.1"]
			n.mu.Unlock()
			if depth == signet.Decoy && (got != 2 || g.list[0].Outcome != signet.Withheld) {
				t.Errorf("%v: %d connections with a logon each: %s", depth, got, word(g.list[0]))
			}
			// The loop finds out whether anything listens before it asks; nothing is said on that connection.
			if depth != signet.Decoy && (got > 1 || g.list[0].Outcome != signet.Withheld) {
				t.Errorf("%v: %d connections: %s", depth, got, word(g.list[0]))
			}
		}
	})
}

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

// Slots are used again and again, whatever came of the address before.
func TestManyHosts(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var addrs []string
		for i := range 3000 {
			addrs = append(addrs, fmt.Sprintf("127.9.%d.%d", 20+i/200, 1+i%200))
			if i%100 == 0 {
				n.serve(addrs[i], 0, says("good"))
			}
		}
		r, g := newRun(items(addrs...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}, {Number: 1}, {Number: 2, WhenAlive: true}}})
		r.All, r.InFlight = false, 50
		r.gate().SetPace(dial.Pace{})
		r.gate().Exclude(func(a netip.Addr, port uint16) bool { return port == 1 && a.As4()[3]%2 == 0 })
		do(t, r, d)
		if r.Stats.Addresses.Load() != 3000 || r.Stats.Alive.Load() != 3000 || len(g.list) != 30 || r.Stats.Asked.Load() != 3000+1500+3000 {
			t.Errorf("%d addresses, %d alive, %d observations, %d asked", r.Stats.Addresses.Load(), r.Stats.Alive.Load(), len(g.list), r.Stats.Asked.Load())
		}
		if p := r.Progress(); p.Low != 3000 || len(p.Finished) != 0 {
			t.Errorf("the run stands at %+v", p)
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

func TestAgendaOfTypedPorts(t *testing.T) {
	r, _ := newRun(nil, Plan{Check: lineCheck(check.Port{Number: 7}), Ports: []check.Port{{Number: 7}, {Number: 8, WhenAlive: true}}})
	s := newAgendas(r)
	ports := []uint16{7, 9}
	a := s.of(&Item{Ports: ports})
	if len(a.first) != 1 || len(a.later) != 0 { // no check owns 9, and there is no http
		t.Errorf("%d, %d questions", len(a.first), len(a.later))
	}
	if s.of(&Item{Ports: ports}) != a {
		t.Error("the same ports make another agenda")
	}
	b := s.of(&Item{Ports: ports, Default: true})
	if len(b.first) != 1 || len(b.later) != 1 {
		t.Errorf("%d, %d questions with the default ones", len(b.first), len(b.later))
	}
	if got := s.of(&Item{}).first[0].opening; got.how != opensPlain || !got.noAnswer || !got.rejected || !got.unroutable || string(got.prelude.text) != "hello\n" {
		t.Errorf("opening %+v", got)
	}
	if !slices.Equal(ports, []uint16{7, 9}) {
		t.Error("the scope's list was changed")
	}
}

// randomTalk says something that nobody could know, and expects it back.
type randomTalk struct {
	said, heard []byte
	random      func([]byte)
}

func (r *randomTalk) Next(in []byte, eof bool) (check.Step, error) {
	if r.said == nil {
		r.said = make([]byte, 16)
		r.random(r.said)
		return check.Step{Send: append(slices.Clone(r.said), '\n')}, nil
	}
	if len(in) < 17 {
		return check.Step{Need: 17}, nil
	}
	r.heard = []byte(fmt.Sprintf("%x", in[:16]))
	return check.Step{Consumed: 17, Done: true}, nil
}

type randomAsk struct {
	talk  *randomTalk
	later [8]byte
	end   check.End
}

func (r *randomAsk) Next(e check.End) (check.Attempt, bool) {
	r.end = e
	if e.Cause == check.Start {
		return check.Attempt{Note: "random", Talk: r.talk}, true
	}
	r.talk.random(r.later[:])
	return check.Attempt{}, false
}

func (r *randomAsk) Result() check.Result {
	return check.Result{Outcome: r.end.Outcome(), Facts: &lineFacts{[]string{fmt.Sprintf("%x", r.talk.said), string(r.talk.heard), fmt.Sprintf("%x", r.later)}}}
}

// First words with random bytes in them are said before there is an interview, and are its own all the same; their
// random bytes, and those drawn after them, are of each connection alone.
func TestFirstWords(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		echo := func(c net.Conn) {
			b := make([]byte, 17)
			if _, err := io.ReadFull(c, b); err == nil {
				c.Write(b)
			}
			io.Copy(io.Discard, c)
		}
		var addrs []string
		for i := range 30 {
			addrs = append(addrs, fmt.Sprintf("127.9.13.%d", i+1))
			n.serve(addrs[i], 0, echo)
		}
		c := lineCheck()
		c.Begin = func(s check.Subject) check.Interview {
			return &randomAsk{talk: &randomTalk{random: s.Options.Random}}
		}
		r, g := newRun(items(addrs...), Plan{Check: c, Ports: []check.Port{{Number: n.port}}})
		var drawn atomic.Int64
		r.Options.Random = func(b []byte) {
			for i := range b {
				b[i] = byte(drawn.Add(1) * 37)
			}
			b[0] = byte(drawn.Load() >> 3)
		}
		do(t, r, d)
		first, later := map[string]bool{}, map[string]bool{}
		for _, o := range g.list {
			f := o.Facts.(*lineFacts).Answers
			if o.Outcome != signet.Answered || f[0] != f[1] || len(o.Trace) != 1 || fmt.Sprintf("%x", o.Trace[0].Sent) != f[0]+"0a" {
				t.Errorf("%s: %s, %q", o.Endpoint, word(o), o.Trace)
			}
			first[f[0]], later[f[2]] = true, true
		}
		if len(g.list) != 30 || len(first) != 30 || len(later) != 30 {
			t.Errorf("%d observations, %d different first words, %d different draws after them", len(g.list), len(first), len(later))
		}
	})
}
