package tds

import (
	"bytes"
	"errors"
	"testing"
)

func TestUnwrap(t *testing.T) {
	hello := append([]byte{0x16, 3, 3, 0x13, 0x84}, bytes.Repeat([]byte{5}, 5000)...)
	wrapped := AppendWrapped(nil, hello)
	if len(wrapped) != len(hello)+2*HeaderSize || wrapped[0] != TypePrelogin || wrapped[1] != 0 {
		t.Fatalf("%d bytes, head %x", len(wrapped), wrapped[:8])
	}
	// As a stream delivers it: nothing is lost, whatever the cut.
	for _, cut := range []int{1, 7, 8, 100, 4095, 4096, 4097, 5000, len(wrapped)} {
		var tls, pending []byte
		for i := 0; i < len(wrapped); i += cut {
			pending = append(pending, wrapped[i:min(i+cut, len(wrapped))]...)
			var err error
			if tls, pending, err = Unwrap(tls, pending); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(tls, hello) || len(pending) != 0 {
			t.Errorf("in pieces of %d: %d bytes, %d left", cut, len(tls), len(pending))
		}
	}
	if got := AppendWrapped([]byte{1}, nil); len(got) != 1 {
		t.Errorf("an empty flight became %x", got)
	}
}

func TestUnwrapRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		refused  bool
	}{
		{"a login message", "1001000900000100" + "16", false},
		{"a raw TLS record", "160303000102", false},
		{"an error token", "0401001100000100" + "aa0600000000000000", true},
	} {
		tls, rest, err := Unwrap(nil, unhex(t, c.in))
		if err == nil || errors.Is(err, ErrRefused) != c.refused || tls != nil || rest != nil {
			t.Errorf("%s: %x %x %v", c.name, tls, rest, err)
		}
	}
	// Tabular packets that carry TLS are read; an 0xaa further on is TLS, not an error token.
	tls, _, err := Unwrap([]byte{0x16}, unhex(t, "0401000900000100"+"aa"))
	if err != nil || !bytes.Equal(tls, []byte{0x16, 0xaa}) {
		t.Errorf("%x, %v", tls, err)
	}
	if _, _, err := Unwrap(make([]byte, MaxMessage), unhex(t, "1201000900000100"+"16")); err == nil {
		t.Error("a flight without end was read")
	}
}

// What is unwrapped and wrapped again unwraps to the same.
func FuzzUnwrap(f *testing.F) {
	f.Add(AppendWrapped(nil, []byte{0x16, 3, 1, 0, 1, 2}))
	f.Add(unhex(f, "0401001100000100"+"aa0600000000000000"))
	f.Add(unhex(f, "12000009000001001612010009000002000312"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tls, rest, err := Unwrap(nil, b)
		if err != nil {
			if tls != nil || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if !bytes.HasSuffix(b, rest) || len(tls) > len(b) {
			t.Fatal("more came out than went in")
		}
		again, rest, err := Unwrap(nil, AppendWrapped(nil, tls))
		if err != nil || !bytes.Equal(again, tls) || len(rest) != 0 {
			t.Fatalf("%x came back as %x (%v)", tls, again, err)
		}
	})
}
