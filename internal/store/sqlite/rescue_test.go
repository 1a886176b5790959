package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// limited is a store whose file may grow by some pages; SQLite's own limit stands for the disk.
func limited(t *testing.T, pages int) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "signet.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var now int
	if err := s.write.QueryRow("PRAGMA page_count").Scan(&now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", now+pages)); err != nil {
		t.Fatal(err)
	}
	return s
}

// A run whose disk fills goes on in the next place, wherever that happens, and nothing of it is lost; so it does when that place
// fills, too.
func TestRescued(t *testing.T) {
	for _, pages := range []int{0, 1, 40, 300} {
		for _, second := range []int{0, 500} {
			first := limited(t, pages)
			var told []error
			var spares []func(context.Context) (store.Store, error)
			if second > 0 {
				spares = append(spares, func(context.Context) (store.Store, error) { return limited(t, second), nil })
			}
			spares = append(spares,
				func(context.Context) (store.Store, error) { return nil, errors.New("no folder") },
				func(ctx context.Context) (store.Store, error) { return OpenMemory(ctx) })
			s := store.Rescue(first, func(err error) { told = append(told, err) }, spares...)
			const n = 10_000
			storeRun(t, s, "a-run", n)
			at := 0
			for o, err := range store.Observations(t.Context(), s, storetest.NewRun("a-run"), store.AsStored) {
				if err != nil {
					t.Fatal(err)
				}
				if want := storetest.Observation(at); o.Endpoint != want.Endpoint || len(o.Trace) != len(want.Trace) {
					t.Fatalf("row %d is of %s, want %s", at, o.Endpoint, want.Endpoint)
				}
				at++
			}
			if at != n {
				t.Errorf("%d pages and %d: %d rows of %d", pages, second, at, n)
			}
			if n := count(t, s, "a-run"); n != at {
				t.Errorf("by address %d", n)
			}
			if len(told) == 0 || !errors.Is(told[0], store.ErrUnwritable) {
				t.Errorf("%d pages and %d: told %v", pages, second, told)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Where there is no other place the first error is the one to tell.
func TestNoRescue(t *testing.T) {
	s := store.Rescue(limited(t, 40), func(err error) { t.Error("it was rescued") },
		func(context.Context) (store.Store, error) { return nil, errors.New("no folder") },
		func(context.Context) (store.Store, error) { return limited(t, 0), nil })
	r, err := store.Begin(t.Context(), s, storetest.NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil && i < 100_000; i++ {
		err = r.Record(storetest.Observation(i), true)
	}
	wantLine(t, err, "disk is full")
	r.Finish(func(*store.Run) {})
}

// A run that another process took over is not rescued from it.
func TestTakenIsNotRescued(t *testing.T) {
	first := limited(t, 10_000)
	s := store.Rescue(first, func(error) { t.Error("it was rescued") }, func(ctx context.Context) (store.Store, error) { return OpenMemory(ctx) })
	r, err := store.Begin(t.Context(), s, storetest.NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Reopen(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	if err := r.Record(storetest.Observation(1), true); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(func(*store.Run) {}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("got %v", err)
	}
}

// A store in memory is a store.
func TestMemory(t *testing.T) {
	s, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	storeRun(t, s, "a-run", 3000)
	if n := count(t, s, "a-run"); n != 3000 {
		t.Errorf("%d rows", n)
	}
	if runs, err := store.AllRuns(t.Context(), other); err != nil || len(runs) != 0 {
		t.Errorf("another one holds %d runs, %v", len(runs), err)
	}
	if err := errors.Join(s.Close(), other.Close()); err != nil {
		t.Error(err)
	}
}
