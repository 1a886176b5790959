package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func box(t *testing.T, b byte) *Box {
	t.Helper()
	x, err := New(bytes.Repeat([]byte{b}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestSeal(t *testing.T) {
	one, other := box(t, 1), box(t, 2)
	for _, secret := range []string{"", "a word", "schlüssel\x00", strings.Repeat("x", 100_000)} {
		sealed := one.Seal("channel/a", secret)
		if got, err := one.Open("channel/a", sealed); err != nil || got != secret {
			t.Errorf("%.20q: %.20q, %v", secret, got, err)
		}
		if secret != "" && strings.Contains(sealed, secret) {
			t.Errorf("%.20q stands in what is sealed", secret)
		}
		if again := one.Seal("channel/a", secret); again == sealed {
			t.Errorf("%.20q is sealed alike twice", secret)
		}
		if _, err := one.Open("channel/b", sealed); !errors.Is(err, ErrDamaged) {
			t.Errorf("in another place: %v", err)
		}
		if _, err := other.Open("channel/a", sealed); !errors.Is(err, ErrOtherKey) {
			t.Errorf("with another key: %v", err)
		}
		for _, bad := range []string{"", "sealed1", sealed + "A", sealed[:len(sealed)-2], "sealed2" + sealed[7:], strings.Replace(sealed, ":", "", 1), swapped(sealed)} {
			if _, err := one.Open("channel/a", bad); !errors.Is(err, ErrDamaged) {
				t.Errorf("%.40q: %v", bad, err)
			}
		}
	}
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := New(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes", n)
		}
	}
}

// swapped is what is sealed with one character of it changed.
func swapped(sealed string) string {
	b := []byte(sealed)
	if i := len(b) - 10; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func FuzzOpen(f *testing.F) {
	b, err := New(make([]byte, KeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Seal("p", "s"))
	f.Add("sealed1::")
	f.Fuzz(func(t *testing.T, s string) {
		if secret, err := b.Open("q", s); err == nil {
			t.Errorf("%q opens: %q", s, secret)
		}
	})
}
