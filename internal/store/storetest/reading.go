package storetest

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"signet/internal/store"
)

// manyRows are more than one chunk of a reader holds.
const manyRows = 12_000

// Whoever reads a run may use the store meanwhile, though it has one connection: read the same run, list runs, write another.
func testNarrow(t *testing.T, p Place) {
	fill(t, open(t, p), NewRun("a-run"), 0, manyRows, true)
	s := p.Narrow(t)
	t.Cleanup(func() { s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run := find(t, s, "a-run")
	written := 0
	use := func() {
		t.Helper()
		if _, err := store.AllRuns(ctx, s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Kinds(ctx, "a-run"); err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Pages(ctx, "a-run", netip.Addr{}) {
			if err != nil {
				t.Fatal(err)
			}
			for r, err := range s.Rows(ctx, "a-run", store.Which{First: manyRows}) {
				if err != nil || r.Seq != manyRows {
					t.Fatalf("%v, %v", r, err)
				}
			}
			break
		}
		other := NewRun("other-" + string(rune('a'+written)))
		r, err := store.Begin(ctx, s, other, nil)
		if err != nil {
			t.Fatal(err)
		}
		put(t, r, 0, 10, false)
		if err := r.Finish(func(*store.Run) {}); err != nil {
			t.Fatal(err)
		}
		written++
	}
	for _, order := range []store.Order{store.AsStored, store.ByAddress} {
		n := 0
		for _, err := range store.Observations(ctx, s, run, order) {
			if err != nil {
				t.Fatal(err)
			}
			if n%(manyRows/2) == 0 {
				use()
			}
			n++
		}
		if n != manyRows {
			t.Errorf("%d rows", n)
		}
	}
	if written != 4 {
		t.Errorf("the store was used %d times", written)
	}
}

// meanwhile reads a run as stored, does something after the first row, and gives how many rows came and with what error it ended.
func meanwhile(t *testing.T, s store.Store, do func()) (rows int, err error) {
	t.Helper()
	for _, err := range store.Observations(t.Context(), s, find(t, s, "a-run"), store.AsStored) {
		if err != nil {
			return rows, err
		}
		if rows++; rows == 1 {
			do()
		}
	}
	return rows, nil
}

func testDeletedRead(t *testing.T, p Place) {
	s, other := open(t, p), open(t, p)
	fill(t, s, NewRun("a-run"), 0, manyRows, true)
	rows, err := meanwhile(t, s, func() {
		if err := other.Delete(t.Context(), "a-run"); err != nil {
			t.Fatal(err)
		}
		fill(t, other, NewRun("a-run"), 0, manyRows, true) // another run, though it has the ID
	})
	if !errors.Is(err, store.ErrChanged) || rows == manyRows {
		t.Errorf("%d rows, %v", rows, err)
	}
	if rows, err = meanwhile(t, s, func() {}); err != nil || rows != manyRows {
		t.Errorf("the new one: %d rows, %v", rows, err)
	}
	// Pages of one that goes away.
	pages := 0
	err = nil
	for _, failed := range s.Pages(t.Context(), "a-run", netip.Addr{}) {
		if err = failed; pages == 0 {
			if err := other.Delete(t.Context(), "a-run"); err != nil {
				t.Fatal(err)
			}
		}
		pages++
	}
	if !errors.Is(err, store.ErrChanged) {
		t.Errorf("%d pages, %v", pages, err)
	}
}

func testDroppedRead(t *testing.T, p Place) {
	s, other := open(t, p), open(t, p)
	fill(t, s, NewRun("a-run"), 0, manyRows, true)
	rows, err := meanwhile(t, s, func() {
		if err := other.Drop(t.Context(), "a-run", []uint64{manyRows - 1}); err != nil {
			t.Fatal(err)
		}
		// Nor is it made up for by a row that comes in its place.
		r, err := store.GoOn(t.Context(), other, find(t, other, "a-run"), nil)
		if err != nil {
			t.Fatal(err)
		}
		put(t, r, 0, 1, false)
		if err := r.Finish(func(*store.Run) {}); err != nil {
			t.Fatal(err)
		}
	})
	if !errors.Is(err, store.ErrChanged) || rows >= manyRows {
		t.Errorf("%d rows, %v", rows, err)
	}
	if rows, err = meanwhile(t, s, func() {}); err != nil || rows != manyRows {
		t.Errorf("afterwards: %d rows, %v", rows, err)
	}
}

// Rows that are appended while a run is read are not given, and disturb nothing, also where another process goes on with the run.
func testWrittenRead(t *testing.T, p Place) {
	s, other := open(t, p), open(t, p)
	fill(t, s, NewRun("a-run"), 0, manyRows, true)
	rows, err := meanwhile(t, s, func() {
		r, err := store.GoOn(t.Context(), other, find(t, other, "a-run"), nil)
		if err != nil {
			t.Fatal(err)
		}
		put(t, r, manyRows, manyRows+3000, true)
		if err := r.Finish(func(*store.Run) {}); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil || rows != manyRows {
		t.Errorf("%d rows, %v", rows, err)
	}
	wantStored(t, s, "a-run", 0, manyRows+3000, true)
}

// Parts of a run that are more than one chunk are read whole, and nothing else with them.
func testParts(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("before"), 0, 100, true)
	fill(t, s, NewRun("a-run"), 0, 3*manyRows, true)
	fill(t, s, NewRun("behind"), 0, 100, true)
	var third []uint64
	for seq := uint64(1); seq <= 3*manyRows; seq += 3 {
		third = append(third, seq)
	}
	const first, last = 1000, 2*manyRows + 7
	for _, order := range []store.Order{store.AsStored, store.ByAddress} {
		for _, test := range []struct {
			name   string
			which  store.Which
			wanted func(seq uint64) bool
			count  int
		}{
			{"one in three", store.Which{Order: order, Only: third}, func(seq uint64) bool { return seq%3 == 1 }, len(third)},
			{"from one on", store.Which{Order: order, First: first}, func(seq uint64) bool { return seq >= first }, 3*manyRows - first + 1},
			{"in the middle", store.Which{Order: order, First: first, Last: last}, func(seq uint64) bool { return first <= seq && seq <= last }, last - first + 1},
			{"nothing", store.Which{Order: order, Only: []uint64{}}, func(uint64) bool { return false }, 0},
			{"none that is there", store.Which{Order: order, Only: []uint64{3*manyRows + 1}}, func(uint64) bool { return false }, 0},
		} {
			seen := map[uint64]bool{}
			for r, err := range s.Rows(t.Context(), "a-run", test.which) {
				if err != nil {
					t.Fatal(err)
				}
				if seen[r.Seq] || !test.wanted(r.Seq) {
					t.Fatalf("%s, order %d: row %d comes again, or is not wanted", test.name, order, r.Seq)
				}
				seen[r.Seq] = true
			}
			if len(seen) != test.count {
				t.Errorf("%s, order %d: %d rows, want %d", test.name, order, len(seen), test.count)
			}
		}
	}
}
