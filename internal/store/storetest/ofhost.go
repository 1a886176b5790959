package storetest

import (
	"errors"
	"net/netip"
	"testing"

	"signet"
	"signet/internal/store"
)

// ofHost reads what a run holds of one address.
func ofHost(t testing.TB, s store.Store, id string, addr netip.Addr) (list []*signet.Observation) {
	t.Helper()
	for o, err := range store.OfHost(t.Context(), s, find(t, s, id), addr) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}

// Hosts fails unless one address in each of a run, asked for by itself, is given what the whole run holds of it, and the run has so
// many rows.
func Hosts(t testing.TB, s store.Store, id string, rows, each int) {
	t.Helper()
	all := read(t, s, id, store.ByAddress)
	if len(all) != rows {
		t.Fatalf("%d rows, want %d", len(all), rows)
	}
	for n := 0; len(all) > 0; n++ {
		same := 1
		for same < len(all) && all[same].Addr == all[0].Addr {
			same++
		}
		if n%each == 0 {
			got := ofHost(t, s, id, all[0].Addr)
			if len(got) != same {
				t.Fatalf("of %s there are %d rows, want %d", all[0].Addr, len(got), same)
			}
			for i, o := range got {
				if d := differ(o, all[i]); d != "" {
					t.Fatalf("row %d of %s: %s", i, all[0].Addr, d)
				}
			}
		}
		all = all[same:]
	}
}

// A question about one host is answered from the pages that speak of it: no row is missed, wherever it lies, and few other pages are
// read.
func testOfHost(t *testing.T, p Place) {
	s := open(t, p)
	const rows, visits = 60_000, 5
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	back := Observation(2).Addr // it comes back again and again
	for i := range rows {
		o := Observation(i)
		if i%(rows/visits) == 0 {
			o.Addr, o.Port = back, uint16(1+i)
		}
		if err := r.Record(o, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(run *store.Run) { run.Ended = run.Started }); err != nil {
		t.Fatal(err)
	}
	fill(t, s, NewRun("other"), 0, 100, false)
	Hosts(t, s, "a-run", rows, 2000)
	if got := ofHost(t, s, "a-run", back); len(got) != visits+1 {
		t.Errorf("%d rows of the host that comes back, want %d", len(got), visits+1)
	}
	nobody := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}) }
	pages, bodies := 0, 0
	for i := range 100 {
		if got := ofHost(t, s, "a-run", nobody(i)); len(got) > 0 {
			t.Fatalf("%d rows of nobody", len(got))
		}
		for p, err := range s.Pages(t.Context(), "a-run", nobody(i)) {
			if err != nil {
				t.Fatal(err)
			}
			if pages++; p.Body != nil {
				bodies++
			}
		}
	}
	if pages < 500 || bodies > pages/25 {
		t.Errorf("of %d pages that do not speak of a host %d are read", pages, bodies)
	}
	// What no page covers any more is found row by row.
	if err := s.Drop(t.Context(), "a-run", []uint64{1, 20_000}); err != nil {
		t.Fatal(err)
	}
	Hosts(t, s, "a-run", rows-2, 5000)
	if got := ofHost(t, s, "a-run", back); len(got) != visits {
		t.Errorf("%d rows of the host of which one was removed", len(got))
	}
	for _, err := range store.OfHost(t.Context(), s, NewRun("unknown"), back) {
		if !errors.Is(err, store.ErrUnknown) {
			t.Errorf("an unknown run: %v", err)
		}
	}
	if err := s.Verify(t.Context(), func(line string) { t.Error(line) }); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), func(line string) { t.Error(line) }); err != nil {
		t.Error(err)
	}
}
