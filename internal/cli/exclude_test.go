package cli

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// knocks counts connections to a listener of its own.
type knocks struct {
	addr string // host:port
	port int
	n    atomic.Int64
}

func listen(t *testing.T, host string, serve http.Handler) *knocks {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("cannot listen on %s here: %v", host, err)
	}
	k := &knocks{addr: l.Addr().String(), port: l.Addr().(*net.TCPAddr).Port}
	if serve == nil {
		serve = http.NotFoundHandler()
	}
	s := &http.Server{Handler: serve, ConnState: func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			k.n.Add(1)
		}
	}}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return k
}

// inProcess runs signet here and returns what it wrote.
func inProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test",
		Env: []string{"SIGNET_CONFIG=" + os.DevNull, "HOME=" + t.TempDir()}})
	return code, out.String(), errs.String()
}

// An excluded endpoint sees no packet, though a page of the same host sends there; without the exclusion it does.
func TestExclusionsHoldForRedirects(t *testing.T) {
	behind := listen(t, "127.0.0.1", nil)
	front := listen(t, "127.0.0.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if host == "" {
			host = r.Host
		}
		http.Redirect(w, r, "https://"+net.JoinHostPort(host, strconv.Itoa(behind.port))+r.URL.Path, http.StatusMovedPermanently)
	}))
	scan := func(more ...string) {
		t.Helper()
		code, out, errs := inProcess(t, append([]string{"scan", "--store", "none", "--no-progress", "--checks", "http", "-o", "jsonl", front.addr}, more...)...)
		if code != exitDone || !strings.Contains(out, `"kind":"summary"`) {
			t.Fatalf("exit code %d: %s\n%s", code, errs, out)
		}
	}
	scan("--exclude", behind.addr)
	if n := behind.n.Load(); n != 0 {
		t.Errorf("the excluded endpoint saw %d connections", n)
	}
	scan()
	if behind.n.Load() == 0 {
		t.Error("without the exclusion the redirect was not followed: the test above proves nothing")
	}
}

// A name with several addresses is asked at those that are not excluded.
func TestExclusionsHoldForNames(t *testing.T) {
	if addrs, err := net.LookupHost("localhost"); err != nil || len(addrs) == 0 {
		t.Skipf("localhost has no address here: %v", err)
	}
	k := listen(t, "127.0.0.1", nil)
	target := fmt.Sprintf("localhost:%d", k.port)
	code, out, errs := inProcess(t, "scan", "--store", "none", "--no-progress", "--checks", "http", "-o", "jsonl", target, "--exclude", "127.0.0.0/8")
	if code != exitDone || k.n.Load() != 0 {
		t.Errorf("exit code %d, %d connections to the excluded address: %s\n%s", code, k.n.Load(), errs, out)
	}
	if code, out, errs = inProcess(t, "scan", "--store", "none", "--no-progress", "--checks", "http", "-o", "jsonl", target); code != exitDone || k.n.Load() == 0 {
		t.Errorf("without the exclusion: exit code %d, %d connections: %s\n%s", code, k.n.Load(), errs, out)
	}
}
