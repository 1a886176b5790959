package storetest

import (
	"errors"
	"testing"

	"signet/internal/store"
)

func testDrop(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("a-run"), 0, 10, false)
	if err := s.Drop(t.Context(), "a-run", []uint64{1, 2, 10, 99}); err != nil {
		t.Fatal(err)
	}
	wantStored(t, s, "a-run", 2, 9, false)
	if err := s.Drop(t.Context(), "none", []uint64{1}); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("of an unknown run: %v", err)
	}
}

func testDelete(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("a"), 0, 1000, true)
	fill(t, s, NewRun("b"), 0, 21000, false) // more than one bite
	fill(t, s, NewRun("c"), 0, 1000, true)
	if err := s.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	wantStored(t, s, "a", 0, 1000, true)
	wantStored(t, s, "c", 0, 1000, true)
	fill(t, s, NewRun("b"), 5, 10, true) // the ID is free again
	wantStored(t, s, "b", 5, 10, true)
}

func testDeleteWritten(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	if err := r.Record(Observation(0), false); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(func(*store.Run) {}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("the writer of a deleted run: %v", err)
	}
}
