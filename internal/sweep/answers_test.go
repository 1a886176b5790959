//go:build linux && (amd64 || arm64)

package sweep

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
)

// segment is what a host answers to a SYN of a sweep.
func segment(src netip.Addr, sport, dport uint16, ack uint32, flags byte) []byte {
	f := appendSYN(nil, mac{}, mac{}, src, src, sport, dport, 99)
	t := len(f) - synBytes
	binary.BigEndian.PutUint32(f[t+8:], ack)
	f[t+13] = flags
	return f
}

// What comes back counts for the position that it was sent to, and only if it was.
func TestAnswers(t *testing.T) {
	s, work, _ := standby([]uint16{445, 80}, "192.0.2.10", "192.0.2.11", "2001:db8::12", "192.0.2.13")
	s.heads[0] = 4
	seq := func(position uint64, port uint16) uint32 {
		return s.hash(work.addrs[position], port) ^ uint32(position)<<(32-ringBits)
	}
	in := func(f []byte) { s.frame(nil, f) }

	in(segment(work.addrs[0], 445, 61000, seq(0, 445)+1, tcpSYN|tcpACK))
	in(segment(work.addrs[1], 445, 61000, seq(1, 445)+1, tcpRST|tcpACK))
	in(segment(work.addrs[2], 80, 61000, seq(2, 80)+1, tcpSYN|tcpACK))
	in(segment(work.addrs[3], 445, 61001, seq(3, 445)+1, tcpSYN|tcpACK)) // to another port of ours
	in(segment(work.addrs[3], 445, 61000, seq(3, 445)+2, tcpSYN|tcpACK)) // to nothing that was sent
	in(segment(work.addrs[3], 80, 61000, seq(3, 445)+1, tcpSYN|tcpACK))  // from another port
	in(segment(work.addrs[3], 445, 61000, seq(0, 445)+1, tcpSYN|tcpACK)) // with the number of another host
	in(segment(netip.MustParseAddr("192.0.2.99"), 445, 61000, (s.hash(netip.MustParseAddr("192.0.2.99"), 445)^3<<(32-ringBits))+1, tcpSYN|tcpACK))
	if got, want := s.ring[:4], [4]entry{{open: 1}, {closed: 1}, {open: 2}, {}}; [4]entry(got) != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(work.found) != 0 {
		t.Error("a host was settled before its other port had answered")
	}
	in(segment(work.addrs[0], 80, 61000, seq(0, 80)+1, tcpRST|tcpACK))
	in(segment(work.addrs[0], 80, 61000, seq(0, 80)+1, tcpSYN|tcpACK)) // too late
	s.settle(0)
	// At the end of the wait whatever is known of the others is told as it is.
	s.settle(1)
	s.settle(3)
	want := []Found{{Position: 0, Open: 1, Closed: 2}, {Position: 1, Closed: 1}, {Position: 3}}
	if !slices.Equal(work.found, want) {
		t.Errorf("found %+v, want %+v", work.found, want)
	}
}
