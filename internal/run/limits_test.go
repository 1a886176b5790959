package run

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/report"
)

func limited(t *testing.T, l Limits) *Env {
	t.Helper()
	if l.Rate == 0 {
		l.Rate = 1000
	}
	if l.Depth == 0 {
		l.Depth = signet.Anonymous
	}
	e := &Env{Checks: all.Checks()}
	limits, err := e.NewLimits(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	e.Limits = limits
	return e
}

// TestLimitsRefuse: what an order says itself is refused before anything is sent, and named.
func TestLimitsRefuse(t *testing.T) {
	for _, c := range []struct {
		name  string
		allow string
		order func(*Order)
		field string // of the error; empty: none
		says  string
	}{
		{"inside", "127.8.0.0/24", func(o *Order) { o.Targets = []string{"127.8.0.1"} }, "", ""},
		{"outside", "127.8.0.0/24", func(o *Order) { o.Targets = []string{"127.8.0.1", "127.8.1.0/30"} }, "targets", "127.8.1.0/30: "},
		{"partly outside", "127.8.0.0/24", func(o *Order) { o.Targets = []string{"127.8.0.255-127.8.1.2"} }, "targets", "127.8.0.255-127.8.1.2: 127.8.1.0-127.8.1.2 lies outside"},
		{"nothing allowed", "", func(o *Order) { o.Targets = []string{"127.8.0.1"} }, "targets", "127.8.0.1: nothing may be asked"},
		{"a name that leads outside", "127.8.0.0/24", func(o *Order) { o.Targets = []string{"localhost"} }, "targets", "localhost: "},
		{"an IPv4-mapped address", "::ffff:0:0/96", func(o *Order) { o.Targets = []string{"::ffff:127.9.0.1"} }, "", ""},
		{"mapped and outside", "127.8.0.0/24", func(o *Order) { o.Targets = []string{"::ffff:127.9.0.1"} }, "targets", "::ffff:127.9.0.1: "},
		{"an excluded address", "127.8.0.0/24", func(o *Order) { o.Targets, o.Exclude = []string{"127.8.0.0/23"}, []string{"127.8.1.0/24"} }, "", ""},
		{"too deep", "127.8.0.0/24", func(o *Order) { o.Depth = "decoy" }, "depth", "decoy"},
		{"as deep", "127.8.0.0/24", func(o *Order) { o.Depth = "anonymous" }, "", ""},
		{"too fast", "127.8.0.0/24", func(o *Order) { o.Rate = 1001 }, "rate", "1001"},
		{"no limit of rates", "127.8.0.0/24", func(o *Order) { o.Rate = 0 }, "rate", "0 lifts"},
		{"a file of targets", "127.8.0.0/24", func(o *Order) { o.Files = []string{"/etc/passwd"} }, "files", "files"},
		{"a file of exclusions", "127.8.0.0/24", func(o *Order) { o.ExcludeFiles = []string{"/etc/passwd"} }, "files", "files"},
		{"a file of paths", "127.8.0.0/24", func(o *Order) { o.HTTPPaths = []string{"/etc/passwd"} }, "files", "files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := limited(t, Limits{Allow: strings.Fields(c.allow)})
			o := NewOrder("127.8.0.1")
			o.Rate = 1000
			c.order(o)
			_, err := e.Prepare(t.Context(), o)
			if c.field == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			wrong, ok := errors.AsType[*OrderError](err)
			if !ok || wrong.Field != c.field || !wrong.Limit || !strings.Contains(wrong.Error(), c.says) {
				t.Fatalf("%v (%+v); want a limit of %s that says %q", err, wrong, c.field, c.says)
			}
		})
	}
}

// TestLimitsOfTheirOwn: what is wrong with limits is told when they are made.
func TestLimitsOfTheirOwn(t *testing.T) {
	e := &Env{Checks: all.Checks()}
	for field, l := range map[string]Limits{
		"allow":     {Allow: []string{"10.0.0.0/33"}, Rate: 1},
		"max_rate":  {Allow: []string{"127.0.0.1"}},
		"max_depth": {Allow: []string{"127.0.0.1"}, Rate: 1, Depth: signet.Credential},
		"exclude":   {Allow: []string{"127.0.0.1"}, Rate: 1, ExcludeFiles: []string{"/no/such/file"}},
	} {
		if _, err := e.NewLimits(t.Context(), l); err == nil {
			t.Errorf("%+v: taken", l)
		} else if wrong, ok := errors.AsType[*OrderError](err); !ok || wrong.Field != field {
			t.Errorf("%+v: %v, want an error of %s", l, err, field)
		}
	}
}

// TestLimitsAtTheGate: whatever an address is come by, no packet leaves for it, and what is excluded for all is left out of each.
func TestLimitsAtTheGate(t *testing.T) {
	e := limited(t, Limits{Allow: []string{"127.8.0.0/24", "127.8.1.1:445"}, Exclude: []string{"127.8.0.9"}})
	s, err := e.Prepare(t.Context(), slowly(t, "127.8.0.8-127.8.0.10"))
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Addresses(); n != 2 {
		t.Errorf("%d addresses would be asked, want those that are not excluded: 2", n)
	}
	gate := s.engine.Dialer.Gate
	for at, want := range map[string]bool{
		"127.8.0.8:445": false, "127.8.0.200:445": false, "127.8.0.9:445": true, "127.8.1.1:445": false, "127.8.1.1:80": true,
		"127.9.0.1:445": true, "[::ffff:127.9.0.1]:445": true, "[::ffff:127.8.0.8]:445": false, "[::1]:445": true,
	} {
		ap := netip.MustParseAddrPort(at)
		if got := gate.Excluded(ap.Addr(), ap.Port()); got != want {
			t.Errorf("%s: excluded is %v, want %v", at, got, want)
		}
	}
}

// slowly is an order within the rate of limited.
func slowly(t *testing.T, targets ...string) *Order {
	t.Helper()
	o := NewOrder(targets...)
	o.Rate = 1000
	return o
}

// TestLimitsHoldWhileAsking: a listener that is excluded for all sees no connection, one beside it does.
func TestLimitsHoldWhileAsking(t *testing.T) {
	seen := make(chan string, 64)
	listen := func(addr string) uint16 {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				seen <- addr[:strings.LastIndex(addr, ":")]
				c.Close()
			}
		}()
		return uint16(l.Addr().(*net.TCPAddr).Port)
	}
	port := listen("127.8.2.1:0")
	at := netip.AddrPortFrom(netip.MustParseAddr("127.8.2.2"), port).String()
	listen(at)
	e := limited(t, Limits{Allow: []string{"127.8.2.0/24"}, Exclude: []string{"127.8.2.2"}})
	o := slowly(t, "127.8.2.1", "127.8.2.2")
	o.Checks, o.Ports = []string{"smb"}, []string{"smb=" + netip.AddrPortFrom(netip.IPv4Unspecified(), port).String()[len("0.0.0.0:"):]}
	o.HostTimeout = Duration(2 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := e.Scan(ctx, o, Into{}, report.Ignore{}); err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 {
		t.Fatal("nothing was asked: the test proves nothing")
	}
	for range len(seen) {
		if got := <-seen; got != "127.8.2.1" {
			t.Errorf("%s was asked, which is excluded for all", got)
		}
	}
}
