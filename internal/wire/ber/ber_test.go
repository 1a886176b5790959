package ber

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

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, in, content, rest string
		tag                     byte
		short, bad              bool
	}{
		{name: "short form", in: "0403616263ff", tag: OctetString, content: "616263", rest: "ff"},
		{name: "length as Active Directory writes it", in: "308400000003020101", tag: Sequence, content: "020101"},
		{name: "empty", in: "0500", tag: Null},
		{name: "content missing", in: "0403616b", short: true},
		{name: "length missing", in: "0482", short: true},
		{name: "nothing", in: "", short: true},
		{name: "indefinite", in: "3080020101", bad: true},
		{name: "five length octets", in: "30850000000001ff", bad: true},
		{name: "over 31 bits", in: "3084ffffffff", bad: true},
		{name: "high tag", in: "1f8101ff", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tag, content, rest, err := Read(unhex(t, c.in))
			if got := errors.Is(err, ErrShort); got != c.short {
				t.Fatalf("short = %v (%v), want %v", got, err, c.short)
			}
			if got := err != nil && !c.short; got != c.bad {
				t.Fatalf("err = %v, want bad = %v", err, c.bad)
			}
			if tag != c.tag || hex.EncodeToString(content) != c.content || hex.EncodeToString(rest) != c.rest {
				t.Fatalf("got %02x %x %x", tag, content, rest)
			}
		})
	}
}

func TestIntRoundTrip(t *testing.T) {
	for _, v := range []int64{0, 1, 127, 128, 255, 256, 32767, 32768, -1, -128, -129, 1<<31 - 1, -1 << 31, 1<<63 - 1, -1 << 63} {
		b := AppendInt(nil, Integer, v)
		content, rest, err := Expect(b, Integer)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%d: %x: %v", v, b, err)
		}
		if got, err := Int(content); err != nil || got != v {
			t.Errorf("%d came back as %d (%v)", v, got, err)
		}
	}
}

func TestOID(t *testing.T) {
	for oid, want := range map[string]string{
		"1.3.6.1.5.5.2":          "06062b0601050502",
		"1.3.6.1.4.1.311.2.2.10": "060a2b06010401823702020a",
		"1.2.840.48018.1.2.2":    "06092a864882f712010202",
		"2.999.1":                "0603883701",
		"1":                      "0600",
		"1.x":                    "0600",
	} {
		got := AppendOID(nil, oid)
		if hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, want %s", oid, got, want)
		}
		if want == "0600" {
			continue
		}
		if back, err := OIDString(got[2:]); err != nil || back != oid {
			t.Errorf("%s came back as %q (%v)", oid, back, err)
		}
	}
	for _, bad := range []string{"", "80", "2b80", "2bff"} {
		if s, err := OIDString(unhex(t, bad)); err == nil {
			t.Errorf("%q: %q, want an error", bad, s)
		}
	}
}

// Whatever is read is written back as an element that reads the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"0403616263ff", "308400000003020101", "3080020101", "1f8101ff", "06062b0601050502", "0482ffff"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tag, content, rest, err := Read(b)
		if err != nil {
			if tag != 0 || content != nil || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if size, err := Size(b); err != nil || size != len(b)-len(rest) {
			t.Fatalf("size %d (%v), read %d", size, err, len(b)-len(rest))
		}
		again := Append(nil, tag, content)
		tag2, content2, rest2, err := Read(again)
		if err != nil || tag2 != tag || !bytes.Equal(content, content2) || len(rest2) != 0 {
			t.Fatalf("%x came back as %x (%v)", b, again, err)
		}
		if s, err := OIDString(content); err == nil {
			if got := AppendOID(nil, s); !bytes.Equal(got[len(got)-len(content):], content) {
				t.Fatalf("oid %s: %x, want %x", s, got, content)
			}
		}
	})
}
