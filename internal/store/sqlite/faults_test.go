package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// wantLine fails unless err is one line that names the store and says what is wrong.
func wantLine(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range append(parts, "store sqlite:") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%q is more than one line", err)
	}
}

// filled is a database with one run of n observations, closed.
func filled(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signet.db")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storeRun(t, s, "a-run", n)
	return path
}

func storeRun(t *testing.T, s store.Store, id string, n int) {
	t.Helper()
	r, err := store.Begin(t.Context(), s, storetest.NewRun(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := r.Record(storetest.Observation(i), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		t.Fatal(err)
	}
}

// count reads what is stored of a run.
func count(t *testing.T, s store.Store, id string) (n int) {
	t.Helper()
	run := storetest.NewRun(id)
	for _, err := range store.Observations(t.Context(), s, run, store.AsStored) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "signet.db")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := store.Begin(t.Context(), s, storetest.NewRun("a-run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Finish(func(*store.Run) {})
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		fi, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, fi.Mode().Perm())
		}
	}
	if fi, err := os.Stat(filepath.Dir(path)); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", fi.Mode(), err)
	}
}

func TestMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if _, err := Open(t.Context(), path, false); !errors.Is(err, store.ErrMissing) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking made the file")
	}
}

// A path may hold whatever means something in a URL.
func TestOddPath(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a b?c#d%41;é.db")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	storeRun(t, s, "a-run", 3)
	s.Close()
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 || names[0] != path {
		t.Errorf("%q, %v", names, err)
	}
}

func TestAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	raw(t, path, "CREATE TABLE bookmarks (url TEXT)")
	_, err := Open(t.Context(), path, true)
	wantLine(t, err, "another program")
}

// A migration that was cut short left nothing: it is one transaction. The test cuts it at every statement.
func TestHalfWritten(t *testing.T) {
	for at := range strings.Count(runsSQL, ";") {
		path := filepath.Join(t.TempDir(), "signet.db")
		if err := prepare(path, true); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
		if err != nil {
			t.Fatal(err)
		}
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range strings.SplitAfter(runsSQL, ";")[:at+1] {
			if _, err := tx.Exec(statement); err != nil {
				t.Logf("statement %d: %v", at, err) // a comment with a semicolon was cut
				break
			}
		}
		// The process dies here: what it did not commit is in no file another process reads.
		copied := filepath.Join(t.TempDir(), "signet.db")
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				continue
			}
			if err := os.WriteFile(copied+suffix, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tx.Rollback()
		db.Close()
		s, err := Open(t.Context(), copied, true)
		if err != nil {
			t.Fatal(err)
		}
		storeRun(t, s, "a-run", 5)
		s.Close()
	}
}

func TestLocked(t *testing.T) {
	path := filled(t, 10)
	db, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.write.Exec("PRAGMA busy_timeout = 100"); err != nil {
		t.Fatal(err)
	}
	_, err = store.Begin(t.Context(), s, storetest.NewRun("b"), nil)
	wantLine(t, err, "locked")
	if n := count(t, s, "a-run"); n != 10 {
		t.Errorf("%d observations can be read while another process writes", n)
	}
}

func TestCorrupted(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{
		"no database":    func(b []byte) []byte { return bytes.Repeat([]byte("hello "), 1000) },
		"header only":    func(b []byte) []byte { return b[:100] },
		"cut in half":    func(b []byte) []byte { return b[:len(b)/2] },
		"pages of noise": func(b []byte) []byte { copy(b[4096:], bytes.Repeat([]byte{0xa5}, len(b)-4096)); return b },
	} {
		t.Run(name, func(t *testing.T) {
			path := filled(t, 2000)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, harm(b), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path, true)
			if err == nil {
				defer s.Close()
				for _, err = range store.Observations(t.Context(), s, storetest.NewRun("a-run"), store.ByAddress) {
					if err != nil {
						break
					}
				}
			}
			wantLine(t, err)
			if !strings.Contains(err.Error(), "damaged") && !strings.Contains(err.Error(), "not a database") {
				t.Errorf("it says: %v", err)
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("as root no mode keeps anybody from writing: the database is opened read-only instead")
	}
	path := filled(t, 10)
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.write.Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	_, err = store.Begin(t.Context(), s, storetest.NewRun("b"), nil)
	wantLine(t, err, "read-only")
	if n := count(t, s, "a-run"); n != 10 {
		t.Errorf("%d observations can be read", n)
	}
}

// SQLite's own limit of pages stands for the disk here; TestDiskFull of the long tests has a real one.
func TestFull(t *testing.T) {
	path := filled(t, 1000)
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var pages int
	if err := s.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+200)); err != nil {
		t.Fatal(err)
	}
	r, err := store.Begin(context.Background(), s, storetest.NewRun("b"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = r.Record(storetest.Observation(i), true)
	}
	wantLine(t, err, "disk is full", "what was stored before is kept")
	wantLine(t, r.Finish(func(*store.Run) {}), "disk is full")
	if n := count(t, s, "a-run"); n != 1000 {
		t.Errorf("%d observations of the earlier run are left", n)
	}
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil || len(runs) != 2 || int(runs[0].Observations+runs[1].Observations) != 1000+count(t, s, "b") {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// A deletion that is cut short is invisible, and finished by whoever writes next.
func TestDeletionCutShort(t *testing.T) {
	path := filled(t, 1000)
	raw(t, path, "CREATE TRIGGER stop BEFORE DELETE ON segment BEGIN SELECT raise(ABORT, 'cut short'); END")
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantLine(t, s.Delete(t.Context(), "a-run"), "cut short")
	if runs, err := store.AllRuns(t.Context(), s); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if _, err := s.Reopen(t.Context(), "a-run"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("reopened: %v", err)
	}
	raw(t, path, "DROP TRIGGER stop")
	storeRun(t, s, "a-run", 10)
	if rows := len(stored(t, s, "a-run")); rows != 10 {
		t.Errorf("%d rows", rows)
	}
	var segments int
	if err := s.read.QueryRow("SELECT count(*) FROM segment").Scan(&segments); err != nil || segments != 1 {
		t.Errorf("%d segments, %v", segments, err)
	}
}
