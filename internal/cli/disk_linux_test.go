package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onDisk runs a script of a shell with a file system of its own, of one megabyte, at $DISK; signet is the program, and its home is
// there.
func onDisk(t *testing.T, script string) (stdout, stderr string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(dir, "signet")); err != nil {
		t.Fatal(err)
	}
	mount := exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m signet-test \"$DISK\" && mkdir -p \"$DISK/.local/state/signet\" && cd \"$DIR\" && "+script)
	mount.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "DIR=" + dir, "DISK=" + disk, "HOME=" + disk, "TMPDIR=" + dir, "SIGNET_CONFIG=" + os.DevNull}
	var out, errs bytes.Buffer
	mount.Stdout, mount.Stderr = &out, &errs
	if err := mount.Run(); err != nil && (strings.Contains(errs.String(), "unshare") || strings.Contains(errs.String(), "mount:")) {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must be able to mount a file system: %s", errs.String())
		}
		t.Skipf("no file system can be mounted here: %s", errs.String())
	}
	return out.String(), errs.String()
}

// wantUnstored holds what a command said against what it says where nothing can be stored.
func wantUnstored(t *testing.T, stdout, stderr string, endpoints int, why string) {
	t.Helper()
	if n := strings.Count(stdout, `"kind":"endpoint"`); n != endpoints || strings.Count(stdout, `"kind":"summary"`) != 1 {
		t.Errorf("%d endpoints are reported, want %d", n, endpoints)
	}
	if !strings.HasSuffix(stdout, "\nexit 1\n") {
		t.Errorf("it ends with %q", stdout[max(0, len(stdout)-100):])
	}
	if strings.Count(stderr, "the run is not stored") != 1 || !strings.Contains(stderr, why) || !strings.Contains(stderr, "--store none") {
		t.Errorf("it says %q", stderr)
	}
}

// manyRows is a file of JSON lines that does not fit the disk.
func manyRows(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"kind":"run","schema":"signet/1","run":"r","tool":"signet/x","started":"2026-11-01T00:00:00Z","targets":["10.0.0.0/8"],"checks":["smb"],"depth":"anonymous","policy":"baseline/1"}` + "\n")
	for i := range n {
		fmt.Fprintf(&b, `{"kind":"endpoint","run":"r","at":"2026-11-01T00:00:00Z","address":"10.0.%d.%d","port":445,"transport":"tcp","check":"smb","outcome":"answered","open":true,"facts":{"signing":"required","server_guid":"%016x%016x"},"took_ms":1}`+"\n",
			i>>8, i&255, uint64(i)*0x9e3779b97f4a7c15, uint64(i)*0xc2b2ae3d27d4eb4f)
	}
	b.WriteString(`{"kind":"summary","run":"r","ended":"2026-11-01T00:00:01Z"}` + "\n")
	path := filepath.Join(t.TempDir(), "many.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const askLoopback = "signet scan --rate 0 --checks http --ports http=9 --all --no-progress -o jsonl "

func TestReadOnlyHome(t *testing.T) {
	readOnly := "mount -o remount,ro \"$DISK\" && "
	stdout, stderr := onDisk(t, readOnly+askLoopback+"127.0.0.1; echo exit $?")
	wantUnstored(t, stdout, stderr, 1, "read-only")
	stdout, stderr = onDisk(t, readOnly+"signet read -o jsonl "+manyRows(t, 300)+"; echo exit $?")
	wantUnstored(t, stdout, stderr, 300, "read-only")
	// With a store that was made before.
	stdout, stderr = onDisk(t, askLoopback+"127.0.0.1 >/dev/null && "+readOnly+askLoopback+"127.0.0.1; echo exit $?")
	wantUnstored(t, stdout, stderr, 1, "store sqlite:")
}

func TestDiskFullAtTheStart(t *testing.T) {
	fill := "cat /dev/zero >\"$DISK/fill\" 2>/dev/null; "
	stdout, stderr := onDisk(t, fill+askLoopback+"127.0.0.1; echo exit $?")
	wantUnstored(t, stdout, stderr, 1, "full")
	stdout, stderr = onDisk(t, fill+"signet read -o jsonl "+manyRows(t, 300)+"; echo exit $?")
	wantUnstored(t, stdout, stderr, 300, "full")
	stdout, stderr = onDisk(t, fill+"TMPDIR=\"$DISK\" signet read -o jsonl "+manyRows(t, 300)+"; echo exit $?") // from memory
	wantUnstored(t, stdout, stderr, 300, "full")
}

// The disk fills while the run is made: the report is whole, and what was stored before is, too.
func TestDiskFullInBetween(t *testing.T) {
	fill := askLoopback + "127.0.0.1 >/dev/null && dd if=/dev/zero of=\"$DISK/fill\" bs=1k count=700 2>/dev/null && "
	then := "; echo exit $?; rm \"$DISK/fill\"; signet runs check >&2; signet report -o jsonl >&2"
	stdout, stderr := onDisk(t, fill+askLoopback+"127.99.0.0/18"+then)
	wantUnstored(t, stdout, stderr, 1<<14, "disk is full")
	if !strings.Contains(stderr, "nothing is damaged") {
		t.Errorf("the store is not whole: %s", stderr)
	}
	many := manyRows(t, 20_000)
	for _, where := range []string{"", "TMPDIR=\"$DISK\" "} { // into a temporary file; into memory
		stdout, stderr = onDisk(t, fill+where+"signet read -o jsonl "+many+then)
		wantUnstored(t, stdout, stderr, 20_000, "disk is full")
		if !strings.Contains(stderr, "nothing is damaged") || !strings.Contains(stderr, `"targets":["127.0.0.1"]`) {
			t.Errorf("the store is not whole, or the run of before is not its latest: %.2000s", stderr)
		}
	}
}
