package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

// Place is a place for stores of one sort.
type Place interface {
	// Open opens the store of the place, which is empty the first time; the suite closes it.
	Open(t testing.TB) store.Store
	// Narrow opens it with a single connection for all that reads.
	Narrow(t testing.TB) store.Store
	// Flushed tells whether the disk has all that was committed. known: that can be told here.
	Flushed(t testing.TB) (yes, known bool)
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
		{"runs page by page", testRunPages},
		{"go on", testGoOn},
		{"taken over", testTaken},
		{"read while written", testConcurrent},
		{"two runs written at once", testTwoWriters},
		{"groups stay whole", testGroups},
		{"a group is said to be stored when it is", testGroupCommitted},
		{"a group that is not stored", testGroupFailed},
		{"a group that is too large", testGroupTooLarge},
		{"durable", testDurable},
		{"no connection is held while rows are given", testNarrow},
		{"parts of a run", testParts},
		{"deleted while it is read", testDeletedRead},
		{"rows removed while it is read", testDroppedRead},
		{"written while it is read", testWrittenRead},
		{"a run in short", testIndex},
		{"some addresses", testSome},
		{"one address", testOfHost},
		{"drop", testDrop},
		{"delete", testDelete},
		{"delete while written", testDeleteWritten},
		{"export and import", testRoundTrip},
		{"import refuses", testImportRefuses},
		{"an import that was cut short", testImportAgain},
		{"dates of an import", testImportDates},
		{"hostile imports", testImportHostile},
		{"import of a report", testImportReport},
		{"runs that stand for nothing", testStands},
		{"check", testCheck},
		{"odd values", testOdd},
		{"revisions of documents", testRevisions},
		{"documents are written all or none", testAllOrNothing},
		{"documents are listed by their bytes", testListing},
		{"hostile and large documents", testDocuments},
		{"a written document is on the disk", testDeskDurable},
		{"writers of documents", testDeskWriters},
		{"one holder", testHold},
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
		Seed: 1<<63 + 5, Scope: "00ff", Flags: []byte(`{"checks":["smb"]}`), Verdicts: []uint64{1, 2, 3},
	}
}

// fill stores observations from..to of a run, and ends it.
func fill(t testing.TB, s store.Store, run *store.Run, from, to int, trace bool) {
	t.Helper()
	r, err := store.Begin(t.Context(), s, run, nil)
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
		if err := r.Record(Observation(i), trace); err != nil {
			t.Fatal(err)
		}
	}
}

// find gives a run as it is stored.
func find(t testing.TB, s store.Store, id string) *store.Run {
	t.Helper()
	runs, err := store.AllRuns(t.Context(), s)
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
	wantStoredTraced(t, s, id, from, to, func(int) bool { return trace })
}

func wantStoredTraced(t testing.TB, s store.Store, id string, from, to int, trace func(i int) bool) {
	t.Helper()
	list := read(t, s, id, store.AsStored)
	if len(list) != to-from {
		t.Fatalf("%d observations, want %d", len(list), to-from)
	}
	for i, o := range list {
		if d := differ(o, canonical(Observation(from+i), trace(from+i))); d != "" {
			t.Fatalf("observation %d: %s", from+i, d)
		}
	}
	if n := find(t, s, id).Observations; n != uint64(to-from) {
		t.Fatalf("the run counts %d observations, want %d", n, to-from)
	}
}

func testEmpty(t *testing.T, p Place) {
	s := open(t, p)
	if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 0 {
		t.Fatalf("%v, %v", runs, err)
	}
	if err := s.Delete(t.Context(), "x"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("deleting nothing: %v", err)
	}
	if _, err := s.Reopen(t.Context(), "x"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("reopening nothing: %v", err)
	}
	for _, err := range s.Rows(t.Context(), "x", store.Which{}) {
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
	r, err := store.Begin(t.Context(), s, NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := r.Record(Observation(i), i%3 == 0); err != nil {
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

func testOdd(t *testing.T, p Place) {
	s := open(t, p)
	r, err := store.Begin(context.WithoutCancel(t.Context()), s, NewRun("a-run"), nil)
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
		if err := r.Record(o, true); err != nil {
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
