//go:build unix

package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ledger is an SMB server on every loopback address that writes down whom it answered when.
type ledger struct {
	port  int
	mu    sync.Mutex
	times map[netip.Addr][]time.Time
}

// keepLedger answers after a delay.
func keepLedger(t *testing.T, delay time.Duration) *ledger {
	t.Helper()
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &ledger{port: l.Addr().(*net.TCPAddr).Port, times: map[netip.Addr][]time.Time{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			at := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
			if !at.IsLoopback() {
				c.Close()
				continue
			}
			go func() {
				defer c.Close()
				var length [4]byte
				if _, err := io.ReadFull(c, length[:]); err != nil {
					return
				}
				if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(length[:])&0xffffff)); err != nil {
					return
				}
				time.Sleep(delay)
				s.mu.Lock()
				s.times[at] = append(s.times[at], time.Now())
				s.mu.Unlock()
				c.Write(smb2Answer())
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return s
}

// answered counts answers since a moment, and addresses that were asked more than once.
func (s *ledger) answered(since time.Time) (n, twice int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.times {
		if len(list) > 1 {
			twice += len(list) - 1
		}
		for _, at := range list {
			if at.After(since) {
				n++
			}
		}
	}
	return n, twice
}

// smb2Answer is a NEGOTIATE response ([MS-SMB2] 2.2.4): dialect 2.1, signing enabled and not required, no token.
func smb2Answer() []byte {
	b := make([]byte, 4+64+65)
	b[3] = 64 + 65
	copy(b[4:], "\xfeSMB\x40\x00")
	b[4+16] = 1 // a response
	body := b[4+64:]
	body[0], body[2] = 65, 1
	body[4], body[5] = 0x10, 0x02
	binary.LittleEndian.PutUint32(body[28:], 65536)
	binary.LittleEndian.PutUint32(body[32:], 65536)
	binary.LittleEndian.PutUint32(body[36:], 65536)
	binary.LittleEndian.PutUint16(body[56:], 128)
	return b
}

// addresses reads which addresses a JSON lines file has an answered endpoint line of, and its summary.
func addresses(t *testing.T, path string) (seen map[string]int, summary struct {
	Coverage struct{ Addresses, Answered int }
}) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen = map[string]int{}
	for line := range bytes.Lines(b) {
		var l struct{ Kind, Address, Outcome string }
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		switch {
		case l.Kind == "endpoint" && l.Outcome == "answered":
			seen[l.Address]++
		case l.Kind == "summary":
			if err := json.Unmarshal(line, &summary); err != nil {
				t.Fatal(err)
			}
		}
	}
	return seen, summary
}

// A run that is killed again and again and gone on with is the run that was never killed: every address once in its report,
// and none asked twice but those answered in the second before a kill.
func TestKilledAndResumed(t *testing.T) {
	kills := 3
	if os.Getenv("SIGNET_LONG") != "" {
		kills = 20
	}
	const size = 1024
	dir := t.TempDir()
	srv := keepLedger(t, 50*time.Millisecond)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "XDG_STATE_HOME="+dir, "SIGNET_CONFIG="+os.DevNull)
	signet := func(args ...string) (*exec.Cmd, *bytes.Buffer) {
		var errs bytes.Buffer
		return &exec.Cmd{Path: exe, Args: append([]string{"signet"}, args...), Env: env, Stderr: &errs}, &errs
	}
	out := filepath.Join(dir, "run.jsonl")
	next := []string{"scan", "127.77.0.0/22", "--checks", "smb", "--ports", fmt.Sprintf("smb=%d", srv.port), "--quick", "--rate", "0",
		"--in-flight", "16", "--no-progress", "-o", "jsonl=" + out}
	allowed, twice, done := 0, 0, 0
	for done < kills {
		cmd, errs := signet(next...)
		begun := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := begun.Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if n, _ := srv.answered(begun); n > 0 { // so that the run stands in the store
				break
			}
		}
		end := make(chan error, 1)
		go func() { end <- cmd.Wait() }()
		select {
		case <-time.After(time.Duration(50+rand.IntN(900)) * time.Millisecond):
			n, _ := srv.answered(time.Now().Add(-time.Second))
			cmd.Process.Kill()
			<-end
			done++
			allowed += n
			next = []string{"scan", "--resume", "latest", "--no-progress", "-o", "jsonl=" + out}
			continue
		case err := <-end:
			if err != nil {
				t.Fatalf("%v: %s", err, errs)
			}
		}
		// The run came to its end before the next kill: the round is over.
		wantWhole(t, out, size)
		_, again := srv.answered(time.Now())
		twice += again
		srv.mu.Lock()
		clear(srv.times)
		srv.mu.Unlock()
		next = []string{"scan", "127.77.0.0/22", "--checks", "smb", "--ports", fmt.Sprintf("smb=%d", srv.port), "--quick", "--rate", "0",
			"--in-flight", "16", "--no-progress", "-o", "jsonl=" + out}
	}
	if next[1] == "--resume" {
		cmd, errs := signet(next...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, errs)
		}
		if !strings.Contains(errs.String(), "continuing run") {
			t.Errorf("it does not say so: %s", errs)
		}
		wantWhole(t, out, size)
	}
	_, again := srv.answered(time.Now())
	twice += again
	t.Logf("%d kills, %d asked twice, %d were answered in the seconds before", done, twice, allowed)
	if twice > allowed {
		t.Errorf("%d asked twice, %d allowed", twice, allowed)
	}
	if cmd, _ := signet("scan", "--resume", "latest"); cmd.Run() == nil || cmd.ProcessState.ExitCode() != exitUsage {
		t.Errorf("resuming what is done: exit code %d", cmd.ProcessState.ExitCode())
	}
}

func wantWhole(t *testing.T, path string, size int) {
	t.Helper()
	seen, summary := addresses(t, path)
	if len(seen) != size {
		t.Errorf("%d addresses in the report, want %d", len(seen), size)
	}
	for addr, n := range seen {
		if n != 1 {
			t.Errorf("%s stands there %d times", addr, n)
		}
	}
	if summary.Coverage.Addresses != size || summary.Coverage.Answered != size {
		t.Errorf("the summary says %+v", summary)
	}
}

// One interrupt lets what is under way end: exit code 130, everything stored, and nothing of it is asked again.
func TestInterruptedAndResumed(t *testing.T) {
	const size = 512
	dir := t.TempDir()
	srv := keepLedger(t, 50*time.Millisecond)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "run.jsonl")
	signet := func(args ...string) *exec.Cmd {
		return &exec.Cmd{Path: exe, Args: append([]string{"signet"}, args...), Env: append(os.Environ(), "XDG_STATE_HOME="+dir, "SIGNET_CONFIG="+os.DevNull)}
	}
	ports := fmt.Sprintf("smb=%d", srv.port)
	cmd := signet("scan", "127.78.0.0/23", "--checks", "smb", "--ports", ports, "--quick", "--rate", "0", "--in-flight", "16", "-o", "jsonl="+out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if n, _ := srv.answered(time.Time{}); n > 100 {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Fatalf("exit code %d", cmd.ProcessState.ExitCode())
	}
	first, _ := addresses(t, out)
	runs, err := signet("runs", "-o", "jsonl").Output()
	if err != nil || !strings.Contains(string(runs), `"interrupted":true`) || !strings.Contains(string(runs), fmt.Sprintf(`"observations":%d}`, len(first))) {
		t.Errorf("%d were reported; runs says %s, %v", len(first), runs, err)
	}
	for flag, want := range map[string]string{"--quick=false": "began with --quick", "--ports=smb=1": "began with --ports", "--seed=7": "began with seed"} {
		var errs bytes.Buffer
		cmd := signet("scan", "--resume", "latest", flag)
		cmd.Stderr = &errs
		if cmd.Run(); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d, %s", flag, cmd.ProcessState.ExitCode(), &errs)
		}
	}
	var errs bytes.Buffer
	cmd = signet("scan", "--resume", "latest", "--exclude", "127.78.0.9")
	cmd.Stderr = &errs
	if cmd.Run(); cmd.ProcessState.ExitCode() != exitUsage {
		t.Errorf("another scope: exit code %d, %s", cmd.ProcessState.ExitCode(), &errs)
	}
	if b, err := signet("scan", "--resume", "latest", "127.78.0.0/23", "-o", "jsonl="+out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	wantWhole(t, out, size)
	if _, twice := srv.answered(time.Time{}); twice > 0 {
		t.Errorf("%d addresses were asked twice", twice)
	}
	whole, err := signet("report", "-o", "jsonl").Output()
	if err != nil || strings.Count(string(whole), `"kind":"endpoint"`) != size {
		t.Errorf("report: %v, %d endpoints", err, strings.Count(string(whole), `"kind":"endpoint"`))
	}
}
