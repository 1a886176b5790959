//go:build linux && (amd64 || arm64)

package sweep

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
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
