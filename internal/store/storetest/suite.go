package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

// Place is a place for stores of one sort.
type Place interface {
	// Open opens the store of the place, which is empty the first time; the suite closes it.
	Open(t testing.TB) store.Store
}

// Run runs the suite; fresh gives a place that nothing was ever stored in.
func Run(t *testing.T, fresh func(testing.TB) Place) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Place)
	}{
		{"empty", testEmpty},
		{"what was put is read", testReadBack},
		{"in address order", testOrder},
		{"a transcript only where it is wanted", testTrace},
		{"nothing is lost when the process goes away", testCommitted},
		{"the position never runs ahead", testPosition},
		{"go on", testGoOn},
		{"taken over", testTaken},
		{"read while written", testConcurrent},
		{"two runs written at once", testTwoWriters},
		{"drop", testDrop},
		{"delete", testDelete},
		{"delete while written", testDeleteWritten},
		{"export and import", testRoundTrip},
		{"import refuses", testImportRefuses},
		{"odd values", testOdd},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh(t)) })
	}
}

func open(t testing.TB, p Place) store.Store {
	t.Helper()
	s := p.Open(t)
	t.Cleanup(func() { s.Close() })
	return s
}

// NewRun is a run of the suite.
func NewRun(id string) *store.Run {
	return &store.Run{
		ID: id, Tool: "signet/test", Started: Started(), Targets: []string{"10.0.0.0/8"}, Checks: []string{"smb", "names"},
		Depth: signet.Anonymous, Policy: "baseline/1", Warnings: []string{"a warning\nof two lines"}, Unresolved: 2,
		Seed: 1<<63 + 5, Scope: "00ff", Flags: []byte(`{"checks":["smb"]}`),
	}
}

// fill stores observations from..to of a run, and ends it.
func fill(t testing.TB, s store.Store, run *store.Run, from, to int, trace bool) {
	t.Helper()
	r, err := store.Record(t.Context(), s, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, from, to, trace)
	if err := r.Finish(func(run *store.Run) { run.Ended = Started().Add(time.Minute) }); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, r *store.Recorder, from, to int, trace bool) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := r.Put(Observation(i), trace); err != nil {
			t.Fatal(err)
		}
	}
}

// find gives a run as it is stored.
func find(t testing.TB, s store.Store, id string) *store.Run {
	t.Helper()
	runs, err := s.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run, err := store.Find(runs, id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func read(t testing.TB, s store.Store, id string, order store.Order) []*signet.Observation {
	t.Helper()
	var list []*signet.Observation
	for o, err := range store.Observations(t.Context(), s, find(t, s, id), order) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}

func wantStored(t testing.TB, s store.Store, id string, from, to int, trace bool) {
	t.Helper()
	list := read(t, s, id, store.AsStored)
	if len(list) != to-from {
		t.Fatalf("%d observations, want %d", len(list), to-from)
	}
	for i, o := range list {
		if d := differ(o, canonical(Observation(from+i), trace)); d != "" {
			t.Fatalf("observation %d: %s", from+i, d)
		}
	}
	if n := find(t, s, id).Observations; n != uint64(to-from) {
		t.Fatalf("the run counts %d observations, want %d", n, to-from)
	}
}

func testEmpty(t *testing.T, p Place) {
	s := open(t, p)
	if runs, err := s.Runs(t.Context()); err != nil || len(runs) != 0 {
		t.Fatalf("%v, %v", runs, err)
	}
	if err := s.Delete(t.Context(), "x"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("deleting nothing: %v", err)
	}
	if _, err := s.Reopen(t.Context(), "x"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("reopening nothing: %v", err)
	}
	for _, err := range s.Rows(t.Context(), "x", store.AsStored) {
		if !errors.Is(err, store.ErrUnknown) {
			t.Errorf("rows of nothing: %v", err)
		}
	}
	fill(t, s, NewRun("empty"), 0, 0, false)
	wantStored(t, s, "empty", 0, 0, false)
}

func testReadBack(t *testing.T, p Place) {
	s := open(t, p)
	want := NewRun("a-run")
	fill(t, s, want, 0, 3000, true)
	wantStored(t, s, "a-run", 0, 3000, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, p)
	wantStored(t, s, "a-run", 0, 3000, true)
	got := find(t, s, "a-run")
	want.Ended, want.Observations = Started().Add(time.Minute), 3000
	if a, b := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", *want); a != b {
		t.Errorf("run\ngot  %s\nwant %s", a, b)
	}
	if !got.Finished() {
		t.Error("the run does not count as finished")
	}
}

func testOrder(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("other"), 0, 100, false)
	fill(t, s, NewRun("a-run"), 0, 2000, false)
	got := read(t, s, "a-run", store.ByAddress)
	if len(got) != 2000 {
		t.Fatalf("%d observations", len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b *signet.Observation) int { return a.AddrPort().Compare(b.AddrPort()) }) {
		t.Error("not in order of address and port")
	}
	if slices.IsSortedFunc(read(t, s, "a-run", store.AsStored), func(a, b *signet.Observation) int { return a.Addr.Compare(b.Addr) }) {
		t.Error("the observations were stored in order, so that the test shows nothing")
	}
}

func testTrace(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Record(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := r.Put(Observation(i), i%3 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	for i, o := range read(t, s, "a-run", store.AsStored) {
		if d := differ(o, canonical(Observation(i), i%3 == 0)); d != "" {
			t.Fatalf("observation %d: %s", i, d)
		}
	}
}

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
	r, err := store.Record(t.Context(), s, NewRun("a-run"), nil)
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
	r, err := store.Record(t.Context(), s, NewRun("a-run"), func() store.Progress {
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
			if r.Put(Observation(i), false) != nil {
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
	first, err := store.Record(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Record(t.Context(), s, NewRun("a-run"), nil); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second run of the same ID: %v", err)
	}
	second, err := store.GoOn(t.Context(), s, find(t, s, "a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Put(Observation(1), false); err != nil {
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
	r, err := store.Record(t.Context(), s, NewRun("a-run"), nil)
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
	runs, err := s.Runs(t.Context())
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
	r, err := store.Record(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	if err := r.Put(Observation(0), false); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(func(*store.Run) {}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("the writer of a deleted run: %v", err)
	}
}

func export(t testing.TB, s store.Store, id string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := store.Export(t.Context(), &b, s, find(t, s, id)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func testRoundTrip(t *testing.T, p Place) {
	s := open(t, p)
	run := NewRun("a-run")
	run.Progress = store.Progress{Low: 7, Finished: []uint64{1, 2}, Addresses: 9, Alive: 8, Asked: 12, Outcomes: [8]uint64{1, 2, 3, 4, 5, 6, 7, 8}}
	r, err := store.Record(t.Context(), s, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, 0, 2000, true)
	if err := r.Finish(func(run *store.Run) { run.Ended, run.Interrupted = Started().Add(time.Hour), true }); err != nil {
		t.Fatal(err)
	}
	first := export(t, s, "a-run")
	before := fmt.Sprintf("%+v", *find(t, s, "a-run"))
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	ids, err := store.Import(t.Context(), bytes.NewReader(first), s)
	if err != nil || !slices.Equal(ids, []string{"a-run"}) {
		t.Fatalf("%v, %v", ids, err)
	}
	wantStored(t, s, "a-run", 0, 2000, true)
	if after := fmt.Sprintf("%+v", *find(t, s, "a-run")); after != before {
		t.Errorf("run\ngot  %s\nwant %s", after, before)
	}
	if second := export(t, s, "a-run"); !bytes.Equal(first, second) {
		t.Error("a second export differs from the first")
	}
	if _, err := store.Import(t.Context(), bytes.NewReader(first), s); !errors.Is(err, store.ErrExists) {
		t.Errorf("importing it again: %v", err)
	}
	fill(t, s, NewRun("z"), 0, 3, false)
	both := append(export(t, s, "a-run"), export(t, s, "z")...)
	for _, id := range []string{"a-run", "z"} {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := store.Import(t.Context(), bytes.NewReader(both), s); err != nil || !slices.Equal(ids, []string{"a-run", "z"}) {
		t.Errorf("two runs in one file: %v, %v", ids, err)
	}
}

func testImportRefuses(t *testing.T, p Place) {
	s := open(t, p)
	fill(t, s, NewRun("a-run"), 0, 5, true)
	lines := bytes.SplitAfter(export(t, s, "a-run"), []byte("\n"))
	if err := s.Delete(t.Context(), "a-run"); err != nil {
		t.Fatal(err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, text := range map[string][]byte{
		"line 1: ":  join(lines[1:]...),
		"line 3: ":  join(lines[0], lines[1], []byte("{\"kind\":\"endpoint\"\n")),
		"line 2: ":  join(lines[0], []byte(`{"kind":"endpoint","run":"a-run","address":"10.0.0.999"}`+"\n")),
		"cut short": join(lines[:4]...),
		"summary":   join(lines[:4]...),
		"counts 5":  join(lines[0], lines[1], lines[2], lines[3], lines[4], lines[6]),
	} {
		_, err := store.Import(t.Context(), bytes.NewReader(text), s)
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("want an error with %q, got %v", name, err)
		}
		if runs, err := s.Runs(t.Context()); err != nil || len(runs) != 0 {
			t.Fatalf("%s: %d runs are left behind, %v", name, len(runs), err)
		}
	}
}

func testOdd(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Record(context.WithoutCancel(t.Context()), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []*signet.Observation
	for i, change := range []func(*signet.Observation){
		func(o *signet.Observation) { o.Facts = nil },
		func(o *signet.Observation) { o.Facts = signet.RawFacts("{}") },
		func(o *signet.Observation) {
			o.Facts = signet.RawFacts(`{"server":"` + string(bytes.Repeat([]byte("A"), 1<<20)) + `"}`)
		},
		func(o *signet.Observation) {
			o.Trace = []signet.Exchange{{Note: "", Sent: nil, Received: bytes.Repeat([]byte{0, 255, 7}, 1<<18)}}
		},
		func(o *signet.Observation) { o.Trace = []signet.Exchange{{}, {Note: "x"}} },
		func(o *signet.Observation) { o.At = Started().Add(-time.Hour) },
		func(o *signet.Observation) { o.At = Started().Add(30 * 24 * time.Hour); o.Took = 50 * time.Hour },
		func(o *signet.Observation) { o.Port, o.Outcome = 65535, signet.Fault },
		func(o *signet.Observation) { o.Err = &signet.Failure{} },
		func(o *signet.Observation) { o.Check, o.CheckVersion = "", 1<<30 },
		func(o *signet.Observation) { o.Name = "x\x00y" },
	} {
		o := Observation(1000 + i)
		o.Trace, o.Name, o.Err = nil, "", nil
		change(o)
		want = append(want, canonical(o, true))
		if err := r.Put(o, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
	for i, o := range read(t, s, "a-run", store.AsStored) {
		if d := differ(o, want[i]); d != "" {
			t.Errorf("observation %d: %.300s", i, d)
		}
	}
}
