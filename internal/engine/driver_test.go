package engine

import (
	"context"
	"crypto/tls"
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
			{"127.9.1.16", says("long"), "broken open hello: more bytes than an endpoint may send: a message of 65537 bytes"},
			{"127.9.1.17", says("secure\nplain"), "broken open [secure] hello: 6 bytes before the TLS handshake"},
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
