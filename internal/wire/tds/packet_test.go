package tds

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestReadMessage(t *testing.T) {
	for _, c := range []struct {
		name, in, payload, rest string
		typ                     byte
		need                    int
		short, foreign, bad     bool
	}{
		{name: "one packet", in: "0401000b0000010061626365", typ: TypeTabular, payload: "616263", rest: "65"},
		{name: "empty", in: "0401000800000100", typ: TypeTabular},
		{name: "two packets", in: "040000090000010061" + "040100090000020062", typ: TypeTabular, payload: "6162"},
		{name: "nothing", need: 8, short: true},
		{name: "type only", in: "04", need: 7, short: true},
		{name: "half a packet", in: "0401000b0000010061", need: 2, short: true},
		{name: "second packet missing", in: "040000090000010061", need: 8, short: true},
		{name: "second packet cut", in: "0400000900000100610401000a0000020062", need: 1, short: true},
		{name: "type changes before the third packet", in: "040000090000010061" + "12000008000002000401", bad: true},
		{name: "type changes", in: "040000090000010061" + "120100090000020062", bad: true},
		{name: "length below the header", in: "0401000700000100", foreign: true, bad: true},
		{name: "length over the largest packet", in: "0401800000000100", foreign: true, bad: true},
		{name: "TLS alert", in: "15030100020228", foreign: true, bad: true},
		{name: "SMB", in: "00000010fe534d42", foreign: true, bad: true},
		{name: "HTTP, one byte", in: "48", foreign: true, bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := unhex(t, c.in)
			typ, payload, rest, err := ReadMessage(in)
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad || errors.Is(err, ErrNotTDS) != c.foreign {
				t.Fatalf("err = %v", err)
			}
			if err != nil && (typ != 0 || payload != nil || rest != nil) {
				t.Fatal("results beside an error")
			}
			if typ != c.typ || !bytes.Equal(payload, unhex(t, c.payload)) || !bytes.Equal(rest, unhex(t, c.rest)) {
				t.Fatalf("got %02x %x %x", typ, payload, rest)
			}
			if got := Need(in); got != c.need {
				t.Errorf("Need = %d, want %d", got, c.need)
			}
		})
	}
}

func TestMessageBounds(t *testing.T) {
	empty := bytes.Repeat(unhex(t, "0400000800000100"), maxPackets+5)
	if _, _, _, err := ReadMessage(empty); err == nil || errors.Is(err, ErrShort) {
		t.Errorf("a message of empty packets: %v", err)
	}
	big := AppendMessage(nil, TypeTabular, make([]byte, MaxMessage+1), MaxPacketSize)
	if _, _, _, err := ReadMessage(big); err == nil || errors.Is(err, ErrShort) {
		t.Errorf("a message over the bound: %v", err)
	}
	fits := AppendMessage(nil, TypeTabular, make([]byte, MaxMessage), 512)
	if _, payload, _, err := ReadMessage(fits); err != nil || len(payload) != MaxMessage {
		t.Errorf("the largest message: %d bytes, %v", len(payload), err)
	}
}

func TestAppendMessageSplits(t *testing.T) {
	payload := bytes.Repeat([]byte{7}, 1500)
	b := AppendMessage([]byte{0xee}, TypeLogin7, payload, 512)
	if len(b) != 1+1500+3*HeaderSize || b[0] != 0xee {
		t.Fatalf("%d bytes", len(b))
	}
	var ids []byte
	for rest := b[1:]; len(rest) > 0; {
		p, r, err := ReadPacket(rest)
		if err != nil {
			t.Fatal(err)
		}
		ids, rest = append(ids, p.ID), r
		if p.Last() != (len(rest) == 0) {
			t.Errorf("packet %d: last = %v", p.ID, p.Last())
		}
	}
	if !reflect.DeepEqual(ids, []byte{1, 2, 3}) {
		t.Errorf("ids %v", ids)
	}
	if one := AppendMessage(nil, TypeLogin7, payload, 0); len(one) != 1508 {
		t.Errorf("default size: %d bytes", len(one))
	}
}

// What is read as a message is appended and read again the same; what is refused leaves nothing.
func FuzzReadMessage(f *testing.F) {
	f.Add(unhex(f, tdspoolAnswer))
	f.Add(unhex(f, "040000090000010061"+"040100090000020062ff"))
	f.Add(unhex(f, "0400000800000100"))
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, payload, rest, err := ReadMessage(b)
		need := Need(b)
		if (need > 0) != errors.Is(err, ErrShort) {
			t.Fatalf("needs %d more, but %v", need, err)
		}
		if err != nil {
			if typ != 0 || payload != nil || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if !bytes.HasSuffix(b, rest) {
			t.Fatal("rest is not the end of the input")
		}
		typ2, payload2, rest2, err := ReadMessage(AppendMessage(nil, typ, payload, DefaultPacketSize))
		if err != nil || typ2 != typ || !bytes.Equal(payload2, payload) || len(rest2) != 0 {
			t.Fatalf("came back as %02x %x %x (%v)", typ2, payload2, rest2, err)
		}
	})
}
