package names

import "testing"

// FuzzParseAnswer: an error comes with a zero result, and a name is printable and no longer than escapes can make it.
func FuzzParseAnswer(f *testing.F) {
	f.Add(unhex(f, avahi), true)
	f.Add(unhex(f, resolved), false)
	f.Add(AppendQuestion(nil, 0x5133, host()), false)
	f.Fuzz(func(t *testing.T, b []byte, mdns bool) {
		p := LLMNR
		if mdns {
			p = MDNS
		}
		a, err := ParseAnswer(b, p, 0x5133, host())
		if err != nil {
			if a != (Answer{}) {
				t.Fatalf("error %v with %+v", err, a)
			}
			return
		}
		if len(a.Name) > 4*maxName {
			t.Fatalf("name of %d octets", len(a.Name))
		}
		for _, c := range []byte(a.Name) {
			if c <= ' ' || c > '~' {
				t.Fatalf("%q is not printable", a.Name)
			}
		}
	})
}

// FuzzReverseName: the name of an address, written and read back, is itself.
func FuzzReverseName(f *testing.F) {
	f.Add([]byte{192, 0, 2, 7})
	f.Add(make([]byte, 16))
	f.Fuzz(func(t *testing.T, addr []byte) {
		name := ReverseName(addr)
		if name == "" {
			return
		}
		b := appendName(nil, name)
		got, next, err := readName(b, 0)
		if err != nil || got != name || next != len(b) {
			t.Fatalf("%q came back as %q, %d of %d, %v", name, got, next, len(b), err)
		}
	})
}
