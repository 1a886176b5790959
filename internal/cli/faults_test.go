//go:build linux

package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/check/all"
)

// fault is a peer that no protocol describes. It is handed a connection that was accepted, and closes it when it ends.
type fault struct {
	name     string
	outcomes string // what a check may make of it, separated by |
	talk     func(ctx context.Context, c net.Conn)
}

// faults are the peers of issue A's Robustness. None answers any question, so none may come out as answered.
func faults() []fault {
	hold := func(ctx context.Context, c net.Conn) { <-ctx.Done() }
	say := func(b string) func(context.Context, net.Conn) {
		return func(ctx context.Context, c net.Conn) {
			c.Write([]byte(b))
			hold(ctx, c)
		}
	}
	after := func(b string) func(context.Context, net.Conn) { // answers the first request, then holds
		return func(ctx context.Context, c net.Conn) {
			c.Read(make([]byte, 4096))
			c.Write([]byte(b))
			hold(ctx, c)
		}
	}
	drip := func(b func(i int) byte) func(context.Context, net.Conn) {
		return func(ctx context.Context, c net.Conn) {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := c.Write([]byte{b(i)}); err != nil {
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
		}
	}
	noise := make([]byte, 4096)
	rand.Read(noise)
	return []fault{
		{"silent", "silent", hold},
		{"closing", "broken", func(context.Context, net.Conn) {}},
		{"resetting", "broken", func(_ context.Context, c net.Conn) { c.(*net.TCPConn).SetLinger(0) }},
		{"resetting after the request", "broken", func(_ context.Context, c net.Conn) {
			c.Read(make([]byte, 1))
			c.(*net.TCPConn).SetLinger(0)
		}},
		{"closing after the request", "broken|foreign", func(_ context.Context, c net.Conn) { c.Read(make([]byte, 4096)) }},
		{"tarpit, one zero a second", "broken|foreign|silent", drip(func(int) byte { return 0 })},
		{"tarpit, HTTP", "broken|foreign|silent", drip(func(i int) byte { return "HTTP/1.1 200 OK\r\nX: "[min(i, 19)] })},
		{"garbage", "broken|foreign|silent", say(string(noise))},
		{"endless zeros", "broken|foreign|silent", func(ctx context.Context, c net.Conn) {
			b := make([]byte, 64<<10)
			for ctx.Err() == nil {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		}},
		{"endless header", "broken|foreign|silent", func(ctx context.Context, c net.Conn) {
			c.Write([]byte("HTTP/1.1 401 No\r\n"))
			for ctx.Err() == nil {
				if _, err := c.Write([]byte("WWW-Authenticate: NTLM" + strings.Repeat("x", 1000) + "\r\n")); err != nil {
					return
				}
			}
		}},
		// A head that is complete is an answer; what stands in it is never proof.
		{"length of 4 GiB, HTTP", "broken|foreign|silent|answered", after("HTTP/1.1 401 No\r\nContent-Length: 4294967296\r\nWWW-Authenticate: NTLM\r\n\r\n")},
		{"length of 16 MiB, SMB", "broken|foreign|silent", after("\x00\xff\xff\xff\xfeSMB")},
		{"half an SMB answer", "broken|foreign|silent", after("\x00\x00\x01\x10\xfeSMB\x40\x00")},
		{"half an LDAP answer", "broken|foreign|silent", after("\x30\x84\x7f\xff\xff\xff\x02\x01\x01\x61")},
		{"SSH", "foreign|broken|silent", say("SSH-2.0-OpenSSH_9.2\r\n")},
		{"TLS alert", "foreign|broken|silent", after("\x15\x03\x03\x00\x02\x02\x28")},
		{"slow TLS", "broken|foreign|silent", func(ctx context.Context, c net.Conn) {
			c.Read(make([]byte, 4096))
			drip(func(i int) byte { return "\x16\x03\x03\x10\x00\x02\x00\x0f\xfc"[min(i, 8)] })(ctx, c)
		}},
	}
}

const faultPort = 40445

// serve runs the fault on an address until the test ends.
func (f fault) serve(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", addr, faultPort))
	if err != nil {
		t.Skipf("no loopback address %s on this system: %v", addr, err)
	}
	ctx := t.Context()
	context.AfterFunc(ctx, func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f.talk(ctx, c)
			}()
		}
	}()
}

// watchMemory follows the peak memory of a process; the function it returns gives it in KiB. What the kernel tells of a
// process that has ended counts the one that started it too, until the exec.
func watchMemory(t *testing.T, pid int) func() int {
	t.Helper()
	var peak atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, found := strings.Cut(string(b), "VmHWM:")
			if err != nil || !found { // it has ended
				return
			}
			var kib int64
			fmt.Sscan(rest, &kib)
			peak.Store(max(peak.Load(), kib))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return func() int {
		<-done
		return int(peak.Load())
	}
}

// Every check against every fault: each ends within the host time-out with an outcome that names what happened, none
// is taken for an answer, and the process stays small.
func TestFaultyPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the time-outs it tests")
	}
	kinds := faults()
	names := map[string]fault{}
	var targets []string
	const each = 3
	for i, f := range kinds {
		for j := range each {
			addr := fmt.Sprintf("127.45.%d.%d", i, j+1)
			f.serve(t, addr)
			names[addr] = f
			targets = append(targets, addr)
		}
	}
	var ports []string
	checks := 0
	for _, c := range all.Checks() {
		if !c.Optional {
			ports = append(ports, fmt.Sprintf("%s=%d", c.Name, faultPort))
			checks++
		}
	}
	bin := filepath.Join(t.TempDir(), "signet")
	if out, err := exec.Command("go", "build", "-o", bin, "signet/cmd/signet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const hostTime = 20 * time.Second
	args := append([]string{"scan", "--store", "none", "--rate", "0", "--timeout", "1s", "--host-timeout", hostTime.String(), "--all", "-o", "jsonl", "--ports", strings.Join(ports, ",")}, targets...)
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := watchMemory(t, cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	out := stdout.Bytes()
	if took := time.Since(start); took > hostTime+10*time.Second {
		t.Errorf("the run took %v", took)
	}
	if rss := peak(); rss == 0 || rss > 64<<10 {
		t.Errorf("peak memory %d KiB, want at most 64 MiB", rss)
	} else {
		t.Logf("peak memory %d KiB for %d endpoints in %v", rss, len(targets)*checks, time.Since(start).Round(time.Millisecond))
	}
	seen := map[string]bool{}
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var l struct {
			Kind, Address, Check, Outcome, Verdict string
			Port                                   int
			TookMS                                 float64 `json:"took_ms"`
			Error                                  *struct{ Phase, Text string }
		}
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatalf("%v: %s", err, sc.Bytes())
		}
		if l.Kind != "endpoint" || l.Port != faultPort {
			continue
		}
		f := names[l.Address]
		at := fmt.Sprintf("%s against %q (%s)", l.Check, f.name, l.Address)
		if seen[l.Address+l.Check] {
			t.Errorf("%s: two lines", at)
		}
		seen[l.Address+l.Check] = true
		if !strings.Contains("|"+f.outcomes+"|", "|"+l.Outcome+"|") {
			// A protocol without an answer of its own may be asked by what greets first; what it never is, is decided.
			t.Errorf("%s: outcome %s, want one of %s: %s", at, l.Outcome, f.outcomes, sc.Bytes()[:min(600, len(sc.Bytes()))])
		}
		if l.Verdict != "undetermined" {
			t.Errorf("%s: verdict %s", at, l.Verdict)
		}
		if l.Outcome != "answered" && (l.Error == nil || l.Error.Phase == "" || l.Error.Text == "") {
			t.Errorf("%s: no error named", at)
		}
		if l.TookMS > float64(hostTime.Milliseconds())+1000 {
			t.Errorf("%s: took %.0f ms", at, l.TookMS)
		}
	}
	if want := len(targets) * checks; len(seen) != want {
		t.Errorf("%d endpoint lines, want %d", len(seen), want)
	}
}
