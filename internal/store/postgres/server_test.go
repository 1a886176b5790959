package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// server is a PostgreSQL server of the test's own.
type server struct {
	*storetest.Postgres
	address string
}

func start(t testing.TB) *server {
	t.Helper()
	p := storetest.StartPostgres(t)
	return &server{p, p.Address}
}

// database makes an empty one and gives its address.
func (s *server) database(t testing.TB) string {
	t.Helper()
	return s.Database(t)
}

func (s *server) exec(t testing.TB, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// place is a database.
type place string

func (p place) Open(t testing.TB) store.Store {
	t.Helper()
	s, err := Open(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p place) Narrow(t testing.TB) store.Store {
	t.Helper()
	s, err := open(t.Context(), string(p), 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Flushed compares how far the server's journal was written with how far it is on the disk.
func (p place) Flushed(t testing.TB) (yes, known bool) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), "SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()").Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes, true
}

// wantLine fails unless err is one line that names the store and says what is wrong.
func wantLine(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range append(parts, "store postgres://") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q is more than one line, or holds the password", err)
	}
}
