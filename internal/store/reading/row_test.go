package reading

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"

	"signet/internal/store"
)

// rowsOfAllKinds are both families, one inside the other, the ends of every number, a transcript, none
// and an empty one, and a large body.
func rowsOfAllKinds() []store.Row {
	addr := netip.MustParseAddr
	return []store.Row{
		{Seq: 1, Addr: addr("10.0.0.200"), Port: 445, Kind: 1, State: 0x10, At: 5, Took: 7, Body: []byte("body"), Trace: []byte("trace")},
		{Seq: 2, Addr: addr("2001:db8::1"), Port: 65535, Kind: math.MaxUint16, State: 255, At: math.MinInt64, Took: math.MaxInt64, Body: []byte{}},
		{Seq: 3, Addr: addr("::ffff:10.0.0.1"), Body: bytes.Repeat([]byte("x"), 2*sortLeaf), Trace: []byte{}},
		{Seq: 1<<40 - 1, Addr: addr("10.0.0.3"), Port: 80, At: -1, Body: []byte{0}},
	}
}

// Rows in the order of their bytes are rows by address, port and as stored, on either side of what fits into memory.
func TestSorter(t *testing.T) {
	for _, n := range []int{1000, 3 * sortHeld / 1024} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var s sorter
			var want []store.Row
			for i := range n {
				x := uint32(i) * 2654435761 // a permutation
				addr := netip.AddrFrom4([4]byte{10, byte(x >> 30), 0, byte(x >> 9 & 1)})
				if i%3 == 0 {
					addr = netip.AddrFrom16([16]byte{0x20, 1, 14: byte(x >> 20), 15: byte(x >> 10)})
				}
				r := store.Row{Seq: uint64(i + 1), Addr: addr, Port: uint16(x >> 5 & 3 * 1000), Body: bytes.Repeat([]byte{byte(i)}, 1024)}
				want = append(want, r)
				if err := s.add(t.Context(), AppendRow(nil, &r)); err != nil {
					t.Fatal(err)
				}
			}
			if spilled := s.tx != nil; spilled != (n > 1000) {
				t.Fatalf("in a file: %v", spilled)
			}
			slices.SortStableFunc(want, func(a, b store.Row) int {
				if c := a.Addr.Compare(b.Addr); c != 0 {
					return c
				}
				return int(a.Port) - int(b.Port)
			})
			at := 0
			err := s.each(t.Context(), func(b []byte) (bool, error) {
				var r store.Row
				if _, err := ReadRow(&r, b); err != nil {
					return false, err
				}
				if w := want[at]; r.Seq != w.Seq || r.Addr != w.Addr || r.Port != w.Port || !bytes.Equal(r.Body, w.Body) {
					return false, fmt.Errorf("row %d is %s:%d, number %d; want %s:%d, %d", at, r.Addr, r.Port, r.Seq, w.Addr, w.Port, w.Seq)
				}
				at++
				return true, nil
			})
			if err != nil || at != n {
				t.Errorf("%d of %d rows: %v", at, n, err)
			}
			if err := s.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// FuzzRow holds that a damaged row does no more than fail, and that a row that is read is written as it was read.
func FuzzRow(f *testing.F) {
	for _, r := range rowsOfAllKinds() {
		if len(r.Body) < 100 {
			f.Add(AppendRow(nil, &r))
		}
	}
	f.Add([]byte{4, 10, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			var r, again store.Row
			rest, err := ReadRow(&r, b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) {
				t.Fatal("a row without bytes")
			}
			if left, err := ReadRow(&again, AppendRow(nil, &r)); err != nil || len(left) > 0 || fmt.Sprint(r) != fmt.Sprint(again) {
				t.Fatalf("%+v was written as %+v: %v", r, again, err)
			}
			b = rest
		}
	})
}
