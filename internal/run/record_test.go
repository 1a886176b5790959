package run

import (
	"context"
	"fmt"
	"testing"

	"signet"
	"signet/internal/store"
	"signet/internal/store/sqlite"
	"signet/internal/store/storetest"
)

// Who reached nobody: any answer of anybody, were it a refusal, is one.
func TestReachedNobody(t *testing.T) {
	outcomes := func(list ...signet.Outcome) (n [8]uint64) {
		for _, o := range list {
			n[o]++
		}
		return n
	}
	for _, test := range []struct {
		p    store.Progress
		want string
	}{
		{store.Progress{}, "no address could be asked"},
		{store.Progress{Addresses: 9, Asked: 9, Outcomes: outcomes(signet.Silent)}, "nobody answered"},
		{store.Progress{Addresses: 9}, "nobody answered"},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Silent, signet.Fault)}, "nobody answered, and 1 endpoint was not asked for reasons of ours"},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Skipped, signet.Fault)}, "nobody answered, and 2 endpoints were not asked for reasons of ours"},
		{store.Progress{Addresses: 9, Alive: 1, Asked: 2, Outcomes: outcomes(signet.Silent)}, ""},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Silent, signet.Refused)}, ""},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Fault, signet.Answered)}, ""},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Broken)}, ""},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Foreign)}, ""},
		{store.Progress{Addresses: 9, Asked: 2, Outcomes: outcomes(signet.Withheld)}, ""},
	} {
		if got := reachedNobody(&test.p); got != test.want {
			t.Errorf("%+v: %q, want %q", test.p, got, test.want)
		}
	}
}

// An interrupted run keeps its own state, however little it reached; one that could not go on at all has failed.
func TestStopped(t *testing.T) {
	s, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, test := range []struct {
		e    ending
		p    store.Progress
		want string
	}{
		{ending{at: storetest.Started()}, store.Progress{Addresses: 1}, "failed"},
		{ending{at: storetest.Started()}, store.Progress{Addresses: 1, Alive: 1}, "done"},
		{ending{at: storetest.Started(), interrupted: true}, store.Progress{}, "interrupted"},
		{ending{interrupted: true, failed: "no rights"}, store.Progress{}, "failed"},
		{ending{interrupted: true, failed: "no rights"}, store.Progress{Alive: 1}, "interrupted"},
	} {
		id := fmt.Sprint("run-", i)
		rec, err := store.Begin(context.Background(), s, storetest.NewRun(id), func() store.Progress { return test.p })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&record{rec: rec}).stop(test.e); err != nil {
			t.Fatal(err)
		}
		runs, err := store.AllRuns(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		run, err := store.Find(runs, id)
		if err != nil || State(run) != test.want {
			t.Errorf("%+v with %+v: %s, want %s, %v", test.e, test.p, State(run), test.want, err)
		}
	}
}
