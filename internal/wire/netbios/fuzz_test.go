package netbios

import (
	"bytes"
	"testing"
)

// FuzzRead: what parses encodes to the same bytes, no wait exceeds the cap, and errors come with zero results.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"82000000", "8300000182", "840000060a000001008b", "00000002aabb85000000", "00ffffff", "1603"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := Need(b); n > HeaderSize+MaxFrame || (err != nil && n != 0) {
			t.Fatalf("Need = %d, %v", n, err)
		}
		fr, rest, err := Read(b)
		if err != nil {
			if fr.Type != 0 || fr.Payload != nil || rest != nil {
				t.Fatalf("results with an error: %+v %x", fr, rest)
			}
			return
		}
		if got := append(Append(nil, fr), rest...); !bytes.Equal(got, b) {
			t.Fatalf("encoded again %x, want %x", got, b)
		}
		r, err := ParseSessionReply(fr)
		if err != nil {
			if r != (SessionReply{}) {
				t.Fatalf("results with an error: %+v", r)
			}
			return
		}
		again, _, err := Read(AppendSessionReply(nil, r))
		if err != nil {
			t.Fatal(err)
		}
		if r2, err := ParseSessionReply(again); err != nil || r2 != r {
			t.Fatalf("got %+v, %v; want %+v", r2, err, r)
		}
	})
}

// FuzzParseStatus: what parses says the same after it was encoded again.
func FuzzParseStatus(f *testing.F) {
	f.Add(unhex(f, recordedStatus))
	f.Add(AppendStatusRequest(nil, 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseStatus(b)
		if err != nil {
			if s.Names != nil || s.ID != 0 || s.Unit != ([6]byte{}) {
				t.Fatalf("results with an error: %+v", s)
			}
			return
		}
		if 18*len(s.Names) > len(b) {
			t.Fatalf("%d names out of %d bytes", len(s.Names), len(b))
		}
		one := AppendStatus(nil, s)
		s2, err := ParseStatus(one)
		if err != nil || !bytes.Equal(AppendStatus(nil, s2), one) {
			t.Fatalf("%x: %v", one, err)
		}
	})
}
