package names

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Recorded from responders started for the purpose at 10.99.33.2, asked with id 0x5133: avahi-daemon 0.8 over UDP,
// systemd-resolved 252 over TCP (it drops the same question over UDP, as RFC 4795 §2.4 wants).
const (
	avahi    = "513384000001000100000000013202333302393902313007696e2d61646472046172706100000c0001c00c000c00010000000a0011097369676e65746c6162056c6f63616c00"
	resolved = "513380000001000100000000013202333302393902313007696e2d61646472046172706100000c0001c00c000c00010000001e000b097369676e657472657300"
)

func host() []byte { return []byte{10, 99, 33, 2} }

func TestAppendQuestion(t *testing.T) {
	want := "513300000001000000000000 0132 023333 023939 023130 07696e2d61646472 0461727061 00 000c 0001"
	if got := AppendQuestion(nil, 0x5133, host()); string(got) != string(unhex(t, want)) {
		t.Errorf("got %x", got)
	}
}

func TestReverseName(t *testing.T) {
	for want, addr := range map[string]string{
		"7.2.0.192.in-addr.arpa": "c0000207",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": "20010db8000000000000000000000001",
		"": "c00002",
	} {
		if got := ReverseName(unhex(t, addr)); got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

func TestParseAnswer(t *testing.T) {
	const question = "0132 023333 023939 023130 07696e2d61646472 0461727061 00 000c0001"
	for _, c := range []struct {
		name, in string
		p        Protocol
		want     Answer
		fails    string
	}{
		{name: "avahi", in: avahi, p: MDNS, want: Answer{Name: "signetlab.local"}},
		{name: "systemd-resolved", in: resolved, p: LLMNR, want: Answer{Name: "signetres"}},
		{name: "no such name", in: "5133 8003 0001 0000 0000 0000" + question, p: LLMNR, want: Answer{RCode: 3}},
		{name: "mdns without id and question", in: "0000 8400 0000 0001 0000 0000" + question[:len(question)-8] + "000c 8001 00000078 0003 0161 00", p: MDNS, want: Answer{Name: "a"}},
		{name: "a record that is no pointer", in: "5133 8000 0001 0001 0000 0000" + question + "c00c 0001 0001 00000078 0004 0a632102", p: LLMNR},
		{name: "text of the peer is escaped", in: "5133 8000 0001 0001 0000 0000" + question + "c00c 000c 0001 00000078 0006 041b5b2e5c 00", p: LLMNR, want: Answer{Name: `\027[\.\\`}},
		{name: "llmnr without id", in: "0000" + resolved[4:], p: LLMNR, fails: "question 0"},
		{name: "another question's id", in: "5134" + avahi[4:], p: MDNS, fails: "question 20788"},
		{name: "about another address", in: strings.Replace(avahi, "0132023333", "0133023333", 1), p: MDNS, fails: "asked about"},
		{name: "a question", in: "5133 0000 0001 0000 0000 0000" + question, p: LLMNR, fails: "flags"},
		{name: "another opcode", in: "5133 a800" + resolved[8:], p: LLMNR, fails: "flags"},
		{name: "mdns about nothing", in: "0000 8400 0000 0000 0000 0000", p: MDNS, fails: "nothing that was asked"},
		{name: "owner is another", in: "0000 8400 0000 0001 0000 0000 0162 00 000c 0001 00000078 0003 0161 00", p: MDNS, fails: "nothing that was asked"},
		{name: "short", in: resolved[:22], p: LLMNR, fails: "11 octets"},
		{name: "question cut", in: resolved[:70], p: LLMNR, fails: "names:"},
		{name: "answer cut", in: resolved[:len(resolved)-2], p: LLMNR, fails: "are there"},
		{name: "pointer to itself", in: "5133 8000 0000 0001 0000 0000 c00c 000c 0001 00000078 0000", p: LLMNR, fails: "domain name"},
		{name: "pointer forward", in: "5133 8000 0000 0001 0000 0000 c010 000c 0001 00000078 0000", p: LLMNR, fails: "domain name"},
		{name: "reserved label", in: "5133 8000 0000 0001 0000 0000 41" + strings.Repeat("61", 65) + "00 0001 0001 00000078 0000", p: LLMNR, fails: "domain name"},
		{name: "data longer than its name", in: "5133 8000 0001 0001 0000 0000" + question + "c00c 000c 0001 00000078 0004 0161 00 00", p: LLMNR, fails: "domain name"},
		{name: "name of 257", in: "5133 8000 0000 0001 0000 0000" + strings.Repeat("3f"+strings.Repeat("61", 63), 4) + "00 0001 0001 00000078 0000", p: LLMNR, fails: "domain name"},
		{name: "too many records", in: "5133 8000 0001 0040 0000 0000" + question, p: LLMNR, fails: "65 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseAnswer(unhex(t, c.in), c.p, 0x5133, host())
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("err = %v, want %q", err, c.fails)
			}
		})
	}
	if _, err := ParseAnswer(unhex(t, "51338000000100010000000000000c0001 00 000c 0001 00000078 0003 0161 00"), LLMNR, 0x5133, nil); err == nil {
		t.Error("the root was taken for an address")
	}
}

// TestWindowsAnswersItsAddress reads what a Windows server said to the same question when it came by multicast.
func TestWindowsAnswersItsAddress(t *testing.T) {
	corpus := os.Getenv("SIGNET_CORPUS")
	if corpus == "" {
		t.Skip("SIGNET_CORPUS is not set: no folder of captures")
	}
	b, err := os.ReadFile(filepath.Join(corpus, "pcaps", "zeek_zeek__smb_v2_only_non_zero_reserved1.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	le, seen := binary.LittleEndian, 0
	for b = b[24:]; len(b) >= 16; {
		n := int(le.Uint32(b[8:]))
		frame := b[16 : 16+n]
		b = b[16+n:]
		// Ethernet, IPv4 of 20 octets, UDP from 5355.
		if n < 42 || frame[12] != 8 || frame[13] != 0 || frame[14] != 0x45 || frame[23] != 17 || binary.BigEndian.Uint16(frame[34:]) != 5355 {
			continue
		}
		message := frame[42:]
		a, err := ParseAnswer(message, LLMNR, binary.BigEndian.Uint16(message), frame[26:30])
		if err != nil || a.Name != "WIN-I82B81NSLLJ" {
			t.Errorf("%+v, %v", a, err)
		}
		seen++
	}
	if seen < 2 {
		t.Errorf("%d answers in the capture, want at least 2", seen)
	}
}
