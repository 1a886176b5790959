package engine

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

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

// A pace that changes while a run goes on holds for what waits by the old one.
func TestPaceChanges(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		var addrs []string
		for i := range 20 {
			addrs = append(addrs, fmt.Sprintf("127.9.13.%d", 1+i))
			n.serve(addrs[i], 0, says("yes"))
		}
		r, g := newRun(items(addrs...), Plan{Check: lineCheck(), Ports: []check.Port{{Number: n.port}}})
		r.gate().SetPace(dial.Pace{Rate: 1000, Subnet: 0.1})
		time.AfterFunc(300*time.Millisecond, func() { r.gate().SetPace(dial.Pace{Rate: 5000}) })
		begun := time.Now()
		do(t, r, d)
		if took := time.Since(begun); took < 300*time.Millisecond || took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if got := r.Stats.Outcomes[signet.Answered].Load(); got != 20 || len(g.list) != 20 {
			t.Errorf("%d of 20 answered", got)
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
