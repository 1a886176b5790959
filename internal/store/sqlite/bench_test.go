package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// BenchmarkRecord is bar a of the store: run it with -benchtime 1000000x.
func BenchmarkRecord(b *testing.B) {
	path := filepath.Join(b.TempDir(), "signet.db")
	s, err := Open(b.Context(), path, true)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	storetest.Benchmark(b, s, func(n int, row func(int) *store.Row) { bare(b, n, row) })
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(fi.Size())/float64(b.N+8192), "B/row")
	b.ReportMetric(peakMiB(b), "peak-MiB")
}

// bare inserts rows by prepared statements of a hundred rows, in transactions as large as the recorder's.
func bare(b *testing.B, n int, row func(int) *store.Row) {
	db, err := sql.Open("sqlite", dsn(filepath.Join(b.TempDir(), "bare.db"), "_pragma=journal_mode(wal)", "_pragma=synchronous(normal)", "_txlock=immediate"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE o (id INTEGER PRIMARY KEY, addr BLOB, port INTEGER, kind INTEGER, state INTEGER, at INTEGER, took INTEGER, body BLOB, trace BLOB)"); err != nil {
		b.Fatal(err)
	}
	const atOnce = 100
	var args []any
	for i := 0; i+atOnce <= n; {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		stmt, err := tx.Prepare("INSERT INTO o VALUES (?,?,?,?,?,?,?,?,?)" + strings.Repeat(",(?,?,?,?,?,?,?,?,?)", atOnce-1))
		if err != nil {
			b.Fatal(err)
		}
		for to := min(i+5000, n); i+atOnce <= to; i += atOnce {
			args = args[:0]
			for j := range atOnce {
				r := row(i + j)
				args = append(args, store.RowID(1, r.Seq), r.Addr.AsSlice(), int64(r.Port), int64(r.Kind), int64(r.State), r.At, r.Took, r.Body, nil)
			}
			if _, err := stmt.Exec(args...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads a run back, in the order of storing and by address.
func BenchmarkRead(b *testing.B) {
	const size = 300_000
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "signet.db"), true)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r, err := store.Begin(b.Context(), s, storetest.NewRun("a"), nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := range size {
		if err := r.Record(storetest.Observation(i), i%2 == 0); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Finish(func(*store.Run) {}); err != nil {
		b.Fatal(err)
	}
	for _, order := range []store.Order{store.AsStored, store.ByAddress} {
		b.Run(map[store.Order]string{store.AsStored: "as-stored", store.ByAddress: "by-address"}[order], func(b *testing.B) {
			for b.Loop() {
				n, start := 0, time.Now()
				for _, err := range store.Observations(b.Context(), s, storetest.NewRun("a"), order) {
					if err != nil {
						b.Fatal(err)
					}
					if n++; n == 1 {
						b.ReportMetric(float64(time.Since(start).Milliseconds()), "first-ms")
					}
				}
				b.ReportMetric(float64(n)/time.Since(start).Seconds(), "rows/s")
			}
		})
	}
}
