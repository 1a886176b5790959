//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const postgresPort = 15432

// startPostgres starts a server of our own with its data below dir, and gives its address. Debian's programs are not in the path.
func startPostgres(ctx context.Context, dir string) (address string, stop func(), err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", nil, errors.New("there is no PostgreSQL server: apt-get install postgresql")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir = filepath.Join(dir, "postgres")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Getuid() == 0 { // the server refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			return "", nil, err
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errU, errG, os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, int(uid), int(gid))); err != nil {
			return "", nil, err
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); err != nil {
		init := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
		init.SysProcAttr, init.Dir = as, dir
		if out, err := init.CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	server := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(postgresPort), "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_wal_size=4GB")
	server.SysProcAttr, server.Dir = as, dir
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		server.Process.Signal(syscall.SIGQUIT)
		server.Wait()
	}
	address = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/", postgresPort)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		conn, err := pgx.Connect(ctx, address+"postgres")
		if err == nil {
			return address, stop, conn.Close(ctx)
		}
		if time.Now().After(end) {
			stop()
			return "", nil, fmt.Errorf("PostgreSQL does not start: %w", err)
		}
	}
}

// makeDatabase makes an empty database, in place of one of that name.
func makeDatabase(ctx context.Context, address, name string) error {
	conn, err := pgx.Connect(ctx, address+"postgres")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
