package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestForbidden: what may not be opened is said, and costs nothing else. Root may open everything, so that its test is that of
// somebody else.
func TestForbidden(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	dir := t.TempDir()
	shut, inner := filepath.Join(dir, "shut.pcap"), filepath.Join(dir, "inner")
	if err := os.WriteFile(shut, nil, 0o000); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inner, 0o000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "good.jsonl"), []byte(scanned), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o000); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ code, lines int }{shut: {1, 1}, inner: {1, 1}, dir: {4, 2}, pipe: {1, 1}} {
		_, stderr, code := do(t, "none", "read", "--fail-on", "critical", path)
		if code != want.code || strings.Count(stderr, ": permission denied\n") != want.lines || strings.Count(stderr, "\n") != want.lines || strings.Contains(stderr, "open ") {
			t.Errorf("%s: exit code %d, %q, want %+v", path, code, stderr, want)
		}
	}
}

// asNobody runs the calling test once more, as a user with no rights.
func asNobody(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	theirs := filepath.Join(dir, "test")
	if err := os.WriteFile(theirs, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(theirs, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = "/", []string{"HOME=/nonexistent"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}
