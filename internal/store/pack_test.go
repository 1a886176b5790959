package store

import (
	"bytes"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"signet"
)

func bodyOf(o *signet.Observation) []byte {
	b, _ := appendBody(nil, o)
	return b
}

// FuzzRow holds that no row, however damaged, does more than fail; and that one that is read packs to what it was.
func FuzzRow(f *testing.F) {
	whole := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Name: "n"}, Port: 445}, Err: &signet.Failure{Phase: "p", Text: "t"},
		Unasked: []string{"a", ""}, Connections: 3, Facts: signet.RawFacts(`{"a":1}`),
	}
	trace := appendTrace(nil, []signet.Exchange{{Note: "n", Sent: []byte{1}, Received: []byte{2, 3}}, {}})
	p := &packer{}
	body, _ := p.pack(nil, bodyOf(whole))
	packed, _ := p.pack(nil, trace)
	f.Add(body, packed, uint8(0x31), []byte(nil))
	f.Add([]byte{packedAgainst, 5, 0}, []byte{packedAlone}, uint8(9), bytes.Repeat([]byte("dictionary"), 3))
	f.Add(bodyOf(whole), trace, uint8(1), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, body, trace []byte, state uint8, dictionary []byte) {
		k := Kind{ID: 1, Check: "smb", Version: 1}
		if len(dictionary) >= learnMin && len(dictionary) <= learnMost {
			k.Facts, k.Trace = dictionary, dictionary
		}
		d := &decoder{started: time.Unix(0, 0), reload: func() ([]Kind, error) { return []Kind{k}, nil }}
		o, err := d.observation(&Row{Addr: netip.MustParseAddr("10.0.0.1"), Kind: 1, State: state, Body: body, Trace: trace})
		if err != nil {
			if o != nil {
				t.Error("an observation beside an error")
			}
			return
		}
		again, _ := (&packer{}).pack(nil, bodyOf(o))
		plain, err := unpack(nil, nil, again)
		if err != nil {
			t.Fatal(err)
		}
		var back signet.Observation
		if err := readBody(&back, plain); err != nil {
			t.Fatal(err)
		}
		if back.Name != o.Name || !reflect.DeepEqual(back.Err, o.Err) || !reflect.DeepEqual(back.Unasked, o.Unasked) || back.Connections != o.Connections || !reflect.DeepEqual(back.Facts, o.Facts) {
			t.Errorf("got %+v, want %+v", back, o)
		}
	})
}

// Rows that resemble the first ones take a fraction of their size, and the dictionary that does it comes only once.
func TestPackLearns(t *testing.T) {
	p := &packer{}
	value := func(i int) []byte {
		return append(bodyOf(&signet.Observation{Facts: signet.RawFacts(strings.Repeat(`{"signing":"required","dialect":"3.1.1",`, 9))}), byte(i), byte(i*7), byte(i*13))
	}
	learned := 0
	for i := range 3 * learnFrom {
		out, now := p.pack(nil, value(i))
		if now {
			learned = i
		}
		dict := p.dict
		if now || learned == 0 {
			dict = nil
		}
		plain, err := unpack(nil, dict, out)
		if err != nil || !bytes.Equal(plain, value(i)) {
			t.Fatalf("value %d: %v", i, err)
		}
		if learned > 0 && i > learned && len(out) > len(plain)/10 {
			t.Fatalf("value %d of %d bytes takes %d", i, len(plain), len(out))
		}
	}
	if learned == 0 || learned > learnFrom {
		t.Errorf("learned at value %d", learned)
	}
	other := s2.MakeDict(bytes.Repeat([]byte("another"), 10), nil)
	out, _ := p.pack(nil, value(1))
	if plain, err := unpack(nil, other, out); err == nil && bytes.Equal(plain, value(1)) {
		t.Error("the dictionary makes no difference")
	}
}

func TestFind(t *testing.T) {
	runs := []Run{{ID: "20261122-c"}, {ID: "20261121-b"}, {ID: "20261120-a"}, {ID: "2026"}}
	for name, want := range map[string]string{
		"": "20261122-c", "latest": "20261122-c", "previous": "20261121-b", "20261120": "20261120-a", "20261120-a": "20261120-a", "2026": "2026",
	} {
		if r, err := Find(runs, name); err != nil || r.ID != want {
			t.Errorf("%q: %v, %v", name, r, err)
		}
	}
	for name, want := range map[string]string{"202611": "the beginning of 3 runs", "x": `as "x"`, "20261122-cc": "no such run"} {
		if _, err := Find(runs, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Find(nil, "latest"); err == nil {
		t.Error("latest of none")
	}
	if _, err := Find(runs[:1], "previous"); err == nil {
		t.Error("previous of one")
	}
}
