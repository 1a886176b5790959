package storetest

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"signet/internal/store"
)

// fillGroup closes a group of the observations from..to.
func fillGroup(t testing.TB, r *store.Recorder, from, to int, committed func()) {
	t.Helper()
	g := r.Group()
	for i := from; i < to; i++ {
		if err := g.Record(Observation(i), i%2 == 0); err != nil {
			t.Error(err)
			return
		}
	}
	if err := g.Close(committed); err != nil {
		t.Error(err)
	}
}

// Groups of many sizes are written at once, beside observations that belong to none: none is divided between two transactions.
func testGroups(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	const each, writers = 9000, 3
	group := func(i int) int { // a thousand to a group, and every ninth thousand belongs to none
		if i/1000%9 == 0 {
			return -1
		}
		return i / 1000
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for from := w * each; from < (w+1)*each; from += 1000 {
				if group(from) < 0 {
					put(t, r, from, from+1000, false)
				} else {
					fillGroup(t, r, from, from+1000, nil)
				}
			}
		})
	}
	wg.Wait()
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	type page struct{ first, last uint64 }
	var pages []page
	for p, err := range s.Pages(t.Context(), "a-run", netip.Addr{}) {
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page{p.First, p.First + p.Rows - 1})
	}
	if len(pages) < 2 {
		t.Fatal("all of it was one transaction, so that the test shows nothing")
	}
	in := map[int]int{}
	rows, at := uint64(0), 0
	for o, err := range store.Observations(t.Context(), s, find(t, s, "a-run"), store.AsStored) {
		if err != nil {
			t.Fatal(err)
		}
		for rows++; rows > pages[at].last; at++ {
		}
		i := int(o.At.Sub(Started()).Microseconds() / 66)
		g := group(i)
		if before, ok := in[g]; ok && g >= 0 && before != at {
			t.Fatalf("group %d stands in transactions %d and %d", g, before, at)
		}
		in[g] = at
	}
	if rows != each*writers {
		t.Errorf("%d rows, want %d", rows, each*writers)
	}
}

// Whoever waits for a group is called after its commit and before the next one, in the order of closing.
func testGroupCommitted(t *testing.T, p Place) {
	s, other := open(t, p), open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	const groups, size = 40, 500
	var order []int
	for n := range groups {
		fillGroup(t, r, n*size, (n+1)*size, func() {
			if got := find(t, other, "a-run").Observations; got < uint64(n+1)*size {
				t.Errorf("group %d is said to be stored, and %d observations are", n, got)
			}
			order = append(order, n)
		})
	}
	last := make(chan struct{})
	fillGroup(t, r, 0, 0, func() { close(last) })
	<-last
	last = make(chan struct{}) // with nothing else to be committed
	fillGroup(t, r, 0, 0, func() { close(last) })
	select {
	case <-last:
	case <-time.After(10 * time.Second):
		t.Error("nobody is told of a group without observations")
	}
	dropped := r.Group()
	if err := dropped.Record(Observation(1), false); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	if len(order) != groups {
		t.Fatalf("%d groups are said to be stored, of %d", len(order), groups)
	}
	for i, n := range order {
		if i != n {
			t.Fatalf("the order is %v", order)
		}
	}
	wantStoredTraced(t, s, "a-run", 0, groups*size, func(i int) bool { return i%2 == 0 })
	if err := dropped.Close(nil); err == nil {
		t.Error("a group is taken after the end")
	}
}

// Nobody is told that a group is stored which is not.
func testGroupFailed(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	g := r.Group()
	if err := g.Record(Observation(0), false); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(func() { t.Error("a group of a deleted run is said to be stored") }); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(func(*store.Run) {}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("the end of a deleted run: %v", err)
	}
}

// A group that no transaction should hold is refused whole.
func testGroupTooLarge(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	g := r.Group()
	o := Observation(0)
	for n := 0; err == nil && n < 1<<17; n++ {
		err = g.Record(o, false)
	}
	if err == nil {
		t.Fatal("a group of 131,072 rows is taken")
	}
	if again := g.Close(func() { t.Error("it is said to be stored") }); again == nil || again.Error() != err.Error() {
		t.Errorf("%v, and closing it: %v", err, again)
	}
	fillGroup(t, r, 0, 10, nil)
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	wantStoredTraced(t, s, "a-run", 0, 10, func(i int) bool { return i%2 == 0 })
}

// A recorder that was asked to is told of a commit when the disk has it. Of one that was not, nothing is known either way.
func testDurable(t *testing.T, p Place) {
	s := open(t, p)
	ordinary := 0
	for n, options := range [][]store.Option{{store.Durable}, nil, {store.Durable}} {
		run := NewRun("run" + string(rune('0'+n)))
		r, err := store.Begin(t.Context(), s, run, nil, options...)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for i := range 5 {
			fillGroup(t, r, i*2000, (i+1)*2000, func() {
				told++
				flushed, known := p.Flushed(t)
				switch {
				case !known:
				case len(options) > 0 && !flushed:
					t.Errorf("run %d, group %d: the disk does not have all of it", n, i)
				case len(options) == 0 && !flushed:
					ordinary++
				}
			})
		}
		if err := r.Finish(func(*store.Run) {}); err != nil {
			t.Fatal(err)
		}
		if told != 5 {
			t.Errorf("run %d: %d groups are stored", n, told)
		}
	}
	if _, known := p.Flushed(t); known {
		t.Logf("of 5 ordinary commits the disk did not have %d at once", ordinary)
	}
	// And of a run that is gone on with.
	r, err := store.GoOn(t.Context(), s, find(t, s, "run1"), nil, store.Durable)
	if err != nil {
		t.Fatal(err)
	}
	fillGroup(t, r, 0, 2000, func() {
		if flushed, known := p.Flushed(t); known && !flushed {
			t.Error("a run that is gone on with: the disk does not have all of it")
		}
	})
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
}
