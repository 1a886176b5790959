package scope

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeDNS answers from a table; what is not in it does not exist.
type fakeDNS struct {
	table map[string]string
	mu    sync.Mutex
	asked []string
}

func (d *fakeDNS) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	d.mu.Lock()
	d.asked = append(d.asked, host)
	d.mu.Unlock()
	text, ok := d.table[host]
	if !ok || network != "ip" {
		return nil, errors.New("no such host")
	}
	var out []netip.Addr
	for f := range strings.FieldsSeq(text) {
		out = append(out, netip.MustParseAddr(f))
	}
	return out, nil
}

func build(t *testing.T, c Config) *Scope {
	t.Helper()
	if c.Resolver == nil {
		c.Resolver = &fakeDNS{table: map[string]string{
			"ca1": "10.0.0.7", "ca1.": "10.0.0.7", "www": "10.0.0.7", "multi": "10.9.0.1 10.9.0.2 2001:db8::9", "mapped": "::ffff:10.9.0.3",
			"sink": "0.0.0.0 ::", "link": "fe80::1%eth0", "dc9.": "10.9.0.9", "empty": "",
		}}
	}
	s, err := Build(context.Background(), c)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return s
}

// shown is the scope in one line: `first-last=what`.
func shown(s *Scope) string {
	var out []string
	for b := range s.Blocks() {
		text := b.Range.String()
		if b.Default || len(b.Ports) > 0 {
			text += "="
		}
		if b.Default {
			text += "d"
		}
		for _, p := range b.Ports {
			text += fmt.Sprint(",", p)
		}
		if len(b.Names) > 0 {
			text += "(" + strings.Join(b.Names, " ") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestBuild(t *testing.T) {
	for _, c := range []struct {
		targets, exclude, want string
		count                  uint64
	}{
		{"10.0.0.5", "", "10.0.0.5=d", 1},
		{"10.0.0.5 10.0.0.5 10.0.0.5/32", "", "10.0.0.5=d", 1},
		{"10.0.0.0/24 10.0.1.0/24 10.0.0.128-10.0.1.3", "", "10.0.0.0-10.0.1.255=d", 512},
		{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.0-10.0.255.255=d 10.2.0.0-10.255.255.255=d", 1<<24 - 1<<16},
		{"10.0.0.0/30", "10.0.0.0/30", "", 0},
		{"10.0.0.0/30", "10.0.0.0 10.0.0.3", "10.0.0.1-10.0.0.2=d", 2},
		{"10.0.0.0/30 10.0.0.2:8530", "", "10.0.0.0-10.0.0.1=d 10.0.0.2=d,8530 10.0.0.3=d", 4},
		{"10.0.0.2:8530 10.0.0.2:445,80", "", "10.0.0.2=,80,445,8530", 1},
		{"10.0.0.0/30:80 10.0.0.2-10.0.0.5:443", "", "10.0.0.0-10.0.0.1=,80 10.0.0.2-10.0.0.3=,80,443 10.0.0.4-10.0.0.5=,443", 6},
		{"10.0.0.0/30:80", "10.0.0.1:80", "10.0.0.0=,80 10.0.0.2-10.0.0.3=,80", 3},
		{"10.0.0.0/30:80,443", "10.0.0.1:80", "10.0.0.0=,80,443 10.0.0.1=,443 10.0.0.2-10.0.0.3=,80,443", 4},
		{"10.0.0.0/30", "10.0.0.1:80", "10.0.0.0-10.0.0.3=d", 4},
		{"ca1", "", "10.0.0.7=d(ca1)", 1},
		{"10.0.0.6/31 ca1", "", "10.0.0.6=d 10.0.0.7=d(ca1)", 2},
		{"ca1:8530 10.0.0.7", "", "10.0.0.7=d,8530(ca1)", 1},
		{"ca1:8530 CA1", "", "10.0.0.7=d,8530(ca1)", 1},
		{"www ca1", "", "10.0.0.7=d(www ca1)", 1},
		{"ca1 ca1.:80", "", "10.0.0.7=d,80(ca1)", 1},
		{"multi", "", "10.9.0.1-10.9.0.2=d(multi) 2001:db8::9=d(multi)", 3},
		{"multi", "10.9.0.2", "10.9.0.1=d(multi) 2001:db8::9=d(multi)", 2},
		{"mapped", "", "10.9.0.3=d(mapped)", 1},
		{"dc9.", "", "10.9.0.9=d(dc9)", 1},
		{"10.0.0.0/29", "ca1", "10.0.0.0-10.0.0.6=d", 7},
		{"10.0.0.7 www ca1", "ca1", "", 0},
		{"10.0.0.7:80,443", "ca1:80", "10.0.0.7=,443", 1},
		{"2001:db8::/126 10.0.0.1", "2001:db8::1", "10.0.0.1=d 2001:db8::=d 2001:db8::2-2001:db8::3=d", 4},
		{"::ffff:10.0.0.1 10.0.0.1", "", "10.0.0.1=d", 1},
		{"10.0.0.0/30 2001:db8::1", "::/0", "10.0.0.0-10.0.0.3=d", 4},
		{"10.0.0.0/30 2001:db8::1", "0.0.0.0/0", "2001:db8::1=d", 1},
		{"255.255.255.254/31 ::1:0:0:0", "", "255.255.255.254-255.255.255.255=d ::1:0:0:0=d", 3},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", "", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=d", 2},
		{"0.0.0.0/30", "", "0.0.0.1-0.0.0.3=d", 3},
	} {
		s := build(t, Config{Targets: strings.Fields(c.targets), Exclude: strings.Fields(c.exclude)})
		if got := shown(s); got != c.want || s.Len() != c.count {
			t.Errorf("%q without %q:\n got %d %q\nwant %d %q", c.targets, c.exclude, s.Len(), got, c.count, c.want)
		}
	}
}

func TestUnresolvedNamesStopNothing(t *testing.T) {
	s := build(t, Config{Targets: []string{"gone", "ca1", "sink", "link", "empty", "gone:80"}})
	if got := shown(s); got != "10.0.0.7=d(ca1)" {
		t.Errorf("scope %q", got)
	}
	var got []string
	for _, e := range s.Unresolved() {
		got = append(got, e.Error())
	}
	want := []string{"gone: no such host", "sink: the name has no address", "link: the name has no address", "empty: the name has no address"}
	if !slices.Equal(got, want) {
		t.Errorf("unresolved %q, want %q", got, want)
	}
}

func TestUnresolvedExclusionStopsEverything(t *testing.T) {
	_, err := Build(context.Background(), Config{Targets: []string{"10.0.0.0/24"}, Exclude: []string{"gone"}, Resolver: &fakeDNS{}})
	if err == nil || !strings.Contains(err.Error(), "excluded name gone: no such host") {
		t.Errorf("Build: %v", err)
	}
}

func TestExcludedNameIsNotLookedUpAsTarget(t *testing.T) {
	dns := &fakeDNS{table: map[string]string{"ca1": "10.0.0.7"}}
	s := build(t, Config{Targets: []string{"ca1", "CA1.:80"}, Exclude: []string{"ca1"}, Resolver: dns})
	if s.Len() != 0 || len(dns.asked) != 1 {
		t.Errorf("%d addresses, asked %q", s.Len(), dns.asked)
	}
	for name, want := range map[string]bool{"ca1": true, "CA1.": true, "ca2": false, "": false} {
		if s.ExcludedName(name) != want {
			t.Errorf("ExcludedName(%q) = %v", name, !want)
		}
	}
}

func TestLookupsEndWithTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, Config{Targets: []string{"slow"}, Resolver: hanging{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}

type hanging struct{}

func (hanging) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestExcluded(t *testing.T) {
	s := build(t, Config{Targets: []string{"10.0.0.0/8"}, Exclude: []string{"10.1.0.0/16", "10.2.0.5:445", "10.2.0.0/24:80", "2001:db8::/64", "multi:443"}})
	for _, c := range []struct {
		addr string
		port uint16
		want bool
	}{
		{"10.0.255.255", 445, false}, {"10.1.0.0", 445, true}, {"10.1.255.255", 1, true}, {"10.1.7.7", 0, true}, {"10.2.0.0", 445, false},
		{"10.2.0.5", 445, true}, {"10.2.0.5", 444, false}, {"10.2.0.5", 80, true}, {"10.2.0.255", 80, true}, {"10.2.1.0", 80, false},
		{"2001:db8::1", 445, true}, {"2001:db8:0:1::", 445, false}, {"::ffff:10.1.0.1", 445, true}, {"2001:db8::9%eth0", 1, true},
		{"10.9.0.1", 443, true}, {"10.9.0.1", 445, false}, {"192.0.2.1", 445, false}, {"0.0.0.0", 445, true}, {"::", 445, true}, {"::ffff:0.0.0.0", 1, true},
	} {
		if got := s.Excluded(netip.MustParseAddr(c.addr), c.port); got != c.want {
			t.Errorf("Excluded(%s, %d) = %v", c.addr, c.port, got)
		}
	}
	if !s.Excluded(netip.Addr{}, 445) {
		t.Error("the invalid address is not excluded")
	}
	a := netip.MustParseAddr("10.2.0.5")
	if n := testing.AllocsPerRun(100, func() { s.Excluded(a, 445) }); n != 0 {
		t.Errorf("Excluded allocates %v times", n)
	}
}

// The sweep against an account that knows only single addresses.
func TestScopeAgainstSingleAddresses(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 150 {
		type state struct {
			plain, void bool
			ports       map[uint16]bool
		}
		model := make(map[netip.Addr]*state)
		for i := range 64 {
			model[netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})] = &state{ports: map[uint16]bool{}}
		}
		var c Config
		gone := make(map[netip.AddrPort]bool)
		for range 1 + random.IntN(12) {
			first, ports := random.IntN(64), []uint16(nil)
			last := min(63, first+random.IntN(20))
			text := fmt.Sprintf("10.0.0.%d-10.0.0.%d", first, last)
			if random.IntN(2) == 0 {
				ports = []uint16{uint16(1 + random.IntN(3))}
				text += fmt.Sprint(":", ports[0])
			}
			exclude := random.IntN(3) == 0
			if exclude {
				c.Exclude = append(c.Exclude, text)
			} else {
				c.Targets = append(c.Targets, text)
			}
			for i := first; i <= last; i++ {
				a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
				switch m := model[a]; {
				case exclude && ports == nil:
					m.void = true
				case exclude:
					gone[netip.AddrPortFrom(a, ports[0])] = true
				case ports == nil:
					m.plain = true
				default:
					m.ports[ports[0]] = true
				}
			}
		}
		s := build(t, c)
		want := uint64(0)
		for a, m := range model {
			var ports []uint16
			for p := range m.ports {
				if !gone[netip.AddrPortFrom(a, p)] {
					ports = append(ports, p)
				}
			}
			slices.Sort(ports)
			in := !m.void && (m.plain || len(ports) > 0)
			item, ok := s.Find(a)
			if ok != in || ok && (item.Default != m.plain || !slices.Equal(item.Ports, ports)) {
				t.Fatalf("round %d: %v without %v: Find(%s) = %v, %v; want %v %v %v", round, c.Targets, c.Exclude, a, item, ok, in, m.plain, ports)
			}
			for p := uint16(1); p <= 3; p++ {
				if s.Excluded(a, p) != (m.void || gone[netip.AddrPortFrom(a, p)]) {
					t.Fatalf("round %d: Excluded(%s, %d) = %v", round, a, p, s.Excluded(a, p))
				}
			}
			if in {
				want++
			}
		}
		if s.Len() != want {
			t.Fatalf("round %d: %d addresses, want %d", round, s.Len(), want)
		}
		checkOrders(t, s)
	}
}

// checkOrders: Sorted, At and Order visit the same addresses, each once.
func checkOrders(t *testing.T, s *Scope) {
	t.Helper()
	sorted, err := s.Sorted()
	if err != nil {
		t.Fatal(err)
	}
	i := uint64(0)
	seen := make(map[netip.Addr]bool)
	for item := range sorted {
		if at := s.At(i); at != item {
			t.Fatalf("At(%d) = %v, Sorted gives %v", i, at, item)
		}
		seen[item.Addr] = true
		i++
	}
	if i != s.Len() || uint64(len(seen)) != i {
		t.Fatalf("Sorted gave %d addresses, %d different; Len is %d", i, len(seen), s.Len())
	}
	o, err := s.Order(uint64(s.Len()) * 77)
	if err != nil {
		t.Fatal(err)
	}
	for position, item := range o.From(0) {
		if o.At(position) != item || !seen[item.Addr] {
			t.Fatalf("position %d: %v", position, item)
		}
		delete(seen, item.Addr)
	}
	if len(seen) != 0 {
		t.Fatalf("the order left out %v", seen)
	}
}

func TestOrderGoesOnWhereItStopped(t *testing.T) {
	s := build(t, Config{Targets: []string{"10.0.0.0/22", "multi"}, Exclude: []string{"10.0.2.0/25"}})
	o, _ := s.Order(9)
	var whole, parts []netip.Addr
	for _, item := range o.From(0) {
		whole = append(whole, item.Addr)
	}
	for position, item := range o.From(0) {
		if position == 300 {
			break
		}
		parts = append(parts, item.Addr)
	}
	again, _ := build(t, Config{Targets: []string{"multi", "10.0.0.0-10.0.3.255"}, Exclude: []string{"10.0.2.0-127"}}).Order(9)
	for _, item := range again.From(300) {
		parts = append(parts, item.Addr)
	}
	if !slices.Equal(whole, parts) {
		t.Error("the two halves are not the whole")
	}
}

func TestTooLargeToVisit(t *testing.T) {
	for _, c := range []struct{ targets, want string }{
		{"2001:db8::/64", "2^64 addresses or more"},
		{"2001:db8::/64 10.0.0.0/8 2001:db9::/64", "2^64 addresses or more"},
		{"::/0 0.0.0.0/0", "2^64 addresses or more"},
		{"2001:db8::/64 2001:db9::1", "2^64 addresses or more"},
		{"2001:db8::/65 2001:db9::/65 2001:dba::1", "2^64 addresses or more"},
		{"2001:db8::/87 10.0.0.1", "2199023255553 addresses"},
	} {
		s := build(t, Config{Targets: strings.Fields(c.targets)})
		_, err := s.Order(1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Order: %v", c.targets, err)
		}
		if _, err := s.Sorted(); err == nil {
			t.Errorf("%s: Sorted: no error", c.targets)
		}
	}
	s := build(t, Config{Targets: []string{"2001:db8::/88"}})
	if o, err := s.Order(1); err != nil || o.Len() != MaxVisits {
		t.Errorf("2^40 addresses: %v", err)
	}
	huge := build(t, Config{Targets: []string{"2001:db8::/64", "10.0.0.1"}})
	if got := huge.At(1).Addr.String(); got != "2001:db8::" {
		t.Errorf("At(1) = %s", got)
	}
}

func TestFingerprint(t *testing.T) {
	of := func(c Config) string { return build(t, c).Fingerprint() }
	base := of(Config{Targets: []string{"10.0.0.0/24", "ca1"}})
	if of(Config{Targets: []string{"ca1", "10.0.0.0-10.0.0.255"}}) != base {
		t.Error("the same scope, typed otherwise, has another fingerprint")
	}
	for _, other := range []Config{
		{Targets: []string{"10.0.0.0/24"}}, {Targets: []string{"10.0.0.0/24", "www"}}, {Targets: []string{"10.0.0.0/24", "ca1", "10.0.0.7:80"}},
		{Targets: []string{"10.0.0.0/24:445", "ca1"}}, {Targets: []string{"10.0.0.0/24", "ca1"}, Exclude: []string{"10.0.0.9"}},
	} {
		if of(other) == base {
			t.Errorf("%v has the same fingerprint", other)
		}
	}
}

func TestTyped(t *testing.T) {
	s := build(t, Config{Targets: []string{"10.0.0.0/24", "CA1"}, Files: []string{"-"}, Stdin: strings.NewReader("10.1.1.1\n")})
	if want := []string{"10.0.0.0/24", "CA1", "-f -"}; !slices.Equal(s.Typed(), want) {
		t.Errorf("Typed %q, want %q", s.Typed(), want)
	}
}

func TestVisitsAllocateNothing(t *testing.T) {
	s := build(t, Config{Targets: []string{"10.0.0.0/8", "2001:db8::/96", "multi", "ca1:8530"}, Exclude: []string{"10.7.0.0/16"}})
	o, _ := s.Order(3)
	sum := 0
	position := uint64(0)
	if n := testing.AllocsPerRun(1000, func() {
		item := o.At(position)
		sum += len(item.Name) + item.Addr.BitLen()
		position++
	}); n != 0 {
		t.Errorf("a visit allocates %v times", n)
	}
}

func BenchmarkOrder(b *testing.B) {
	for _, c := range []struct{ name, targets string }{
		{"slash8", "10.0.0.0/8"},
		{"slash8and1", "10.0.0.0/8 11.0.0.0"}, // the worst case: one more than a power of two
		{"slash96", "2001:db8::/96"},
		{"65536ranges", "10.0-255.0-255.1-254"},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, err := Build(context.Background(), Config{Targets: strings.Fields(c.targets)})
			if err != nil {
				b.Fatal(err)
			}
			o, _ := s.Order(1)
			b.ReportAllocs()
			bits := 0
			for b.Loop() {
				n := 0
				for _, item := range o.From(0) {
					bits += item.Addr.BitLen()
					if n++; n == 1000 {
						break
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/address")
		})
	}
}

func BenchmarkExcluded(b *testing.B) {
	s, err := Build(context.Background(), Config{Exclude: []string{"10.0-255.0-255.1-9", "10.0.0.0/8:445"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := uint32(0); b.Loop(); i += 0x9e3779b9 {
		s.Excluded(netip.AddrFrom4([4]byte{10, byte(i >> 24), byte(i >> 16), 77}), 443)
	}
}

// A list of exclusions is read into ranges, not addresses, as a list of targets is.
func TestExclusionsAreHeldAsRanges(t *testing.T) {
	var x exclusions
	a := netip.MustParseAddr("10.0.0.0")
	for range 100_000 {
		x.add(Range{a, a}, nil)
		x.add(Range{a, a}, []uint16{445})
		a = a.Next()
	}
	if len(x.all) != 1 || len(x.byPort[0].spans) != 1 {
		t.Errorf("%d and %d spans for one range", len(x.all), len(x.byPort[0].spans))
	}
	x.add(Range{netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.6")}, nil)
	x.add(Range{netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("255.255.255.255")}, nil)
	x.add(Range{netip.MustParseAddr("::1:0:0:0"), netip.MustParseAddr("::1:0:0:0")}, nil)
	x.seal()
	for text, want := range map[string]bool{"10.0.0.0": true, "10.0.0.5": true, "10.1.134.159": true, "10.1.134.160": false, "9.255.255.255": false, "255.255.255.255": true, "::1:0:0:0": true, "255.255.255.254": false} {
		if within(x.all, keyOf(netip.MustParseAddr(text))) != want {
			t.Errorf("%s: excluded %v", text, !want)
		}
	}
}
