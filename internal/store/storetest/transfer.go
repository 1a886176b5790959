package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"signet/internal/store"
)

func export(t testing.TB, s store.Store, id string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := store.Export(t.Context(), &b, s, find(t, s, id)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// importedAt is the moment of the suite's imports.
func importedAt() time.Time { return Started().Add(24 * time.Hour) }

func testRoundTrip(t *testing.T, p Place) {
	s := open(t, p)
	run := NewRun("a-run")
	run.Progress = store.Progress{Low: 7, Finished: []uint64{1, 2}, Addresses: 9, Alive: 8, Asked: 12, Outcomes: [8]uint64{1, 2, 3, 4, 5, 6, 7, 8}}
	r, err := store.Begin(t.Context(), s, run, nil)
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
	ids, err := store.Import(t.Context(), bytes.NewReader(first), s, importedAt())
	if err != nil || !slices.Equal(ids, []string{"a-run"}) {
		t.Fatalf("%v, %v", ids, err)
	}
	wantStored(t, s, "a-run", 0, 2000, true)
	again := *find(t, s, "a-run")
	if !again.Imported.Equal(importedAt()) {
		t.Errorf("imported at %s", again.Imported)
	}
	again.Imported = time.Time{}
	if after := fmt.Sprintf("%+v", again); after != before {
		t.Errorf("run\ngot  %s\nwant %s", after, before)
	}
	if second := export(t, s, "a-run"); !bytes.Equal(first, second) {
		t.Error("a second export differs from the first")
	}
	if _, err := store.Import(t.Context(), bytes.NewReader(first), s, importedAt()); !errors.Is(err, store.ErrExists) {
		t.Errorf("importing it again: %v", err)
	}
	fill(t, s, NewRun("z"), 0, 3, false)
	both := append(export(t, s, "a-run"), export(t, s, "z")...)
	for _, id := range []string{"a-run", "z"} {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := store.Import(t.Context(), bytes.NewReader(both), s, importedAt()); err != nil || !slices.Equal(ids, []string{"a-run", "z"}) {
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
		_, err := store.Import(t.Context(), bytes.NewReader(text), s, importedAt())
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("want an error with %q, got %v", name, err)
		}
		if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 0 {
			t.Fatalf("%s: %d runs are left behind, %v", name, len(runs), err)
		}
	}
}
