package netbios

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
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

func TestNeed(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
		err  error
	}{
		{"", 4, nil},
		{"00", 4, nil},
		{"000000", 4, nil},
		{"00000000", 4, nil},
		{"000000b2", 182, nil},
		{"82000000", 4, nil},
		{"8200000a", 14, nil}, // a positive reply with a body
		{"83000001", 5, nil},
		{"00010000", 4 + MaxFrame, nil},
		{"00010001", 0, ErrLength},
		{"00ffffff", 0, ErrLength},
		{"16", 0, ErrType}, // TLS
		{"48545450", 0, ErrType},
		{"ff534d42", 0, ErrType},
		{"80", 0, ErrType},
		{"86", 0, ErrType},
	} {
		got, err := Need(unhex(t, c.in))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Need(%s) = %d, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
	}
	if _, err := Need([]byte{0, 0xff, 0xff, 0xff}); !strings.Contains(err.Error(), "16777215") {
		t.Errorf("the error does not name the length: %v", err)
	}
}

func TestReadSplits(t *testing.T) {
	f, rest, err := Read(unhex(t, "00000002aabb0000"))
	if err != nil || f.Type != SessionMessage || !bytes.Equal(f.Payload, []byte{0xaa, 0xbb}) || len(rest) != 2 {
		t.Fatalf("got %+v, rest %x, %v", f, rest, err)
	}
	if f, rest, err := Read(unhex(t, "00000002aa")); !errors.Is(err, ErrShort) || f.Payload != nil || rest != nil {
		t.Fatalf("half a frame: %+v %x %v", f, rest, err)
	}
}

// The bytes of protocols that a Samba 4.17 server answered with 82000000.
func TestSessionRequestGolden(t *testing.T) {
	const want = "8100004420434b4644454e45434644454646434647454646434341434143414341434143410020454246464545454a46454341434143414341434143414341434143414341414100"
	got := AppendSessionRequest(nil, NewName(AnyServer, SuffixFileServer), NewName("AUDIT", SuffixWorkstation))
	if hex.EncodeToString(got) != want {
		t.Fatalf("got  %x\nwant %s", got, want)
	}
}

func TestSessionReply(t *testing.T) {
	for _, c := range []struct {
		in   string
		want SessionReply
	}{
		{"82000000", SessionReply{Type: PositiveResponse}},
		{"8200000400000000", SessionReply{Type: PositiveResponse}},
		{"8300000182", SessionReply{Type: NegativeResponse, Code: CalledNameNotPresent}},
		{"830000018f", SessionReply{Type: NegativeResponse, Code: UnspecifiedError}},
		{"840000060a000001008b", SessionReply{Type: RetargetResponse, Addr: [4]byte{10, 0, 0, 1}, Port: 139}},
	} {
		f, rest, err := Read(unhex(t, c.in))
		if err != nil || len(rest) != 0 {
			t.Fatalf("%s: %v, rest %x", c.in, err, rest)
		}
		got, err := ParseSessionReply(f)
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
	for _, bad := range []Frame{{Type: NegativeResponse}, {Type: RetargetResponse, Payload: make([]byte, 5)}, {Type: SessionMessage}, {Type: KeepAlive}} {
		if got, err := ParseSessionReply(bad); err == nil || got != (SessionReply{}) {
			t.Errorf("%+v: got %+v, %v; want an error", bad, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	n := NewName("fileserver-with-a-long-name", SuffixFileServer)
	if n.String() != "FILESERVER-WITH" || n.Suffix() != 0x20 {
		t.Errorf("got %q suffix %#x", n, n.Suffix())
	}
	if s := (Name{'A', 0x1b, '[', 'm'}).String(); s != "A?[m" {
		t.Errorf("a control byte survives: %q", s)
	}
}

// recordedStatus is what Samba 4.17's nmbd, named SIGLAB1 in the workgroup LABGRP, answered to AppendStatusRequest(0x1234).
const recordedStatus = "12348400000000010000000020434b4141414141414141414141414141414141414141414141414141414141410000210001000000000089" +
	"055349474c41423120202020202020200004005349474c41423120202020202020200304005349474c41423120202020202020202004004c414247525020" +
	"20202020202020200084004c41424752502020202020202020201e8400" +
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

func TestNodeStatus(t *testing.T) {
	const wantRequest = "12340000000100000000000020434b4141414141414141414141414141414141414141414141414141414141410000210001"
	if got := hex.EncodeToString(AppendStatusRequest(nil, 0x1234)); got != wantRequest {
		t.Errorf("request\n%s, want\n%s", got, wantRequest)
	}
	b := unhex(t, recordedStatus)
	s, err := ParseStatus(b)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := s.FileServer(); !ok || n != NewName("SIGLAB1", SuffixFileServer) {
		t.Errorf("file server %q, %v", n, ok)
	}
	if s.ID != 0x1234 || len(s.Names) != 5 || s.Names[3].Name.String() != "LABGRP" || !s.Names[3].Group() || s.Names[0].Group() {
		t.Errorf("got %+v", s)
	}
	if got := AppendStatus(nil, s); !bytes.Equal(got, b) {
		t.Errorf("encoded again\n%x, want\n%x", got, b)
	}
	for cut := range b[:len(b)-46] {
		if s, err := ParseStatus(b[:cut]); err == nil || s.Names != nil {
			t.Fatalf("%d of %d bytes: %+v, %v", cut, len(b), s, err)
		}
	}
	asks := bytes.Clone(b)
	asks[5] = 1
	if _, err := ParseStatus(asks); err == nil {
		t.Error("a response with a question was read")
	}
	group := Status{Names: []StatusName{{Name: NewName("WORK", SuffixFileServer), Flags: groupName}}}
	if n, ok := group.FileServer(); ok {
		t.Errorf("a group was taken for a file server: %q", n)
	}
	refused := bytes.Clone(b)
	refused[3] |= 3
	if _, err := ParseStatus(refused); err == nil {
		t.Error("a refusal was read as an answer")
	}
	if _, err := ParseStatus(AppendStatusRequest(nil, 1)); err == nil {
		t.Error("a request was read as an answer")
	}
}
