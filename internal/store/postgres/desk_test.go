package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

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

const endHolders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"

// sessionLock takes the lock of the name "serve" in a session of its own, as another process does, once nobody has it any more.
func sessionLock(t *testing.T, address string) (got <-chan struct{}, unlock func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		conn.Exec(context.Background(), "SELECT pg_advisory_lock($1)", lockOf("public", "serve"))
	}()
	watch := place(address).Open(t).(*Store)
	t.Cleanup(func() { watch.Close() })
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) { // until it stands in the queue
		var n int
		if err := watch.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Scan(&n); err != nil || time.Since(begin) > 10*time.Second {
			t.Fatal("it does not wait", err)
		}
		if n == 1 {
			return waiting, func() { conn.Exec(context.Background(), "SELECT pg_advisory_unlock_all()") }
		}
	}
}

// A hold whose connection breaks is had back where nobody else took it, whether or not somebody has the lock for a while, or the whole server
// is away; meanwhile whoever holds it reads and writes.
func testHoldHadBack(t *testing.T, srv *server) {
	address := srv.database(t)
	s := place(address).Open(t).(*Store)
	defer s.Close()
	held, release, err := s.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	holder := 0 // the backend that has the lock
	eventually := func(what string) {
		t.Helper()
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			var pid int
			err := s.pool.QueryRow(t.Context(), "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND datname = current_database()").Scan(&pid)
			if err == nil && pid != holder {
				holder = pid
				break
			}
			if time.Since(begin) > 20*time.Second {
				t.Fatal(what)
			}
		}
		if _, _, err := s.Hold(t.Context(), "serve"); !errors.Is(err, store.ErrHeld) {
			t.Errorf("%s: another one gets it: %v", what, err)
		}
		if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Was: store.AnyRev, Body: []byte("x")}); err != nil || held.Err() != nil {
			t.Fatalf("%s: %v, %v", what, err, context.Cause(held))
		}
	}
	eventually("at first")
	srv.exec(t, address, endHolders)
	eventually("after its connection broke")

	locked, unlock := sessionLock(t, address)
	srv.exec(t, address, endHolders)
	<-locked
	if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Was: store.AnyRev, Body: []byte("y")}); err != nil || held.Err() != nil {
		t.Errorf("while the lock is another session's: %v, %v", err, context.Cause(held))
	}
	unlock()
	eventually("after another session had the lock")

	srv.Stop()
	if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Was: store.AnyRev, Body: []byte("z")}); !errors.Is(err, store.ErrAway) {
		t.Errorf("without a server: %v", err)
	}
	srv.Start(t)
	eventually("after the server was away")
	release()
	if _, other, err := s.Hold(t.Context(), "serve"); err != nil {
		t.Errorf("once it is released: %v", err)
	} else {
		other()
	}
	if context.Cause(held) != context.Canceled {
		t.Errorf("what was released ended by %v", context.Cause(held))
	}
}

// Whoever relied on a hold that another process took meanwhile is told, and writes nothing any more, whether the end of the connection tells
// of it or the write itself.
func testHoldLost(t *testing.T, srv *server) {
	for _, breaks := range []bool{true, false} {
		address := srv.database(t)
		s, two := place(address).Open(t).(*Store), place(address).Open(t).(*Store)
		defer s.Close()
		defer two.Close()
		held, release, err := s.Hold(t.Context(), "serve")
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		take := func() { // as the other process does, once it has the lock
			if _, err := two.Write(t.Context(), store.Edit{Kind: holdKind, ID: "serve", Was: store.AnyRev, Body: []byte("serve")}); err != nil {
				t.Fatal(err)
			}
		}
		if breaks {
			locked, _ := sessionLock(t, address)
			srv.exec(t, address, endHolders)
			<-locked
		}
		take()
		if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Body: []byte("x")}); !errors.Is(err, errTaken) {
			t.Errorf("it writes: %v", err)
		}
		select {
		case <-held.Done():
			wantLine(t, context.Cause(held), "the hold is lost", "another process took it")
		case <-time.After(10 * time.Second):
			t.Fatal("nobody is told")
		}
		if _, err := s.Document(t.Context(), "user", "a"); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("it wrote: %v", err)
		}
	}

	// Told by the connection alone.
	address := srv.database(t)
	s, two := place(address).Open(t).(*Store), place(address).Open(t).(*Store)
	defer s.Close()
	defer two.Close()
	held, release, err := s.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := two.Write(t.Context(), store.Edit{Kind: holdKind, ID: "serve", Was: store.AnyRev, Body: []byte("serve")}); err != nil {
		t.Fatal(err)
	}
	srv.exec(t, address, endHolders)
	select {
	case <-held.Done():
		wantLine(t, context.Cause(held), "another process took it")
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is told")
	}
	if _, other, err := two.Hold(t.Context(), "serve"); err != nil {
		t.Errorf("the other one cannot have it: %v", err)
	} else {
		other()
	}
}
