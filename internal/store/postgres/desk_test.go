package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

// Each document has a checksum; reading and the check tell of one that is damaged by its name.
func testDamagedDocuments(t *testing.T, srv *server) {
	for _, test := range []struct{ statement, want string }{
		{`UPDATE desk SET body = set_byte(body, 2, 7) WHERE id = 'u1'`, `user "u1"`},
		{`UPDATE desk SET sum = sum + 1 WHERE id = 'u1'`, `user "u1"`},
		{`UPDATE desk SET rev = 1000 WHERE id = 'u1'`, `user "u1"`},
		{`UPDATE desk SET id = 'u11' WHERE id = 'u1'`, `user "u11"`},
		{`UPDATE desk SET kind = 'site' WHERE id = 'u1'`, `site "u1"`},
	} {
		address := srv.database(t)
		s := place(address).Open(t).(*Store)
		if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "u1", Body: []byte("one")}, store.Edit{Kind: "user", ID: "u2", Body: []byte("two")}); err != nil {
			t.Fatal(err)
		}
		srv.exec(t, address, test.statement)
		var told []string
		if err := s.Verify(t.Context(), func(line string) { told = append(told, line) }); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || !strings.Contains(told[0], test.want) {
			t.Errorf("%s: the check says %q", test.statement, told)
		}
		kind, id, _ := strings.Cut(test.want, ` "`)
		_, err := s.Document(t.Context(), kind, strings.TrimSuffix(id, `"`))
		wantLine(t, err, test.want, "restore the store")
		if _, listing := s.Documents(t.Context(), kind, "", "", 100); !errors.Is(err, store.ErrDamaged) || !errors.Is(listing, store.ErrDamaged) {
			t.Errorf("%s: %v, %v", test.statement, err, listing)
		}
		if _, err := s.Document(t.Context(), "user", "u2"); err != nil {
			t.Errorf("%s: another document: %v", test.statement, err)
		}
		s.Close()
	}
}

// What is released is free when release returns.
func testHoldReleased(t *testing.T, srv *server) {
	address := srv.database(t)
	s := place(address).Open(t).(*Store)
	defer s.Close()
	for range 30 {
		_, release, err := s.Hold(t.Context(), "serve")
		if err != nil {
			t.Fatal(err)
		}
		locks := func() (n int) {
			if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := locks(); n != 1 {
			t.Fatalf("%d locks", n)
		}
		release()
		if n := locks(); n != 0 {
			t.Fatalf("after release %d locks", n)
		}
	}
}

// Whoever relied on a hold whose connection broke is told, and another process may have it.
func testHoldLost(t *testing.T, srv *server) {
	address := srv.database(t)
	s := place(address).Open(t).(*Store)
	defer s.Close()
	held, release, err := s.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	srv.exec(t, address, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
	select {
	case <-held.Done():
		wantLine(t, context.Cause(held), "the hold is lost")
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is told")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the server tells before it frees
		_, other, err := s.Hold(t.Context(), "serve")
		if err == nil {
			other()
			return
		}
		if !errors.Is(err, store.ErrHeld) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
