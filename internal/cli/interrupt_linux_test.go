package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What is read from a stream that does not end is judged when the user has had enough: standard input and a named pipe, a
// capture and lines of Signet, by either signal.
func TestReadInterrupted(t *testing.T) {
	bin := built(t)
	capture := pcap(of(t, sambaAuto, "192.0.2.9"))
	lines, _, code := read(t, capture, "--store", "none", "-o", "jsonl", "-")
	if code != 0 || !strings.Contains(lines, `"kind":"endpoint"`) {
		t.Fatalf("code %d: %s", code, lines)
	}
	first, _, _ := strings.Cut(lines, `{"kind":"summary"`)
	for name, c := range map[string]struct {
		in     []byte
		signal syscall.Signal
		fifo   bool
	}{
		"a capture on standard input":   {capture, syscall.SIGINT, false},
		"lines on standard input":       {[]byte(first), syscall.SIGTERM, false},
		"a capture in a named pipe":     {capture, syscall.SIGTERM, true},
		"a packet that is not all here": {capture[:len(capture)-1], syscall.SIGINT, false},
	} {
		t.Run(name, func(t *testing.T) {
			from, to, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			file := "-"
			if c.fifo {
				file = filepath.Join(t.TempDir(), "fifo")
				if err := syscall.Mkfifo(file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out, said bytes.Buffer
			cmd := exec.CommandContext(t.Context(), bin, "read", "--store", "none", "-o", "jsonl", file)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = from, &out, &said
			cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.fifo {
				if to, err = os.OpenFile(file, os.O_WRONLY, 0); err != nil {
					t.Fatal(err)
				}
			}
			defer to.Close()
			if _, err := to.Write(c.in); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // until all of it was taken
				left, err := unix.IoctlGetInt(int(to.Fd()), unix.TIOCINQ)
				if err != nil || time.Now().After(deadline) {
					t.Fatalf("%d bytes are left in the pipe, %v", left, err)
				}
				if left == 0 {
					break
				}
			}
			time.Sleep(300 * time.Millisecond) // and looked at
			interrupted := time.Now()
			cmd.Process.Signal(c.signal)
			err = cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
				t.Fatalf("%v: %s", err, said.String())
			}
			if took := time.Since(interrupted); took > 10*time.Second {
				t.Errorf("ended %v after the signal", took)
			}
			var summary struct {
				Kind        string
				Interrupted bool
				Coverage    struct{ Answered int }
			}
			text := strings.TrimSpace(out.String())
			if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &summary); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if summary.Kind != "summary" || !summary.Interrupted || summary.Coverage.Answered != 1 || !strings.Contains(text, `"kind":"endpoint"`) {
				t.Errorf("%s", text)
			}
			if got := said.String(); !strings.Contains(got, "interrupt again to stop at once") || !strings.Contains(got, "interrupted; what stands before that was read") || strings.Contains(got, "ends inside") {
				t.Errorf("said %q", got)
			}
		})
	}
}

// A named pipe that nobody writes to is waited for no longer than the user does.
func TestReadInterruptedBeforeAWriter(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	bin := built(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, bin, "read", "--store", "none", "-o", "jsonl", fifo)
	cmd.Stdout, cmd.Stderr, cmd.Env = &said, &said, append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // until it waits, on a busy machine too
	cmd.Process.Signal(syscall.SIGINT)
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("%v: %s", err, said.String())
	}
	if !strings.Contains(said.String(), `"interrupted":true`) {
		t.Errorf("said %q", said.String())
	}
}

// built is the program as its users run it.
func built(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "signet")
	if out, err := exec.Command("go", "build", "-o", bin, "signet/cmd/signet").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return bin
}
