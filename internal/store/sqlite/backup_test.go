package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// viewOf is all that is shown of a database file.
func viewOf(t *testing.T, path string) string {
	t.Helper()
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if list := checked(t, s); len(list) > 0 {
		t.Errorf("%s: the check says %q", path, list)
	}
	v, err := view(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A backup is whole, readable by its owner alone, and of one moment, whatever is written meanwhile; restored, it shows what stood then.
func TestBackupAndRestore(t *testing.T) {
	path := manifold(t)
	want := viewOf(t, path)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "a b'?.backup")
	if err := os.WriteFile(backup, []byte("of last week"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(backup); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(backup), "*")); err != nil || len(left) != 1 {
		t.Errorf("beside it stands %q", left)
	}
	storeRun(t, s, "after", 50)
	if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "u1", Was: store.AnyRev}); err != nil {
		t.Fatal(err)
	}
	// While a process holds the place it is left alone.
	_, release, err := s.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), backup, path); !errors.Is(err, store.ErrHeld) {
		t.Errorf("while it is held: %v", err)
	}
	release()
	s.Close()
	changed := viewOf(t, path)
	before, err := Restore(t.Context(), backup, path)
	if err != nil {
		t.Fatal(err)
	}
	if got := viewOf(t, path); got != want {
		t.Error("what is restored shows something else")
	}
	if got := viewOf(t, before); got != changed || got == want {
		t.Error("what stood there is not kept")
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	_, err = Restore(t.Context(), backup, path)
	wantLine(t, err, "before-restore", "move it away")
	// Where there is none, also into a folder that is not there.
	empty := filepath.Join(t.TempDir(), "x", "new.db")
	if before, err := Restore(t.Context(), backup, empty); err != nil || before != "" {
		t.Errorf("%q, %v", before, err)
	}
	if viewOf(t, empty) != want {
		t.Error("where there was none it shows something else")
	}
}

// The journal of what stood in the place is not taken for the restored database's: a process died and left it.
func TestRestoreOverAJournal(t *testing.T) {
	path := manifold(t)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	want := viewOf(t, backup)
	storeRun(t, s, "after", 3000)
	died := filepath.Join(t.TempDir(), "died.db")
	for _, part := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + part)
		if err != nil || len(b) == 0 {
			t.Fatal(part, err)
		}
		if err := os.WriteFile(died+part, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before, err := Restore(t.Context(), backup, died)
	if err != nil {
		t.Fatal(err)
	}
	if viewOf(t, died) != want {
		t.Error("it shows something else")
	}
	if !strings.Contains(viewOf(t, before), "after") {
		t.Error("what stood there lost its journal")
	}
	// Such a copy is no backup either.
	if err := os.WriteFile(backup+"-wal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Restore(t.Context(), backup, filepath.Join(t.TempDir(), "y.db"))
	wantLine(t, err, "one file")
}

// What cannot be restored changes nothing.
func TestRestoreRefuses(t *testing.T) {
	good := manifold(t)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.ReplaceAll(whole, []byte(`"user 5"`), []byte(`"user 4"`)) // one bit of each copy
	if bytes.Equal(flipped, whole) {
		t.Fatal("there is no such document")
	}
	newer := filepath.Join(t.TempDir(), "newer")
	if err := os.WriteFile(newer, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	raw(t, newer, "PRAGMA user_version = 99")
	fromNewer, err := os.ReadFile(newer)
	if err != nil {
		t.Fatal(err)
	}
	place := manifold(t)
	want := viewOf(t, place)
	for name, b := range map[string][]byte{"a flipped bit": flipped, "cut short": whole[:len(whole)/2], "no database": []byte("hello, this is no database at all"), "of a newer Signet": fromNewer, "nothing": {}} {
		backup := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(backup, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if before, err := Restore(t.Context(), backup, place); err == nil || before != "" || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: %q, %v", name, before, err)
		}
		if left, err := filepath.Glob(place + ".*"); err != nil || len(left) != 0 {
			t.Errorf("%s: beside it stands %q", name, left)
		}
		if viewOf(t, place) != want {
			t.Errorf("%s: the place shows something else", name)
		}
		if now, err := os.ReadFile(backup); err != nil || string(now) != string(b) {
			t.Errorf("%s: the backup is changed, %v", name, err)
		}
	}
	if _, err := Restore(t.Context(), filepath.Join(t.TempDir(), "missing"), place); err == nil {
		t.Error("a backup that is not there is restored")
	}
	// What stands in the place may be damaged: that is what backups are for.
	broken := filepath.Join(t.TempDir(), "broken.db")
	if err := os.WriteFile(broken, whole[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), good, broken); err != nil {
		t.Errorf("over a damaged one: %v", err)
	}
	viewOf(t, broken)
}

// A backup of a database that is written all the time is of one moment: a run counts what it has, pairs of documents are pairs.
func TestBackupWhileWritten(t *testing.T) {
	path := filled(t, 100)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		r, err := store.Begin(t.Context(), s, storetest.NewRun("written"), nil)
		if err != nil {
			t.Error(err)
			return
		}
		for i := 0; ; i++ {
			select {
			case <-stop:
				if err := r.Finish(func(*store.Run) {}); err != nil {
					t.Error(err)
				}
				return
			default:
			}
			body := fmt.Append(nil, i)
			if _, err := s.Write(t.Context(), store.Edit{Kind: "pair", ID: "a", Was: store.AnyRev, Body: body}, store.Edit{Kind: "pair", ID: "b", Was: store.AnyRev, Body: body}); err != nil {
				t.Error(err)
			}
			for k := range 100 {
				if err := r.Record(storetest.Observation(100*i+k), false); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 5 {
		backup := filepath.Join(t.TempDir(), "backup")
		if err := s.Backup(t.Context(), backup); err != nil {
			t.Error(err)
			break
		}
		viewOf(t, backup)
		b, err := Open(t.Context(), backup, false)
		if err != nil {
			t.Fatal(err)
		}
		x, errX := b.Document(t.Context(), "pair", "a")
		y, errY := b.Document(t.Context(), "pair", "b")
		if (errX == nil) != (errY == nil) || errX == nil && string(x.Body) != string(y.Body) {
			t.Errorf("%v and %v", x, y)
		}
		b.Close()
	}
	close(stop)
	wg.Wait()
	m, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	wantLine(t, m.Backup(t.Context(), filepath.Join(t.TempDir(), "x")), "in memory alone")
}
