package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// onSmallDisk is a server whose store stands on a file system of its own, of four megabytes, and the path by which that is reached from here.
func onSmallDisk(t *testing.T, dir string, args ...string) (s *server, disk string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "disk")
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(dir, "signet")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "signet-test", at).CombinedOutput(); err != nil {
		reporttest.Missing(t, fmt.Sprintf("no file system can be mounted here: %s", out))
	}
	cmd := exec.Command("unshare", append([]string{"-m", "sh", "-c", `mount -t tmpfs -o size=4m signet-test "$DISK" && exec signet "$@"`, "signet", "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:" + filepath.Join(at, "s.db")}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "DISK=" + at, "HOME=" + dir, "TMPDIR=" + dir, "SIGNET_CONFIG=" + os.DevNull}
	s = starts(t, dir, cmd)
	return s, fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, at)
}

// fill leaves a file system with no room at all, or with some bytes.
func fill(t *testing.T, disk string, leave int64) {
	t.Helper()
	path := filepath.Join(disk, "fill")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeros{}); err == nil {
		t.Fatal("the disk is endless")
	}
	is, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(max(is.Size()-leave, 0)); err != nil {
		t.Fatal(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestServeReadOnly: over what cannot be written no server starts, and one line says why.
func TestServeReadOnly(t *testing.T) {
	for _, before := range []string{"", askLoopback + "127.0.0.1 >/dev/null 2>&1 && "} { // no store; one of a scan
		stdout, stderr := onDisk(t, before+"mount -o remount,ro \"$DISK\" && signet serve --listen 127.0.0.1:0; echo exit $?")
		if stdout != "exit 1\n" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "read-only") && !strings.Contains(stderr, "cannot be written") {
			t.Errorf("%s: %s", stdout, stderr)
		}
	}
}

// TestServeDiskFull: while the disk is full a server shows what it has, says of what it cannot do why, and leaves nothing half; when there is
// room again it goes on by itself.
func TestServeDiskFull(t *testing.T) {
	dir := t.TempDir()
	remote(t, "127.32.16.1:3389")
	s, disk := onSmallDisk(t, dir, "--allow", "127.32.0.0/16", "--max-rate", "50000")
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	end := func(job map[string]any) map[string]any {
		t.Helper()
		for begin := time.Now(); job["state"] != "done" && job["state"] != "failed"; time.Sleep(20 * time.Millisecond) {
			if time.Since(begin) > 60*time.Second {
				t.Fatalf("the job: %v; %s", job, s.said)
			}
			job = s.call(200, "GET", "jobs/"+job["id"].(string), nil)
		}
		return job
	}
	small := map[string]any{"targets": []string{"127.32.16.1"}, "checks": []string{"rdp"}}
	if j := end(s.call(202, "POST", "jobs", small)); j["state"] != "done" {
		t.Fatalf("%v", j)
	}
	row := s.call(200, "GET", "findings", nil)["items"].([]any)[0].(map[string]any)["id"].(string)

	// It fills while a job is made, and that job says so.
	fill(t, disk, 200_000)
	large := s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.64.0/18"}, "checks": []string{"rdp"}, "rate": 50000})
	time.Sleep(200 * time.Millisecond)
	fill(t, disk, 0)
	if j := end(large); j["state"] != "failed" || !strings.Contains(fmt.Sprint(j["failed"]), "the disk is full") {
		t.Errorf("the job: %v", j)
	}
	for _, get := range []string{"overview", "findings", "hosts", "runs", "jobs", "audit", "findings/" + row} {
		s.call(200, "GET", get, nil)
	}
	for _, page := range []string{"/", "/board", "/hosts", "/jobs", "/readyz"} {
		if res, err := s.http.Get(s.url + page); err != nil || res.StatusCode != 200 {
			t.Errorf("%s: %v %v", page, res, err)
		} else {
			res.Body.Close()
		}
	}
	for _, unsafe := range []struct {
		method, path string
		body         any
	}{
		{"POST", "sites", map[string]any{"name": "half", "targets": []string{"127.32.16.1"}}}, {"PATCH", "findings/" + row, map[string]any{"owner": "half"}},
		{"POST", "jobs", small}, {"POST", "session", map[string]any{"name": "ada", "password": servePassword}},
	} {
		if p := s.call(507, unsafe.method, unsafe.path, unsafe.body); !strings.Contains(fmt.Sprint(p["detail"]), "disk is full") || strings.Contains(fmt.Sprint(p), disk) || strings.Contains(fmt.Sprint(p), "s.db") {
			t.Errorf("%s %s: %v", unsafe.method, unsafe.path, p)
		}
	}
	before := len(s.call(200, "GET", "runs", nil)["items"].([]any))
	lines, err := os.Open(manyRows(t, 300)) // a server that answers before it has read all of a large one cuts the client short
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	res, err := s.http.Post(s.url+"/api/v1/runs/import", "application/x-ndjson", lines)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if n := len(s.call(200, "GET", "runs", nil)["items"].([]any)); res.StatusCode != 507 || n != before {
		t.Errorf("an import: %d %s; of %d runs there are %d", res.StatusCode, text, before, n)
	}
	if n := len(s.call(200, "GET", "sites", nil)["items"].([]any)); n != 0 || s.call(200, "GET", "findings/"+row, nil)["owner"] != "" {
		t.Errorf("half is done: %d sites, %v", n, s.call(200, "GET", "findings/"+row, nil))
	}

	if err := os.Remove(filepath.Join(disk, "fill")); err != nil {
		t.Fatal(err)
	}
	s.call(200, "PATCH", "findings/"+row, map[string]any{"owner": "desk team"})
	if j := end(s.call(202, "POST", "jobs", small)); j["state"] != "done" {
		t.Errorf("when there is room again: %v; %s", j, s.said)
	}
	check := asProgram(t, dir, "serve", "check", "--store", "sqlite:"+filepath.Join(disk, "s.db"))
	if out, err := check.CombinedOutput(); err != nil || !strings.Contains(string(out), "the chain is whole") {
		t.Errorf("the store afterwards: %v %s", err, out)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it exits %d: %s", code, s.said)
	}
}
