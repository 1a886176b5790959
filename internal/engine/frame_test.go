//go:build linux && (amd64 || arm64)

package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The frames by hand, and their checksums by adding everything up again.
func TestAppendSYN(t *testing.T) {
	via, from := mac{2, 0, 0, 0, 0, 1}, mac{2, 0, 0, 0, 0, 2}
	got := appendSYN(nil, via, from, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.9"), 61000, 445, 0x01020304)
	want := unhex(t, "020000000001 020000000002 0800 4500002c 00004000 4006"+hex.EncodeToString(got[24:26])+"c0000201 c6336409 ee4801bd 01020304 00000000 6002faf0"+hex.EncodeToString(got[50:52])+"0000 020405b4")
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if checksum(got[14:34], 0) != 0 || checksum(got[34:], add(0, got[26:34])+6+24) != 0 {
		t.Error("the checksums of IPv4 are wrong")
	}
	got = appendSYN(nil, via, from, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:1::2"), 61000, 445, 7)
	if len(got) != 14+40+24 || got[12] != 0x86 || got[14] != 0x60 || checksum(got[54:], add(0, got[22:54])+6+24) != 0 {
		t.Errorf("IPv6: %x", got)
	}
}

func TestNeighbours(t *testing.T) {
	from := mac{2, 0, 0, 0, 0, 2}
	got := appendWhoHas(nil, from, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.7"))
	if want := unhex(t, "ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 c0000201 000000000000 c0000207"); !bytes.Equal(got, want) {
		t.Errorf("got %x", got)
	}
	got = appendWhoHas(nil, from, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::a:b0c"))
	if hex.EncodeToString(got[:6]) != "3333ff0a0b0c" || netip.AddrFrom16([16]byte(got[38:54])) != netip.MustParseAddr("ff02::1:ff0a:b0c") ||
		checksum(got[54:], add(0, got[22:54])+58+32) != 0 || got[54] != 135 {
		t.Errorf("neighbour solicitation %x", got)
	}
	who, at, ok := parseIsAt(unhex(t, "020000000002 020000000007 0806 0001 0800 06 04 0002 020000000007 c0000207 020000000002 c0000201"))
	if !ok || who != netip.MustParseAddr("192.0.2.7") || at != (mac{2, 0, 0, 0, 0, 7}) {
		t.Errorf("%v %v %v", who, at, ok)
	}
	na := unhex(t, "020000000002 020000000007 86dd 60000000 0020 3a ff 20010db8000000000000000000000007 20010db8000000000000000000000001 88000000 60000000 20010db8000000000000000000000007 0201 020000000007")
	who, at, ok = parseIsAt(na)
	if !ok || who != netip.MustParseAddr("2001:db8::7") || at != (mac{2, 0, 0, 0, 0, 7}) {
		t.Errorf("%v %v %v", who, at, ok)
	}
	na[21] = 64 // it has come through a router
	if _, _, ok := parseIsAt(na); ok {
		t.Error("an advertisement from another link is believed")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(appendSYN(nil, mac{}, mac{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.9"), 1, 2, 3))
	f.Add(appendSYN(nil, mac{}, mac{}, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:1::2"), 1, 2, 3))
	f.Add(appendWhoHas(nil, mac{}, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, ok := parseTCP(b); !ok && r != (reply{}) || ok && !r.src.IsValid() {
			t.Errorf("%+v %v", r, ok)
		}
		if who, _, ok := parseIsAt(b); ok != who.IsValid() {
			t.Errorf("%v %v", who, ok)
		}
	})
}

// segment is what a host answers to a SYN of a sweep.
func segment(src netip.Addr, sport, dport uint16, ack uint32, flags byte) []byte {
	f := appendSYN(nil, mac{}, mac{}, src, src, sport, dport, 99)
	t := len(f) - synBytes
	binary.BigEndian.PutUint32(f[t+8:], ack)
	f[t+13] = flags
	return f
}

// What comes back counts for the position that it was sent to, and only if it was.
func TestSweepReadsAnswers(t *testing.T) {
	r, _ := newRun(items("192.0.2.10", "192.0.2.11", "2001:db8::12", "192.0.2.13"), Plan{Check: lineCheck(), Ports: []check.Port{{Number: 445}, {Number: 80}}})
	s := &session{Run: r, agendas: newAgendas(r)}
	l := &loop{session: s, bell: -1, start: time.Now()}
	w := &sweep{session: s, l: l, port: 61000, key: [2]uint64{0x1234567, 0x89abcdef12345679}, ring: make([]entry, 256), mask: 255, heads: []uint64{4, 0}, sent: [][]int64{make([]int64, 4), make([]int64, 4)}}
	seq := func(position uint64, port uint16) uint32 {
		return w.hash(s.Source.At(position).Addr, port) ^ uint32(position)<<(32-ringBits)
	}
	addr := func(position uint64) netip.Addr { return s.Source.At(position).Addr }
	in := func(f []byte) { w.frame(nil, f) }

	in(segment(addr(0), 445, 61000, seq(0, 445)+1, tcpSYN|tcpACK))
	in(segment(addr(1), 445, 61000, seq(1, 445)+1, tcpRST|tcpACK))
	in(segment(addr(2), 80, 61000, seq(2, 80)+1, tcpSYN|tcpACK))
	in(segment(addr(3), 445, 61001, seq(3, 445)+1, tcpSYN|tcpACK)) // to another port of ours
	in(segment(addr(3), 445, 61000, seq(3, 445)+2, tcpSYN|tcpACK)) // to nothing that was sent
	in(segment(addr(3), 80, 61000, seq(3, 445)+1, tcpSYN|tcpACK))  // from another port
	in(segment(addr(3), 445, 61000, seq(0, 445)+1, tcpSYN|tcpACK)) // with the number of another host
	in(segment(netip.MustParseAddr("192.0.2.99"), 445, 61000, (w.hash(netip.MustParseAddr("192.0.2.99"), 445)^3<<(32-ringBits))+1, tcpSYN|tcpACK))
	if got, want := w.ring[:4], [4]entry{{open: 1}, {closed: 1}, {open: 2}, {}}; [4]entry(got) != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(w.batch) != 0 {
		t.Error("a host was handed on before its other port had answered")
	}
	in(segment(addr(0), 80, 61000, seq(0, 80)+1, tcpRST|tcpACK))
	in(segment(addr(0), 80, 61000, seq(0, 80)+1, tcpSYN|tcpACK)) // too late
	if len(w.batch) != 1 || w.batch[0] != (arrival{position: 0, open: 1, closed: 2}) {
		t.Error("a host whose ports have all answered was not handed on as it is")
	}
	// At the end of the wait the half-known host is handed on, the dark one is counted and forgotten.
	r.All = false
	w.settle(1)
	w.settle(3)
	w.deliver()
	if l.arrivals.size != 2 || r.Stats.Addresses.Load() != 1 || r.Stats.Asked.Load() != 2 {
		t.Errorf("%d arrivals, %d addresses, %d asked", l.arrivals.size, r.Stats.Addresses.Load(), r.Stats.Asked.Load())
	}
}

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
		l.sweep, l.swept = &sweep{}, true
		l.start = l.start.Add(-time.Minute)
		l.arrivals.push(arrival{position: 0, sent: int64(58 * time.Second), open: 1, closed: 2})
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
