package capture_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"signet"
	"signet/internal/capture/capturetest"
)

// Extension headers of IPv6 (RFC 8200 §4).
const (
	hopByHop       = 0
	routing        = 43
	fragmentHeader = 44
	authentication = 51
	noNext         = 59
	destination    = 60
)

// TestExtensionHeaders: what stands between an IPv6 header and TCP hides nothing, whole or in fragments.
func TestExtensionHeaders(t *testing.T) {
	packets := capturetest.Packets(connections(t, samba, "192.0.2.5", true)...)
	want, _ := hearBytes(t, pcap(packets))
	if len(want) != 1 {
		t.Fatal(want)
	}
	for _, chain := range [][]byte{
		{hopByHop}, {destination}, {routing}, {fragmentHeader}, {authentication}, {hopByHop, destination, routing, fragmentHeader, authentication},
		{fragmentHeader, destination}, {fragmentHeader, fragmentHeader},
	} {
		long := capturetest.Extend(packets, chain...)
		if got, _ := hearBytes(t, pcap(long)); !equal(got, want) {
			t.Errorf("%v: %v", chain, got)
		}
		if got, _ := hearBytes(t, pcap(capturetest.Fragment(long, 64))); !equal(got, want) {
			t.Errorf("%v in fragments: %v", chain, got)
		}
	}
	// What is encrypted, ends before TCP or is longer than anything sane tells nothing.
	for _, chain := range [][]byte{{noNext}, {50}, slices.Repeat([]byte{destination}, 200), slices.Repeat([]byte{fragmentHeader}, 200), slices.Repeat([]byte{authentication}, 200)} {
		if got, _ := hearBytes(t, pcap(capturetest.Extend(packets, chain...))); len(got) != 0 {
			t.Errorf("%d headers of type %d: %v", len(chain), chain[0], got)
		}
	}
}

// TestExtensionHeadersCut: of headers that claim more than there is nothing is made up.
func TestExtensionHeadersCut(t *testing.T) {
	packets := capturetest.Packets(connections(t, samba, "192.0.2.5", true)...)
	for _, typ := range []byte{hopByHop, routing, authentication, destination} {
		long := capturetest.Extend(packets, typ)
		for i := range long {
			long[i].Data[41] = 0xff // its length
		}
		if got, _ := hearBytes(t, pcap(long)); len(got) != 0 {
			t.Errorf("type %d, too long: %v", typ, got)
		}
		for at := 40; at < 60; at++ {
			short := capturetest.Extend(packets, typ)
			for i := range short {
				short[i].Data = short[i].Data[:min(at, len(short[i].Data))]
			}
			if got, _ := hearBytes(t, pcap(short)); len(got) != 0 {
				t.Errorf("type %d, cut at %d: %v", typ, at, got)
			}
		}
	}
}

// TestFragments: the order of fragments and their repetition change nothing. One that is missing, or that overlaps another
// (RFC 5722), leaves unknown what it carried: it never makes another level.
func TestFragments(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		packets := capturetest.Packets(connections(t, samba, "192.0.2.5", v6)[1:2]...)
		want, _ := hearBytes(t, pcap(packets))
		pieces := capturetest.Fragment(packets, 64)
		if len(pieces) < len(packets)+4 {
			t.Fatalf("%d packets in %d fragments", len(packets), len(pieces))
		}
		back := slices.Clone(pieces)
		slices.Reverse(back)
		double := []capturetest.Packet{}
		for _, p := range pieces {
			double = append(double, p, p)
		}
		for name, list := range map[string][]capturetest.Packet{"backwards": back, "twice": double} {
			if got, _ := hearBytes(t, pcap(list)); !equal(got, want) {
				t.Errorf("%s, IPv6 %v: %v", name, v6, got)
			}
		}
		lost := 0
		for i := range pieces {
			without := slices.Delete(slices.Clone(pieces), i, i+1)
			got, _ := hearBytes(t, pcap(without))
			if !equal(got, want) {
				lost++
			}
			neverElse(t, got, want, "without a fragment", v6)

			// The same place once more, with other bytes, before and after the true one.
			forged := capturetest.Packet{At: pieces[i].At, Data: slices.Clone(pieces[i].Data)}
			from := offset(forged.Data, v6)
			if from < 0 {
				continue // whole packets that differ are TCP's to tell apart
			}
			// In the second fragment of a negotiate response that is SecurityMode: behind the headers of TCP, of the transport
			// and of SMB 2 and its own StructureSize. 2 is SIGNING_REQUIRED ([MS-SMB2] 2.2.4).
			const mode = 20 + 4 + 64 + 2 - 64
			if from+mode >= len(forged.Data) {
				continue
			}
			forged.Data[from+mode] ^= 2
			for _, at := range []int{i, i + 1} {
				got, _ := hearBytes(t, pcap(slices.Insert(slices.Clone(pieces), at, forged)))
				neverElse(t, got, want, "overlapping", v6)
			}
		}
		if lost == 0 {
			t.Error("no fragment was missed")
		}
	}
}

// offset is where in a packet a fragment's bytes begin; -1 for a whole packet.
func offset(b []byte, v6 bool) int {
	switch {
	case v6 && b[6] == fragmentHeader:
		return 48
	case !v6 && binary.BigEndian.Uint16(b[6:])&0x3fff != 0:
		return 20
	}
	return -1
}

// neverElse: what is known of an endpoint is what was known, or less.
func neverElse(t *testing.T, got, want heard, what string, v6 bool) {
	t.Helper()
	for endpoint, facts := range got {
		if v, w := judged(t, endpoint, facts), judged(t, endpoint, want[endpoint]); v != w && v != signet.Undetermined {
			t.Errorf("%s, IPv6 %v: %s is judged %v, not %v", what, v6, endpoint, v, w)
		}
	}
}
