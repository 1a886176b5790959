package storetest

import (
	"net/netip"
	"slices"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/store"
)

// several puts observations of a thousand addresses, each of which comes back in another transaction.
func several(t *testing.T, s store.Store, id string, n int) {
	t.Helper()
	r, err := store.Begin(t.Context(), s, NewRun(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := r.Record(visit(i), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
}

func visit(i int) *signet.Observation {
	o := *Observation(i)
	o.Addr, o.Port = Observation(i%1000).Addr, uint16(1+i/1000)
	if i%77 == 0 {
		o.Check = signet.ClientCheck
	}
	return &o
}

func index(t *testing.T, s store.Store, id string) *store.Index {
	t.Helper()
	ix, err := store.ReadIndex(t.Context(), s, find(t, s, id))
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// wantIndex holds an index against the rows that it stands for.
func wantIndex(t *testing.T, s store.Store, id string) {
	t.Helper()
	want := map[netip.Addr]store.Short{}
	for _, o := range read(t, s, id, store.AsStored) {
		e := want[o.Addr]
		e.Addr, e.Several = o.Addr, e.Several || o.Source != ""
		if o.Reached() && o.Check != signet.ClientCheck {
			sum, _ := check.Digest(o, check.FactsJSON(o), nil)
			e.Reached, e.Digest = e.Reached+1, e.Digest+sum
		}
		want[o.Addr] = e
	}
	got := slices.Collect(index(t, s, id).Hosts())
	if !slices.IsSortedFunc(got, func(a, b store.Short) int { return a.Addr.Compare(b.Addr) }) {
		t.Error("the index is not in order of address")
	}
	if len(got) != len(want) {
		t.Errorf("%d addresses, want %d", len(got), len(want))
	}
	for _, e := range got {
		if e != want[e.Addr] {
			t.Fatalf("%+v, want %+v", e, want[e.Addr])
		}
	}
}

func testIndex(t *testing.T, p Place) {
	s := open(t, p)
	several(t, s, "a-run", 20_000)
	wantIndex(t, s, "a-run")
	pages := 0
	for page, err := range s.Pages(t.Context(), "a-run", netip.Addr{}) {
		if err != nil {
			t.Fatal(err)
		}
		pages += int(page.Rows)
	}
	if pages != 20_000 {
		t.Errorf("pages speak of %d rows", pages)
	}
	// Without the pages of some rows the index says the same of what is left.
	if err := s.Drop(t.Context(), "a-run", []uint64{1, 2, 9_000, 20_000}); err != nil {
		t.Fatal(err)
	}
	wantIndex(t, s, "a-run")
	fill(t, s, NewRun("empty"), 0, 0, false)
	wantIndex(t, s, "empty")
}

func testSome(t *testing.T, p Place) {
	s := open(t, p)
	several(t, s, "other", 1000)
	several(t, s, "a-run", 20_000)
	all := read(t, s, "a-run", store.ByAddress)
	ix := index(t, s, "a-run")
	nobody := netip.MustParseAddr("0.0.0.1")
	for _, each := range []int{1, 2, 7, 300} { // all of it, half, and few enough to be asked for one by one
		addrs := []netip.Addr{nobody}
		n := 0
		for h := range ix.Hosts() {
			if n++; n%each == 0 {
				addrs = append(addrs, h.Addr)
			}
		}
		addrs = append(addrs, netip.MustParseAddr("ffff::"))
		var want []*signet.Observation
		for _, o := range all {
			if slices.Contains(addrs, o.Addr) {
				want = append(want, o)
			}
		}
		i := 0
		for o, err := range ix.Observations(t.Context(), s, find(t, s, "a-run"), addrs) {
			if err != nil {
				t.Fatal(err)
			}
			if d := differ(o, want[i]); d != "" {
				t.Fatalf("one in %d, observation %d: %s", each, i, d)
			}
			i++
		}
		if i != len(want) {
			t.Errorf("one in %d: %d observations, want %d", each, i, len(want))
		}
	}
	// Rows that went meanwhile are missed, not passed over.
	var one netip.Addr
	for h := range ix.Hosts() {
		one = h.Addr
	}
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	var failed error
	for _, err := range ix.Observations(t.Context(), s, NewRun("a-run"), []netip.Addr{one}) {
		failed = err
	}
	if failed == nil {
		t.Error("a run that was deleted is read without an error")
	}
}
