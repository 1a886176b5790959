package storetest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/store"
)

// eventually waits up to ten seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func testCommitted(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, 0, 500, true)
	start := time.Now()
	eventually(t, "nothing is committed", func() bool { return find(t, s, "a-run").Observations == 500 })
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("committed after %s", took)
	}
	wantStored(t, s, "a-run", 0, 500, true)
	if find(t, s, "a-run").Finished() {
		t.Error("the run counts as finished")
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
}

func testPosition(t *testing.T, p Place) {
	s := open(t, p)
	var low atomic.Uint64
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), func() store.Progress {
		n := low.Load()
		return store.Progress{Low: n, Finished: []uint64{5}, Addresses: n}
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if r.Record(Observation(i), false) != nil {
				return
			}
			low.Store(uint64(i + 1))
			if i%1000 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	seen := uint64(0)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		run := find(t, s, "a-run")
		if run.Progress.Low > run.Observations {
			t.Fatalf("position %d with %d observations", run.Progress.Low, run.Observations)
		}
		seen = max(seen, run.Progress.Low)
	}
	close(stop)
	wg.Wait()
	if err := r.Finish(func(run *store.Run) { run.Ended, run.Interrupted = Started(), true }); err != nil {
		t.Fatal(err)
	}
	run := find(t, s, "a-run")
	if seen == 0 || run.Progress.Low != run.Observations || !slices.Equal(run.Progress.Finished, []uint64{5}) {
		t.Errorf("seen %d, at the end %+v with %d observations", seen, run.Progress, run.Observations)
	}
}

func testGoOn(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("a-run"), 0, 100, true)
	for _, to := range []int{200, 201, 1500} {
		run := find(t, s, "a-run")
		from := int(run.Observations)
		r, err := store.GoOn(t.Context(), s, run, nil)
		if err != nil {
			t.Fatal(err)
		}
		put(t, r, from, to, true)
		if err := r.Finish(func(*store.Run) {}); err != nil {
			t.Fatal(err)
		}
		wantStored(t, s, "a-run", 0, to, true)
	}
}

func testTaken(t *testing.T, p Place) {
	s := open(t, p)
	first, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Begin(t.Context(), s, NewRun("a-run"), nil); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second run of the same ID: %v", err)
	}
	second, err := store.GoOn(t.Context(), s, find(t, s, "a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Record(Observation(1), false); err != nil {
		t.Fatal(err)
	}
	if err := first.Finish(func(*store.Run) {}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("the first writer: %v", err)
	}
	put(t, second, 0, 10, false)
	if err := second.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	wantStored(t, s, "a-run", 0, 10, false)
}

func testConcurrent(t *testing.T, p Place) {
	s, other := open(t, p), open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { put(t, r, 0, 20000, true) })
	readers := 0
	for n := 0; n < 20000; {
		list := read(t, other, "a-run", store.AsStored)
		if len(list) < n {
			t.Errorf("%d observations after %d", len(list), n)
		}
		if n = len(list); n > 0 {
			readers++
			if d := differ(list[n-1], canonical(Observation(n-1), true)); d != "" {
				t.Fatalf("observation %d: %s", n-1, d)
			}
		}
	}
	wg.Wait()
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	if readers == 0 {
		t.Error("nothing was read while it was written")
	}
}

func testTwoWriters(t *testing.T, p Place) {
	var wg sync.WaitGroup
	for _, id := range []string{"one", "two"} {
		s := open(t, p)
		wg.Go(func() { fill(t, s, NewRun(id), 0, 15000, false) })
	}
	wg.Wait()
	s := open(t, p)
	wantStored(t, s, "one", 0, 15000, false)
	wantStored(t, s, "two", 0, 15000, false)
}
