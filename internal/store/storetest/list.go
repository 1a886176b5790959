package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"signet/internal/store"
)

func ids(runs []store.Run) (list []string) {
	for i := range runs {
		list = append(list, runs[i].ID)
	}
	return list
}

// Pages of every size list what there is, in order, once; the last one says that it is the last. What comes and goes meanwhile
// changes nothing for the others.
func testRunPages(t *testing.T, p Place) {
	s := open(t, p)
	begin := func(id string, day int) {
		t.Helper()
		run := NewRun(id)
		run.Started = Started().AddDate(0, 0, day)
		fill(t, s, run, 0, 1, false)
	}
	for i, day := range []int{3, 1, 1, 2, 1, 5} { // three of them at once, of which the last one stored counts as the newest
		begin(fmt.Sprintf("run%d", i), day)
	}
	want := []string{"run5", "run0", "run3", "run4", "run2", "run1"}
	for size := 1; size <= len(want)+1; size++ {
		var got []string
		pages := 0
		for after, more := (store.Cursor{}), true; more; pages++ {
			runs, next, err := s.Runs(t.Context(), after, size)
			if err != nil {
				t.Fatal(err)
			}
			more = next != store.Cursor{}
			if len(runs) != min(size, len(want)-len(got)) {
				t.Fatalf("pages of %d: page %d has %d runs", size, pages, len(runs))
			}
			got, after = append(got, ids(runs)...), next
		}
		if !slices.Equal(got, want) || pages != (len(want)+size-1)/size {
			t.Fatalf("pages of %d: %q on %d pages", size, got, pages)
		}
	}
	first, next, err := s.Runs(t.Context(), store.Cursor{}, 2)
	if err != nil || !slices.Equal(ids(first), want[:2]) {
		t.Fatalf("%q, %v", ids(first), err)
	}
	begin("newer", 9)
	for _, id := range []string{"run0", "run4"} { // the last one of the page, and one of the next
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	rest, next, err := s.Runs(t.Context(), next, 10)
	if err != nil || next != (store.Cursor{}) || !slices.Equal(ids(rest), []string{"run3", "run2", "run1"}) {
		t.Errorf("%q, %v, %v", ids(rest), next, err)
	}
	// A date before 1970 is behind all others, and found.
	old := NewRun("old")
	old.Started = time.Unix(-5, 0)
	fill(t, s, old, 0, 1, false)
	if all, err := store.AllRuns(t.Context(), s); err != nil || !slices.Equal(ids(all), []string{"newer", "run5", "run3", "run2", "run1", "old"}) {
		t.Errorf("%q, %v", ids(all), err)
	}
}
