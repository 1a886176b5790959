package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

func TestStore(t *testing.T) {
	srv := start(t)
	storetest.Run(t, func(t testing.TB) storetest.Place { return place(srv.database(t)) })
	t.Run("old schema", func(t *testing.T) { testOldSchema(t, srv) })
	t.Run("newer schema", func(t *testing.T) { testNewerSchema(t, srv) })
	t.Run("half-written schema", func(t *testing.T) { testHalfWritten(t, srv) })
	t.Run("read-only", func(t *testing.T) { testReadOnly(t, srv) })
	t.Run("damaged", func(t *testing.T) { testDamaged(t, srv) })
	t.Run("locked", func(t *testing.T) { testLocked(t, srv) })
	t.Run("no server", testNoServer)
	t.Run("damaged documents", func(t *testing.T) { testDamagedDocuments(t, srv) })
	t.Run("a hold that is released", func(t *testing.T) { testHoldReleased(t, srv) })
	t.Run("a hold that is had back", func(t *testing.T) { testHoldHadBack(t, srv) })
	t.Run("a hold that is lost", func(t *testing.T) { testHoldLost(t, srv) })
}

func storeRun(t *testing.T, s store.Store, id string, n int) error {
	t.Helper()
	r, err := store.Begin(t.Context(), s, storetest.NewRun(id), nil)
	if err != nil {
		return err
	}
	for i := range n {
		if err := r.Record(storetest.Observation(i), true); err != nil {
			return err
		}
	}
	return r.Finish(func(*store.Run) {})
}

func count(t *testing.T, s store.Store) (n int) {
	t.Helper()
	for _, err := range store.Observations(t.Context(), s, storetest.NewRun("a-run"), store.ByAddress) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// What each step of the schema changed, undone, so that a database stands as a version of before left it.
func undo() []string {
	return []string{1: "DROP TABLE host", 2: "DROP TABLE page", 3: "CREATE TABLE host (key integer)",
		4: "ALTER TABLE run DROP COLUMN sum, DROP COLUMN unsealed; ALTER TABLE kind DROP COLUMN sum; ALTER TABLE observation DROP COLUMN sum; ALTER TABLE page DROP COLUMN sum",
		5: "DROP TABLE sieve", 6: "DROP TABLE desk"}
}

func testOldSchema(t *testing.T, srv *server) {
	for version := 1; version < len(steps); version++ {
		address := srv.database(t)
		s := place(address).Open(t)
		if err := storeRun(t, s, "a-run", 500); err != nil {
			t.Fatal(err)
		}
		s.Close()
		for step := len(steps) - 1; step >= version; step-- {
			srv.exec(t, address, undo()[step])
		}
		srv.exec(t, address, fmt.Sprintf("UPDATE signet_schema SET version = %d", version))
		s = place(address).Open(t)
		if n := count(t, s); n != 500 {
			t.Errorf("%d observations survived", n)
		}
		if ix, err := store.ReadIndex(t.Context(), s, storetest.NewRun("a-run")); err != nil || len(slices.Collect(ix.Hosts())) != 500 {
			t.Errorf("schema %d: the index of an old run: %v", version, err)
		}
		storetest.Hosts(t, s, "a-run", 500, 20)
		if err := storeRun(t, s, "new", 5); err != nil {
			t.Error(err)
		}
		if _, err := s.(store.Desk).Write(t.Context(), store.Edit{Kind: "user", ID: "a", Body: []byte("x")}); err != nil {
			t.Errorf("schema %d: a document: %v", version, err)
		}
		s.Close()
	}
}

func testNewerSchema(t *testing.T, srv *server) {
	address := srv.database(t)
	place(address).Open(t).Close()
	srv.exec(t, address, "UPDATE signet_schema SET version = 99")
	_, err := Open(t.Context(), address)
	wantLine(t, err, "newer Signet", "schema is 99")
}

// A step that fails leaves nothing: the next one who comes begins anew.
func testHalfWritten(t *testing.T, srv *server) {
	address := srv.database(t)
	srv.exec(t, address, "CREATE TABLE observation (x int)") // in the way of the first step, after two of its tables
	_, err := Open(t.Context(), address)
	wantLine(t, err, "schema 1")
	srv.exec(t, address, "DROP TABLE observation")
	s := place(address).Open(t)
	defer s.Close()
	if err := storeRun(t, s, "a-run", 5); err != nil {
		t.Fatal(err)
	}
}

func testReadOnly(t *testing.T, srv *server) {
	address := srv.database(t)
	s := place(address).Open(t)
	if err := storeRun(t, s, "a-run", 5); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = place(address + "?default_transaction_read_only=on").Open(t)
	defer s.Close()
	wantLine(t, storeRun(t, s, "b", 5), "read-only")
	if n := count(t, s); n != 5 {
		t.Errorf("%d observations can be read", n)
	}
}

// Each record has a checksum, and the rows of a run are counted.
func testDamaged(t *testing.T, srv *server) {
	for _, test := range []struct{ statement, want string }{
		{"UPDATE run SET head = replace(head, 'signet/test', 'signet/tesu')", "run a-run: the record of the run itself"},
		{"UPDATE run SET started = started + 1", "run a-run: the record of the run itself"},
		{"UPDATE run SET gone = true", "run a-run: the record of the run itself"},
		{"UPDATE run SET sum = NULL", "run a-run: the record of the run itself"},
		{"UPDATE kind SET facts = set_byte(facts, 9, 1) WHERE id = 1", `the dictionary of the check "smb"`},
		{"UPDATE page SET rows = rows - 1", "the index of the rows from 1 on"},
		{"UPDATE sieve SET body = set_byte(body, 1, 255 - get_byte(body, 1))", "the index of the rows from 1 on"},
		{"UPDATE observation SET port = 446 WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET at = at + 1 WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET state = state # 16 WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET addr = set_bit(addr, 9, 1 - get_bit(addr, 9)) WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET body = set_byte(body, 20, 255 - get_byte(body, 20)) WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET trace = NULL WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"UPDATE observation SET sum = NULL WHERE id & 255 = 77", "run a-run: row 77 (of 10."},
		{"DELETE FROM observation WHERE id & 255 = 77", "run a-run: 199 rows can be found, and it counts 200"},
		{"DELETE FROM run", "of the table observation belong to no run"},
	} {
		address := srv.database(t)
		s := place(address).Open(t)
		if err := storeRun(t, s, "a-run", 200); err != nil {
			t.Fatal(err)
		}
		srv.exec(t, address, test.statement)
		runs, err := store.AllRuns(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		tell := func(line string) { told = append(told, line) }
		if _, err := store.Check(t.Context(), s, runs, tell); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(t.Context(), tell); err != nil {
			t.Fatal(err)
		}
		if len(told) == 0 || !strings.Contains(strings.Join(told, "\n"), test.want) {
			t.Errorf("%s: the check says %q", test.statement, told)
		}
		if strings.Contains(test.want, "row 77") {
			var failed error
			for _, err := range store.Observations(t.Context(), s, storetest.NewRun("a-run"), store.ByAddress) {
				failed = err
			}
			wantLine(t, failed, test.want, "restore the store")
		}
		if strings.Contains(test.statement, "gone") {
			if err := s.Delete(t.Context(), "a-run"); err != nil {
				t.Errorf("a damaged run cannot be deleted: %v", err)
			}
		}
		s.Close()
	}
}

func testLocked(t *testing.T, srv *server) {
	address := srv.database(t)
	s := place(address + "?lock_timeout=100").Open(t)
	defer s.Close()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE run IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	wantLine(t, storeRun(t, s, "a-run", 5), "locked")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := storeRun(t, s, "a-run", 5); err != nil {
		t.Fatal(err)
	}
}

func testNoServer(t *testing.T) {
	_, err := Open(t.Context(), "postgres://me:hunter2@127.0.0.1:1/db?sslmode=disable")
	wantLine(t, err, "store postgres://me@127.0.0.1:1/db", "no connection")
	_, err = Open(t.Context(), "postgres://me:hunter2@127.0.0.1:port/db")
	wantLine(t, err)
	if errors.Is(err, store.ErrMissing) {
		t.Error("it counts as missing")
	}
}

// What appendCopy puts before the first row and after the last.
const (
	copyHeader  = 19
	copyTrailer = 2
)

// BenchmarkRecord is bar b of the store: run it with -benchtime 1000000x.
func BenchmarkRecord(b *testing.B) {
	srv := start(b)
	address := srv.database(b)
	s := place(address).Open(b)
	defer s.Close()
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	if _, err := conn.Exec(b.Context(), "CREATE TABLE bare (id bigint PRIMARY KEY, at bigint, took bigint, port integer, kind integer, state smallint, addr bytea, body bytea, trace bytea, sum integer)"); err != nil {
		b.Fatal(err)
	}
	storetest.Benchmark(b, s, func(n int, row func(int) *store.Row) {
		// One COPY of everything, its bytes made by the same function, as fast as the server takes them.
		r, w := io.Pipe()
		go func() {
			const each = 8192
			rows, buf := make([]store.Row, 0, each), []byte(nil)
			for i := 0; i < n; i += each {
				rows = rows[:0]
				for k := i; k < min(i+each, n); k++ {
					rows = append(rows, *row(k))
				}
				buf = appendCopy(buf[:0], 1, rows)
				from, to := 0, len(buf)
				if i > 0 {
					from = copyHeader
				}
				if i+each < n {
					to -= copyTrailer
				}
				if _, err := w.Write(buf[from:to]); err != nil {
					return
				}
			}
			w.Close()
		}()
		if _, err := conn.PgConn().CopyFrom(b.Context(), r, strings.Replace(copyRows, "observation", "bare", 1)); err != nil {
			b.Fatal(err)
		}
	})
	var size int64
	if err := conn.QueryRow(b.Context(), "SELECT pg_total_relation_size('observation')").Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size)/float64(b.N+8192), "B/row")
}
