package sqlite

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.Writer(func(ctx context.Context, where string) (store.Store, error) { return Open(ctx, where, true) })
	os.Exit(m.Run())
}

func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	storetest.Kill(t, storetest.Kills(), path, place(path))
}

func TestHoldKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.db")
	storetest.HoldKilled(t, storetest.Kills(), path, place(path))
}

// A real disk of two megabytes.
func TestDiskFull(t *testing.T) {
	if os.Getenv("SIGNET_LONG") == "" {
		t.Skip("SIGNET_LONG is not set: it mounts a file system")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "signet-test", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	path := filepath.Join(dir, "signet.db")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	storeRun(t, s, "a-run", 500)
	r, err := store.Begin(t.Context(), s, storetest.NewRun("b"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = r.Record(storetest.Observation(i), true)
	}
	wantLine(t, err, "what was stored before is kept")
	if !strings.Contains(err.Error(), "disk") {
		t.Errorf("it says: %v", err)
	}
	t.Log(err)
	r.Finish(func(*store.Run) {})
	s.Close()
	if s, err = Open(t.Context(), path, false); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := count(t, s, "a-run"); n != 500 {
		t.Errorf("%d observations of the earlier run are left", n)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if err := s.Delete(t.Context(), "b"); err != nil {
		t.Errorf("making room: %v", err)
	}
}

// A file system that cannot be written: what is stored can still be read, or the one line says why not.
func TestReadOnlyDisk(t *testing.T) {
	if os.Getenv("SIGNET_LONG") == "" {
		t.Skip("SIGNET_LONG is not set: it mounts a file system")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m", "signet-test", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	path := filepath.Join(dir, "signet.db")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	storeRun(t, s, "a-run", 500)
	s.Close()
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	s, err = Open(t.Context(), path, true)
	if err == nil {
		defer s.Close()
		_, err = store.Begin(t.Context(), s, storetest.NewRun("b"), nil)
	}
	wantLine(t, err)
	t.Log(err)
}
