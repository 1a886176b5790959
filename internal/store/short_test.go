package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// unpacked is what the library makes of a block.
func unpacked(t testing.TB, dict, block []byte, n int) []byte {
	t.Helper()
	out, err := s2.MakeDict(dict, nil).Decode(make([]byte, n), block)
	if err != nil {
		t.Fatalf("%v: %x", err, block)
	}
	return out
}

// row is a body as checks leave them: what is the same in every one, and what is not.
func row(i int) []byte {
	return fmt.Appendf(nil, `{"transport":"direct","dialect":"3.1.1","signing":"required","server_guid":"%032x","system_time":"2026-11-26T16:04:%02dZ","ntlm":{"nb_computer":"HOST%d","dns_computer":"host%d.corp.example","dns_domain":"corp.example"}}`, i*2654435761, i%60, i, i)
}

// Values of every length, of every likeness to the dictionary and to themselves, come back from the library's unpacking.
func TestShortPacker(t *testing.T) {
	dict := bytes.Join([][]byte{row(1), row(2), row(3)}, nil)
	p := newShortPacker(dict)
	dice := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, mostShort)
	for i := range noise {
		noise[i] = byte(dice.Uint32())
	}
	values := [][]byte{nil, dict, dict[5:], append(bytes.Clone(dict), dict...), noise, bytes.Repeat([]byte("ab"), 5000), []byte(strings.Repeat("x", mostShort))}
	for n := range 300 {
		values = append(values, row(n), noise[:n], dict[len(dict)-n:], dict[:n], append(bytes.Clone(dict[n:n+70]), noise[:n]...))
	}
	for _, v := range values {
		block := p.pack(nil, v)
		if got := unpacked(t, dict, block, len(v)); !bytes.Equal(got, v) {
			t.Fatalf("%q came back as %q", v, got)
		}
		if most := s2.MaxEncodedLen(len(v)); len(block) > most {
			t.Errorf("%d bytes took %d, more than %d", len(v), len(block), most)
		}
	}
	// It must be worth it: near what the library makes of the same.
	ours, theirs := 0, 0
	d := s2.MakeDict(dict, nil)
	for i := range 200 {
		ours, theirs = ours+len(p.pack(nil, row(i+10))), theirs+len(d.Encode(nil, row(i+10)))
	}
	if ours > theirs+theirs/8 {
		t.Errorf("200 rows take %d bytes, by the library %d", ours, theirs)
	}
}

// FuzzShortPacker: what was packed comes back, whatever was packed before it.
func FuzzShortPacker(f *testing.F) {
	f.Add(bytes.Join([][]byte{row(1), row(2)}, nil), row(7), row(8))
	f.Fuzz(func(t *testing.T, dict, before, value []byte) {
		dict = dict[:min(len(dict), learnMost)]
		if len(dict) < learnMin || len(before) > mostShort || len(value) > mostShort {
			return
		}
		p := newShortPacker(dict)
		p.pack(nil, before)
		if got := unpacked(t, dict, p.pack(nil, value), len(value)); !bytes.Equal(got, value) {
			t.Fatalf("%q came back as %q", value, got)
		}
	})
}

// BenchmarkPack packs rows against a dictionary: here, and by the library.
func BenchmarkPack(b *testing.B) {
	dict := bytes.Join([][]byte{row(1), row(2), row(3)}, nil)
	rows := make([][]byte, 64)
	for i := range rows {
		rows[i] = row(i * 7919)
	}
	b.Run("short", func(b *testing.B) {
		p, out, n := newShortPacker(dict), make([]byte, 0, 4096), 0
		for i := range b.N {
			out = p.pack(out[:0], rows[i%len(rows)])
			n += len(out)
		}
		b.ReportMetric(float64(n)/float64(b.N), "B/row")
	})
	b.Run("library", func(b *testing.B) {
		d, out, n := s2.MakeDict(dict, nil), make([]byte, 4096), 0
		for i := range b.N {
			n += len(d.Encode(out, rows[i%len(rows)]))
		}
		b.ReportMetric(float64(n)/float64(b.N), "B/row")
	})
}
