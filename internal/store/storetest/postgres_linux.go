package storetest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Postgres is a PostgreSQL server of a test's own, on a loopback port, with its data in a folder that goes away.
type Postgres struct {
	Address string // postgres://postgres@127.0.0.1:PORT/

	bin, dir, port string // bin: Debian's programs are not in the path
	as             *syscall.SysProcAttr
	run            *exec.Cmd // nil: stopped
	log            bytes.Buffer
	count          int
}

// StartPostgres starts one. Where there is none the test is skipped, unless the lab is up.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		if os.Getenv("SIGNET_LAB") != "" {
			t.Fatal("there is no PostgreSQL server, though the lab is up: apt-get install postgresql")
		}
		t.Skip("there is no PostgreSQL server: apt-get install postgresql")
	}
	p := &Postgres{bin: filepath.Dir(found[len(found)-1]), as: &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}}
	if p.dir, err = os.MkdirTemp("", "signet-postgres"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(p.dir) })
	if os.Getuid() == 0 { // the server refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr != nil || gidErr != nil {
			t.Fatal(uidErr, gidErr)
		}
		if err := os.Chown(p.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		p.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	p.do(t, "initdb", "-D", p.dir+"/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	p.Address = "postgres://postgres@127.0.0.1:" + p.port + "/"
	p.Start(t)
	t.Cleanup(p.Stop)
	return p
}

// do has one of its programs do something.
func (p *Postgres) do(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.SysProcAttr, cmd.Dir = p.as, p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// Start starts it again, and waits until it answers.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	p.run = exec.Command(filepath.Join(p.bin, "postgres"), "-D", p.dir+"/data", "-p", p.port, "-k", p.dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_wal_size=4GB",
		"-c", "autovacuum=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0") // so that nothing but us writes the journal
	p.run.SysProcAttr, p.run.Dir, p.run.Stderr = p.as, p.dir, &p.log
	if err := p.run.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); exec.Command(filepath.Join(p.bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", p.port).Run() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.Stop()
			t.Fatalf("the server does not start:\n%s", p.log.String())
		}
	}
}

// Stop ends it at once, in the midst of whatever it does.
func (p *Postgres) Stop() {
	if p.run == nil {
		return
	}
	p.run.Process.Signal(syscall.SIGQUIT)
	p.run.Wait()
	p.run = nil
}

// Database makes an empty one and gives its address.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	p.count++
	name := fmt.Sprintf("test%d", p.count)
	p.do(t, "createdb", "-h", "127.0.0.1", "-p", p.port, "-U", "postgres", name)
	return p.Address + name
}
