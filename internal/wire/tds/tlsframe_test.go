package tds

import (
	"bytes"
	"errors"
	"testing"
)

// unwrap drains what has arrived, as a driver does.
func unwrap(t testing.TB, tls, b []byte) (out, rest []byte) {
	t.Helper()
	for {
		part, n, err := Unwrap(b, len(tls) == 0)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return tls, b
		}
		tls, b = append(tls, part...), b[n:]
	}
}

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
			tls, pending = unwrap(t, tls, append(pending, wrapped[i:min(i+cut, len(wrapped))]...))
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
		tls, n, err := Unwrap(unhex(t, c.in), true)
		if err == nil || errors.Is(err, ErrRefused) != c.refused || tls != nil || n != 0 {
			t.Errorf("%s: %x %d %v", c.name, tls, n, err)
		}
	}
	// Tabular packets that carry TLS are read; an 0xaa further on is TLS, not an error token.
	tls, n, err := Unwrap(unhex(t, "0401000900000100"+"aa"+"04"), false)
	if err != nil || !bytes.Equal(tls, []byte{0xaa}) || n != 9 {
		t.Errorf("%x %d %v", tls, n, err)
	}
}

// What is unwrapped and wrapped again unwraps to the same.
func FuzzUnwrap(f *testing.F) {
	f.Add(AppendWrapped(nil, []byte{0x16, 3, 1, 0, 1, 2}))
	f.Add(unhex(f, "0401001100000100"+"aa0600000000000000"))
	f.Add(unhex(f, "12000009000001001612010009000002000312"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tls, n, err := Unwrap(b, true)
		if err != nil || n == 0 {
			if tls != nil || n != 0 {
				t.Fatal("results beside an error")
			}
			return
		}
		if n != HeaderSize+len(tls) {
			t.Fatalf("%d bytes out of a packet of %d", len(tls), n)
		}
		if again, rest := unwrap(t, nil, AppendWrapped(nil, tls)); !bytes.Equal(again, tls) || len(rest) != 0 {
			t.Fatalf("%x came back as %x", tls, again)
		}
	})
}
