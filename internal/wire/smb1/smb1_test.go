package smb1

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func message(t testing.TB, framed string) []byte { return unhex(t, framed)[4:] }

func TestRequests(t *testing.T) {
	const golden = "0000002fff534d4272000000001853c8000000000000000000000000ffff9d0800000000000c00024e54204c4d20302e313200"
	if got := hex.EncodeToString(AppendNegotiate(nil)); got != golden || golden != asked {
		t.Errorf("negotiate\n%s, want\n%s", got, golden)
	}
	const multi = "00000045ff534d4272000000001853c8000000000000000000000000ffff3d5200000000002200024e54204c4d20302e31320002534d4220322e3030320002534d4220322e3f3f3f00"
	if got := hex.EncodeToString(AppendMultiProtocol(nil)); got != multi {
		t.Errorf("multi-protocol negotiate\n%s, want\n%s", got, multi)
	}
	token := message(t, askedSetup)[HeaderSize+1+24+2:][:74]
	if got := hex.EncodeToString(AppendSessionSetup([]byte("abc"), token)[3:]); got != askedSetup {
		t.Errorf("session setup\n%s, want\n%s", got, askedSetup)
	}
}

// A server may drop every other session of an address that opens virtual circuit 0.
func TestVirtualCircuitIsNotZero(t *testing.T) {
	words := message(t, askedSetup)[HeaderSize+1:]
	if words[8] == 0 && words[9] == 0 {
		t.Error("virtual circuit number 0")
	}
}

func TestParseNegotiate(t *testing.T) {
	n, err := ParseNegotiate(message(t, answerMandatory))
	if err != nil {
		t.Fatal(err)
	}
	if n.SecurityMode != UserLevel|EncryptPasswords|SigningEnabled|SigningRequired || !n.ExtendedSecurity() || !n.Accepted() ||
		string(n.GUID[:7]) != "siglab1" || len(n.Token) != 74 || n.Challenge != nil {
		t.Errorf("got %+v", n)
	}
	n, err = ParseNegotiate(message(t, answerPlain))
	if err != nil || n.SecurityMode != UserLevel || n.ExtendedSecurity() || n.Domain != "LABGRP" || n.Server != "SIGLAB1" || n.Token != nil {
		t.Errorf("plain text passwords: %+v, %v", n, err)
	}
	n, err = ParseNegotiate(message(t, answerNone))
	if err != nil || n.WordCount != 1 || n.DialectIndex != NoDialect || n.Accepted() || n.SecurityMode != 0 {
		t.Errorf("no dialect: %+v, %v", n, err)
	}
	core := message(t, answerNone)
	core[HeaderSize+1], core[HeaderSize+2] = 0, 0
	if n, err := ParseNegotiate(core); err != nil || !n.Accepted() {
		t.Errorf("core protocol: %+v, %v", n, err)
	}
}

func TestBadNegotiates(t *testing.T) {
	change := func(at int, with ...byte) []byte {
		msg := message(t, answerMandatory)
		copy(msg[at:], with)
		return msg
	}
	for name, msg := range map[string][]byte{
		"status":           change(5, 0x22, 0, 0, 0xc0),
		"other command":    change(4, CommandSessionSetup),
		"a request":        change(9, 0x18),
		"words cut":        change(HeaderSize, 0xff),
		"no words":         change(HeaderSize, 0),
		"bytes past end":   change(HeaderSize+1+34, 0xff, 0xff),
		"no room for GUID": change(HeaderSize+1+34, 15, 0),
		"header cut":       change(0)[:31],
		"nothing":          nil,
	} {
		if n, err := ParseNegotiate(msg); err == nil || n.WordCount != 0 || n.Token != nil {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
	if _, err := ParseHeader([]byte("\xfeSMB")); !errors.Is(err, ErrProtocol) {
		t.Errorf("an SMB 2 answer: %v", err)
	}
}

func TestParseSessionSetup(t *testing.T) {
	msg := message(t, answerSetup)
	r, err := ParseSessionSetup(msg)
	if err != nil || r.Status != StatusMoreProcessing || !r.NTStatus || r.NativeOS != "Windows 6.1" || r.NativeLanMan != "Samba 4.17.12-Debian" ||
		r.Domain != "LABGRP" || !bytes.Contains(r.Token, []byte("NTLMSSP\x00\x02")) {
		t.Fatalf("got %+v, %v", r, err)
	}
	refused := AppendHeader(nil, Header{Command: CommandSessionSetup, Flags: flagReply, Flags2: flags2NTStatus, Status: 0xc000000d})
	if r, err := ParseSessionSetup(append(refused, 0, 0, 0)); err != nil || r.Status != 0xc000000d || r.Token != nil {
		t.Errorf("a refusal: %+v, %v", r, err)
	}
	empty := AppendHeader(nil, Header{Command: CommandSessionSetup, Flags: flagReply, Flags2: flags2NTStatus})
	if r, err := ParseSessionSetup(append(empty, 0, 0, 0)); err == nil {
		t.Errorf("success without words: %+v", r)
	}
	long := bytes.Clone(msg)
	long[HeaderSize+1+6], long[HeaderSize+1+7] = 0xff, 0xff
	if r, err := ParseSessionSetup(long); err == nil || r.Token != nil || r.Status != 0 {
		t.Errorf("a token past the end: %+v, %v", r, err)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		in   string
		wide bool
		want string
		rest int
	}{
		{"610062000000" + "6300", true, "ab", 2},
		{"61006200", true, "ab", 0},
		{"610062", true, "a", 0},
		{"00d8", true, "\uFFFD", 0}, // half a surrogate pair
		{"61620063", false, "ab", 1},
		{"61e9", false, "a\uFFFD", 0},
		{"", true, "", 0},
	} {
		s, rest := cutText(unhex(t, c.in), c.wide)
		if s != c.want || len(rest) != c.rest {
			t.Errorf("%s: %q and %d left, want %q and %d", c.in, s, len(rest), c.want, c.rest)
		}
	}
}
