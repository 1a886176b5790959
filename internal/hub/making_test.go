package hub

import (
	"path/filepath"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/store"
)

// A comparison waits while a reading is made, and the other way round: each takes tens of megabytes for a while, which are not there for both.
func TestOneTakesMemoryAtATime(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.45.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.45.0/24")
	ctx := t.Context()
	for range 2 {
		j, err := h.LaunchBare(ctx, act(), &Bare{Targets: []string{"127.9.45.1"}, Checks: []string{"rdp"}})
		h.done(t, j, err)
	}
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil || len(runs) != 2 {
		t.Fatal(len(runs), err)
	}
	h.matching.Lock() // nobody else compares them
	defer h.matching.Unlock()
	if err := h.forgetChanges(ctx, []string{runs[0].ID}); err != nil {
		t.Fatal(err)
	}
	h.making.Lock()
	done := make(chan error, 1)
	go func() { done <- h.compareRun(ctx, runs, 0, nil) }()
	select {
	case err := <-done:
		h.making.Unlock()
		t.Fatalf("it was compared while something else was made: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	h.making.Unlock()
	if err := <-done; err != nil || !h.changes.knows(runs[0].ID) {
		t.Errorf("it is not compared: %v", err)
	}
}
