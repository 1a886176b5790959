package cli

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// older puts the store of an older Signet into a folder, as that one left it: schema 7, before there was a server.
func older(t *testing.T, folder string) (path string) {
	t.Helper()
	f, err := os.Open("testdata/schema-7.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(folder, "signet.db")
	writeFile(t, path, string(b))
	return path
}

// TestServeOlderStore: the store of an older Signet is served, once a copy of it stands beside it, and that is said once.
func TestServeOlderStore(t *testing.T) {
	dir := t.TempDir()
	path := older(t, filepath.Join(dir, "state", "signet"))
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, dir, nil)
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	if row := s.call(200, "GET", "findings", nil)["items"].([]any)[0].(map[string]any); row["address"] != "127.32.20.1" {
		t.Errorf("the board has %v", row)
	}
	s.stop()
	copies, err := filepath.Glob(path + ".before-schema-*")
	if err != nil || len(copies) != 1 || !strings.Contains(s.said.String(), "signet: the store was written by an older Signet and has been changed: as it was it stands in "+copies[0]+"\n") {
		t.Fatalf("%q, and it said %q", copies, s.said)
	}
	if kept, err := os.ReadFile(copies[0]); err != nil || len(kept) > len(was) || len(kept) == 0 {
		t.Errorf("of %d bytes the copy has %d, %v", len(was), len(kept), err)
	}
	s = startServer(t, dir, nil)
	s.stop()
	if strings.Contains(s.said.String(), "older Signet") {
		t.Errorf("at the next start it says %q", s.said)
	}
}

// TestOlderStoreFullDisk: where there is no room for the copy the store stays what it is.
func TestOlderStoreFullDisk(t *testing.T) {
	old := older(t, t.TempDir())
	fill := "cp " + old + " \"$DISK/.local/state/signet/signet.db\" && cat /dev/zero >\"$DISK/fill\" 2>/dev/null; truncate -s -48K \"$DISK/fill\"; "
	stdout, stderr := onDisk(t, fill+"signet serve --listen 127.0.0.1:0; echo exit $?; cat /dev/zero >>\"$DISK/fill\" 2>/dev/null; signet runs; echo exit $?; cmp "+old+" \"$DISK/.local/state/signet/signet.db\" && ls \"$DISK/.local/state/signet\"; rm \"$DISK/fill\"; signet runs; echo exit $?")
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); len(lines) < 5 || lines[0] != "exit 1" || lines[1] != "exit 1" || lines[2] != "signet.db" || lines[len(lines)-1] != "exit 0" || !strings.Contains(stdout, "127.32.20.1") {
		t.Errorf("%s", stdout)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "older Signet") || !strings.Contains(lines[0], "the disk is full") || !strings.Contains(lines[1], "the disk is full") || !strings.Contains(lines[2], "as it was it stands in ") {
		t.Errorf("it says %s", stderr)
	}
}
