package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is the program itself, which serves.
type process struct {
	*served
	cmd *exec.Cmd
}

// startProcess builds the program and has it serve.
func startProcess(t *testing.T, allow string) *process {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "signet")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "signet/cmd/signet").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := &process{served: &served{said: &heard{}}, cmd: exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--allow", allow, "--max-rate", "500", "--store", "sqlite:"+filepath.Join(dir, "s.db"))}
	p.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "SIGNET_") }), "SIGNET_CONFIG="+os.DevNull, "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	trouble, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for lines := bufio.NewScanner(trouble); lines.Scan(); {
			if !strings.HasSuffix(lines.Text(), "127.0.0.0/8: it is this machine's own") { // which each job says
				p.said.add(lines.Text())
			}
		}
	})
	t.Cleanup(func() {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("it ends with %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() && p.token == "" {
		if v, ok := strings.CutPrefix(lines.Text(), "Signet on "); ok {
			p.url = v
		}
		if v, ok := strings.CutPrefix(lines.Text(), "Set up: "+p.url+"#"); ok {
			p.token = v
			break
		}
	}
	wg.Go(func() { io.Copy(io.Discard, out) })
	if p.token == "" {
		t.Fatalf("it says no set-up link: %s", p.said.text())
	}
	doc := p.nobody(t).do("GET", "openapi.json", nil).is(200)
	p.schemas = schemasOf(t, doc.body)
	return p
}

// size is what a process takes.
type size struct {
	goroutines, files int
	heap              uint64
}

// size measures it once what was under way is over: the least of five seconds.
func (f *fuzzed) size(t *testing.T) (least size) {
	least = size{1 << 30, 1 << 30, 1 << 62}
	for range 25 {
		f.client.CloseIdleConnections()
		f.other.CloseIdleConnections()
		time.Sleep(200 * time.Millisecond)
		now := f.sizeNow(t)
		least = size{min(least.goroutines, now.goroutines), min(least.files, now.files), min(least.heap, now.heap)}
		if least.goroutines <= f.before.goroutines && least.files <= f.before.files {
			break
		}
	}
	return least
}

func (f *fuzzed) sizeNow(t *testing.T) (now size) {
	folder := "/proc/self/fd"
	if f.process == nil {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now = size{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
	} else {
		folder = fmt.Sprintf("/proc/%d/fd", f.process.cmd.Process.Pid)
		got, err := f.send(&call{op: operation{method: "GET"}, url: "/metrics", by: f.root})
		if err != nil || got.status != 200 {
			t.Fatalf("/metrics: %v %+v", err, got)
		}
		for lines := bufio.NewScanner(bytes.NewReader(got.body)); lines.Scan(); {
			var v float64
			if n, _ := fmt.Sscanf(lines.Text(), "go_goroutines %g", &v); n == 1 {
				now.goroutines = int(v)
			}
			if n, _ := fmt.Sscanf(lines.Text(), "go_memstats_heap_alloc_bytes %g", &v); n == 1 {
				now.heap = uint64(v)
			}
		}
	}
	if d, err := os.ReadDir(folder); err == nil {
		now.files = len(d)
	}
	return now
}
