package dcerpc

import (
	"encoding/binary"
	"errors"
	"reflect"
	"testing"
)

// FuzzReadPDU: an error comes with zero results, and a little-endian PDU without a verifier re-encodes to its bytes.
func FuzzReadPDU(f *testing.F) {
	for _, s := range []string{goldenBind, goldenLookup, sambaAck} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, rest, err := ReadPDU(b)
		if err != nil {
			if !reflect.DeepEqual(p, PDU{}) || rest != nil {
				t.Fatalf("error %v with %+v", err, p)
			}
			return
		}
		used := b[:len(b)-len(rest)]
		if b[1] == 0 && b[4] == 0x10 && b[5]|b[6]|b[7]|b[10]|b[11] == 0 {
			if got := AppendPDU(nil, p); string(got) != string(used) {
				t.Fatalf("%x came back as %x", used, got)
			}
		}
		if _, _, err := ReadPDU(used[:len(used)-1]); !errors.Is(err, ErrShort) {
			t.Fatalf("all but the last octet of a pdu: %v", err)
		}
		if a, err := ParseBindAck(p); err != nil && a != (Ack{}) {
			t.Fatalf("error %v with %+v", err, a)
		}
		if list, err := ParseBind(p); err != nil && list != nil || len(list) > len(p.Body)/24 {
			t.Fatalf("error %v with %+v", err, list)
		}
		if r, ok := ParseLookupRequest(p); !ok && r != (LookupRequest{}) {
			t.Fatalf("no lookup, but %+v", r)
		}
		if v, err := ParseBindNak(p); err != nil && v != 0 {
			t.Fatalf("error %v with %d", err, v)
		}
		if v, err := ParseFault(p); err != nil && v != 0 {
			t.Fatalf("error %v with %d", err, v)
		}
	})
}

// FuzzReadResponse: an error comes with zero results, and the data comes back from fragments of another size.
func FuzzReadResponse(f *testing.F) {
	f.Add(recorded(f, "samba-4.17-lookup.hex"))
	f.Add(AppendResponse(nil, 2, []byte("0123456789"), 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest, err := ReadResponse(b, 2)
		if err != nil {
			if s.Data != nil || s.Fault || rest != nil {
				t.Fatalf("error %v with %+v", err, s)
			}
			return
		}
		if s.Fault {
			return
		}
		again, left, err := ReadResponse(AppendResponse(nil, 2, s.Data, 1+len(b)%600), 2)
		if err != nil || len(left) != 0 || string(again.Data) != string(s.Data) {
			t.Fatalf("%x came back as %x, %v", s.Data, again.Data, err)
		}
	})
}

// FuzzParseLookup: an error comes with a zero result, entries are bounded, and texts are printable.
func FuzzParseLookup(f *testing.F) {
	s, _, err := ReadResponse(recorded(f, "samba-4.17-lookup.hex"), 2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Data, true)
	f.Add(entryOf(unhex(f, "0500"+rprn+"0b 02000000 010007 0200 c073 010009 0400 c0000207")), true)
	f.Fuzz(func(t *testing.T, b []byte, little bool) {
		stub := Stub{Order: binary.ByteOrder(binary.BigEndian), Data: b}
		if little {
			stub.Order = binary.LittleEndian
		}
		l, err := ParseLookup(stub)
		if err != nil {
			if !reflect.DeepEqual(l, Lookup{}) {
				t.Fatalf("error %v with %+v", err, l)
			}
			return
		}
		if len(l.Entries) > MaxEntries || len(l.Entries) > len(b)/28 {
			t.Fatalf("%d entries out of %d octets", len(l.Entries), len(b))
		}
		for _, e := range l.Entries {
			for _, c := range e.Annotation + e.Tower.Endpoint + e.Tower.Host {
				if c < 0x20 || c > 0x7e {
					t.Fatalf("%+v is not printable", e)
				}
			}
		}
	})
}
