package store

import (
	"bytes"
	"net/netip"
	"testing"
)

// FuzzPage holds that a damaged page does no more than fail, and that what is read is within its bounds.
func FuzzPage(f *testing.F) {
	var p pager
	p.reset()
	for i, addr := range []string{"10.0.0.2", "10.0.0.1", "2001:db8::1", "10.0.0.2"} {
		p.add(netip.MustParseAddr(addr), uint64(i), said{reached: i != 1, several: i == 2, digest: 1<<63 + uint64(i)})
	}
	whole := p.append(nil)
	f.Add(whole, uint64(4))
	f.Add(whole, uint64(5))
	f.Add(whole[:len(whole)-3], uint64(4))
	f.Add([]byte{pageForm}, uint64(0))
	f.Fuzz(func(t *testing.T, body []byte, rows uint64) {
		page := Page{First: 100, Rows: rows, Body: body}
		seen := uint64(0)
		page.read(func(e entry) {
			seen += uint64(len(e.seqs))
			for _, s := range e.seqs {
				if s < 100 || s >= 100+rows {
					t.Errorf("row %d of a page of %d", s, rows)
				}
			}
			if !e.addr.IsValid() || e.reached > uint64(len(e.seqs)) || seen > rows {
				t.Errorf("%+v of %d rows", e, rows)
			}
		})
	})
}

func TestPage(t *testing.T) {
	var p pager
	for range 2 { // a pager is used again
		p.reset()
		p.add(netip.MustParseAddr("10.0.0.2"), 0, said{reached: true, digest: 5})
		p.add(netip.MustParseAddr("2001:db8::1"), 1, said{reached: false, digest: 0})
		p.add(netip.MustParseAddr("10.0.0.1"), 2, said{reached: true, several: true, digest: 1 << 63})
		p.add(netip.MustParseAddr("10.0.0.2"), 3, said{reached: true, digest: 1<<63 + 2})
		p.add(netip.MustParseAddr("10.0.0.2"), 4, said{reached: false, digest: 9})
	}
	page := Page{First: 11, Rows: 5, Body: p.append(nil)}
	var got bytes.Buffer
	err := page.read(func(e entry) {
		got.WriteString(e.addr.String())
		for _, s := range e.seqs {
			got.WriteByte(' ')
			got.WriteByte(byte('a' + s - 11))
		}
		got.WriteByte(byte('0' + e.reached))
		if e.several != (e.addr == netip.MustParseAddr("10.0.0.1")) {
			t.Errorf("%s: several %t", e.addr, e.several)
		}
		if want := map[string]uint64{"10.0.0.1": 1 << 63, "10.0.0.2": 1<<63 + 7}[e.addr.String()]; e.digest != want {
			t.Errorf("%s: %x, want %x", e.addr, e.digest, want)
		}
		got.WriteByte('\n')
	})
	if want := "10.0.0.1 c1\n10.0.0.2 a d e2\n2001:db8::1 b0\n"; err != nil || got.String() != want {
		t.Errorf("%v: got\n%swant\n%s", err, got.String(), want)
	}
	page.Rows++
	if page.read(func(entry) {}) == nil {
		t.Error("a page that speaks of fewer rows than it stands for is read")
	}
}
