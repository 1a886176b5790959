package postgres

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
)

// server is a PostgreSQL server of the test's own, on a loopback port, with its data in a folder that goes away.
type server struct {
	address string // postgres://postgres@127.0.0.1:PORT/
	count   int
}

// start starts one. Debian's programs are not in the path.
func start(t testing.TB) *server {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		if os.Getenv("SIGNET_LAB") != "" {
			t.Fatal("there is no PostgreSQL server, though the lab is up: apt-get install postgresql")
		}
		t.Skip("there is no PostgreSQL server: apt-get install postgresql")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "signet-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Getuid() == 0 { // the server refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			t.Fatal(err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	init.SysProcAttr, init.Dir = as, dir
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var log bytes.Buffer
	run := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_wal_size=4GB",
		"-c", "autovacuum=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0") // so that nothing but us writes the journal: see Flushed
	run.SysProcAttr, run.Dir, run.Stderr = as, dir, &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGQUIT)
		run.Wait()
	})
	s := &server{address: fmt.Sprintf("postgres://postgres@127.0.0.1:%d/", port)}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), s.address+"postgres")
		if err == nil {
			conn.Close(t.Context())
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("the server does not start: %v\n%s", err, log.String())
		}
	}
}

// database makes an empty one and gives its address.
func (s *server) database(t testing.TB) string {
	t.Helper()
	s.count++
	name := fmt.Sprintf("test%d", s.count)
	s.exec(t, s.address+"postgres", "CREATE DATABASE "+name)
	return s.address + name
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
