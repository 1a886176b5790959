package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"signet/internal/reach"
)

// No channel leads to this machine, to its link, to a cloud's metadata or to this server, however that is written: nothing arrives.
func TestOutOfReach(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var arrived atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			arrived.Add(1)
			c.Close()
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	s := sender(t)
	s.near = false
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.1", "127.0.1", "0x7f000001", "0x7f.1", "0177.0.0.1", "2130706433", "0", "0.0.0.0",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::1]", "[fe80::5efe:127.0.0.1]", "[2001:db8::5efe:7f00:1]", "[fe80::1%25lo]",
		"169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "224.0.0.1", "[ff02::1]", "255.255.255.255", "%31%32%37.0.0.1", "127。0。0。1", "①②⑦.0.0.1"} {
		for _, url := range []string{"http://%s:%d/", "https://%s:%d/", "smtp://%s:%d/?from=a@corp.example&to=b@corp.example", "syslog://%s:%d", "syslogs://%s:%d"} {
			c := Channel{Kind: "webhook", URL: fmt.Sprintf(url, host, port)}
			if strings.HasPrefix(url, "smtp") {
				c.Kind = "mail"
			} else if strings.HasPrefix(url, "syslog") {
				c.Kind = "syslog"
			}
			var f *FieldError
			if _, err := s.Send(t.Context(), c, hostile()); err == nil || !errors.Is(err, reach.ErrOut) && !errors.As(err, &f) {
				t.Errorf("%s: %v", c.URL, err)
			}
		}
	}
	// A name, which says something else each time it is asked.
	s.resolver = liar(t, "127.0.0.2", "127.0.0.1")
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := s.Send(ctx, Channel{Kind: "webhook", URL: fmt.Sprintf("http://rebind.example:%d/", port)}, hostile())
		cancel()
		if err == nil {
			t.Error("it arrived")
		}
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
	s.near = true // and does, where that is allowed: the listener hears
	if _, err := s.dial(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
		t.Fatal(err)
	}
	// Its own port is out of reach at any address of its own.
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	s.Own = []netip.AddrPort{netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port))}
	for _, i := range list {
		p := netip.MustParsePrefix(i.String())
		if !p.Addr().Is4() {
			continue
		}
		if _, err := s.dial(t.Context(), "tcp", netip.AddrPortFrom(p.Addr(), uint16(port)).String()); !errors.Is(err, reach.ErrOut) {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, a := range []string{"10.0.0.1", "192.168.1.1", "172.16.0.1", "fd12::1", "8.8.8.8", "2001:db8::1", "64:ff9b::a00:1"} {
		if why := reach.Refused(netip.MustParseAddr(a)); why != "" {
			t.Errorf("%s is refused: %s", a, why)
		}
	}
}

// liar is a resolver that answers with one address after another.
func liar(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		b := make([]byte, 1500)
		for asked := 0; ; {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(b[:n]) != nil || len(q.Questions) != 1 {
				continue
			}
			a := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true}, Questions: q.Questions}
			if q.Questions[0].Type == dnsmessage.TypeA {
				ip := netip.MustParseAddr(addresses[asked%len(addresses)]).As4()
				asked++
				a.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: ip}}}
			}
			if out, err := a.Pack(); err == nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}
