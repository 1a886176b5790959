package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// What each step of the schema changed, undone, so that a database stands as a version of before left it.
func undo() []string {
	return []string{1: "DROP TABLE host", 2: "DROP TABLE page", 3: "CREATE TABLE host (key integer)", 4: "",
		5: "ALTER TABLE run DROP COLUMN sum; ALTER TABLE run DROP COLUMN unsealed; ALTER TABLE kind DROP COLUMN sum; ALTER TABLE page DROP COLUMN sum",
		6: "DROP TABLE sieve", 7: "DROP TABLE desk"}
}

// observationTable is what the first step made.
func observationTable() string {
	at := strings.Index(runsSQL, "CREATE TABLE observation")
	return runsSQL[at : at+strings.Index(runsSQL[at:], ";")]
}

// unpacked puts the rows of some runs where they stood before there were segments.
func unpacked(t *testing.T, path string, ids ...string) {
	t.Helper()
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.write.Exec(observationTable()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		run, err := find(t.Context(), s.read, id)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range s.Rows(t.Context(), id, store.Which{}) {
			if err != nil {
				t.Fatal(err)
			}
			var trace any
			if r.Trace != nil {
				trace = r.Trace
			}
			if _, err := s.write.Exec("INSERT INTO observation VALUES (?,?,?,?,?,?,?,?,?)", store.RowID(run.Key, r.Seq), r.Addr.AsSlice(), r.Port, r.Kind, r.State, r.At, r.Took, r.Body, trace); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.write.Exec("DROP TABLE segment"); err != nil {
		t.Fatal(err)
	}
}

// stored is what a store gives of a run, row by row.
func stored(t *testing.T, s store.Store, id string) (rows []string) {
	t.Helper()
	for r, err := range s.Rows(t.Context(), id, store.Which{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%+v", *r))
	}
	return rows
}

func TestOldSchema(t *testing.T) {
	for version := 1; version < len(steps); version++ {
		path := filled(t, 500)
		s, err := Open(t.Context(), path, false)
		if err != nil {
			t.Fatal(err)
		}
		storeRun(t, s, "another", 9000) // more than one bite of a migration
		was := [][]string{stored(t, s, "a-run"), stored(t, s, "another")}
		s.Close()
		if version < 5 {
			unpacked(t, path, "a-run", "another")
		} else if version == 5 {
			raw(t, path, "ALTER TABLE segment DROP COLUMN sum")
		}
		for step := len(steps) - 1; step >= version; step-- {
			raw(t, path, undo()[step])
		}
		raw(t, path, fmt.Sprintf("PRAGMA user_version = %d", version))
		before := size(t, path)
		left := fmt.Sprintf("%s.before-schema-%d", path, len(steps))
		if version == 2 { // of a migration of another time, which is not written over
			if err := os.WriteFile(left, []byte("last year's"), 0o600); err != nil {
				t.Fatal(err)
			}
			left += "-2"
		}
		if s, err = Open(t.Context(), path, false); err != nil {
			t.Fatal(err)
		}
		if s.Before() != left {
			t.Errorf("schema %d: what stood there is in %q", version, s.Before())
		}
		wantOld(t, left, version, was)
		if now := [][]string{stored(t, s, "a-run"), stored(t, s, "another")}; len(now[0]) != 500 || len(now[1]) != 9000 || !slices.EqualFunc(was, now, slices.Equal) {
			t.Errorf("schema %d: of 500 and 9000 rows %d and %d survived, or not as they were", version, len(now[0]), len(now[1]))
		}
		if n := count(t, s, "a-run"); n != 500 {
			t.Errorf("%d observations survived", n)
		}
		if ix, err := store.ReadIndex(t.Context(), s, storetest.NewRun("a-run")); err != nil || len(slices.Collect(ix.Hosts())) != 500 {
			t.Errorf("schema %d: the index of an old run: %v", version, err)
		}
		storetest.Hosts(t, s, "a-run", 500, 20)
		pages := 0
		for p, err := range s.Pages(t.Context(), "a-run", netip.MustParseAddr("192.0.2.1")) {
			if err != nil || version < 7 && p.Body == nil {
				t.Fatalf("schema %d: a page of before, which has no sieve, is passed over: %v", version, err)
			}
			pages++
		}
		if (pages > 0) != (version >= 3) {
			t.Errorf("schema %d: %d pages", version, pages)
		}
		var now int
		if err := s.read.QueryRow("PRAGMA user_version").Scan(&now); err != nil || now != len(steps) {
			t.Errorf("schema %d, %v", now, err)
		}
		storeRun(t, s, "new", 5)
		if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Body: []byte("x")}); err != nil {
			t.Errorf("schema %d: a document: %v", version, err)
		}
		s.Close()
		if after := size(t, path); after > before+before/10 {
			t.Errorf("schema %d: the file grew from %d to %d bytes", version, before, after)
		}
	}
}

// wantOld wants a copy of a database of an older schema, which an older Signet opens, and this one too.
func wantOld(t *testing.T, path string, version int, was [][]string) {
	t.Helper()
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("schema %d: %v, %v", version, fi, err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	var schema, app int
	if err := errors.Join(db.QueryRow("PRAGMA user_version").Scan(&schema), db.QueryRow("PRAGMA application_id").Scan(&app), db.Close()); err != nil || schema != version || app != application {
		t.Errorf("schema %d: the copy has %d of %x, %v", version, schema, app, err)
	}
	s, err := open(t.Context(), path, false, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if now := [][]string{stored(t, s, "a-run"), stored(t, s, "another")}; !slices.EqualFunc(was, now, slices.Equal) {
		t.Errorf("schema %d: the copy has %d and %d rows", version, len(now[0]), len(now[1]))
	}
}

// No copy, no change: a database of an older schema stays as it is where its copy cannot be made, and a copy without a change goes away.
func TestOldSchemaStays(t *testing.T) {
	path := filled(t, 10)
	copy := fmt.Sprintf("%s.before-schema-%d", path, len(steps))
	raw(t, path, fmt.Sprintf("%s; PRAGMA user_version = %d", undo()[len(steps)-1], len(steps)-1))
	if err := os.MkdirAll(copy+".part/x", 0o700); err != nil { // in the way
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path, false)
	wantLine(t, err, "older Signet", copy)
	if err := os.RemoveAll(copy + ".part"); err != nil {
		t.Fatal(err)
	}
	raw(t, path, "CREATE TABLE desk (x)") // in the way of the last step
	_, err = Open(t.Context(), path, false)
	wantLine(t, err, "schema")
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("beside it stands %q, %v", left, err)
	}
	raw(t, path, "DROP TABLE desk")
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "a-run"); n != 10 || s.Before() != copy {
		t.Errorf("%d observations, and %q", n, s.Before())
	}
	s.Close()
	if s, err = Open(t.Context(), path, false); err != nil || s.Before() != "" {
		t.Errorf("once more: %v, %q", err, s.Before())
	}
	s.Close()
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fi.Size()
}

func raw(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestNewerSchema(t *testing.T) {
	path := filled(t, 10)
	raw(t, path, "PRAGMA user_version = 99")
	_, err := Open(t.Context(), path, true)
	wantLine(t, err, "newer Signet", "schema is 99")
	raw(t, path, fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	s, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := count(t, s, "a-run"); n != 10 {
		t.Errorf("%d observations are left", n)
	}
}
