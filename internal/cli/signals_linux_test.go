package cli

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// waitFor waits for something to become true, a busy machine's time.
func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be")
		}
	}
}

// mute is a listener on loopback whose connections are accepted and never answered.
func mute(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		var kept []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				for _, c := range kept {
					c.Close()
				}
				return
			}
			kept = append(kept, c)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// A command that waits ends within five seconds of one interrupt, at once of a second, by any signal that asks for it, and
// leaves older files as they were.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    string // PORT is a mute server's, FIFO a pipe that nobody else opens
		signals []syscall.Signal
		within  time.Duration
		whole   bool // FILE is replaced by an interrupted run's
	}{
		{"targets from a terminal or pipe", "scan --store none -o jsonl=FILE -f -", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"targets, SIGTERM", "scan --store none -o jsonl=FILE -f -", []syscall.Signal{syscall.SIGTERM}, 5 * time.Second, false},
		{"targets, SIGHUP", "scan --store none -o jsonl=FILE -f -", []syscall.Signal{syscall.SIGHUP}, 5 * time.Second, false},
		{"targets, two signals", "scan --store none -o jsonl=FILE -f -", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, 1500 * time.Millisecond, false},
		{"targets from a pipe without a writer", "scan --store none -o jsonl=FILE -f FIFO", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"exclusions from a pipe without a writer", "targets --exclude-file FIFO 10.0.0.1", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"paths from a pipe without a writer", "scan --store none -o jsonl=FILE --http-paths FIFO 127.0.0.1:9", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"an output that nobody reads", "scan --store none -o jsonl=FILE -o list=FIFO 127.0.0.1:9", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"a run to compare with", "diff -o jsonl=FILE FIFO FIFO", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"a run to import", "runs import FIFO", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, false},
		{"a scan, once", "scan --store none --checks http --timeout 60s --host-timeout 5m --all -o jsonl=FILE 127.0.0.1:PORT 127.0.0.1:9", []syscall.Signal{syscall.SIGINT}, 5 * time.Second, true},
		{"a scan, once, SIGHUP", "scan --store none --checks http --timeout 60s --host-timeout 5m --all -o jsonl=FILE 127.0.0.1:PORT 127.0.0.1:9", []syscall.Signal{syscall.SIGHUP}, 5 * time.Second, true},
		{"a stored scan, once", "scan --checks http --timeout 60s --host-timeout 5m --all -o jsonl=FILE 127.0.0.1:PORT 127.0.0.2:9", []syscall.Signal{syscall.SIGTERM}, 5 * time.Second, true},
		{"a scan, twice", "scan --checks http --timeout 60s --host-timeout 5m --all -o jsonl=FILE 127.0.0.1:PORT 127.0.0.2:9", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 1500 * time.Millisecond, true},
		{"a scan that learned nothing", "scan --store none --checks http --timeout 60s --host-timeout 5m -o jsonl=FILE 127.0.0.1:PORT", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 1500 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := t.TempDir()
			file, fifo := filepath.Join(d, "file"), filepath.Join(d, "fifo")
			if err := os.WriteFile(file, []byte(lastWeek), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			args := strings.NewReplacer("FILE", file, "FIFO", fifo, "PORT", fmt.Sprint(mute(t))).Replace(c.args)
			cmd := asProgram(t, d, strings.Fields(args)...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var said bytes.Buffer
			cmd.Stderr = &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.whole { // until what can be learned is on disk, beside the file
				waitFor(t, func() bool {
					b, _ := os.ReadFile(file + ".part")
					return strings.Contains(string(b), `"outcome":"refused"`)
				})
			} else {
				time.Sleep(1500 * time.Millisecond) // until it waits
			}
			for i, s := range c.signals {
				if i > 0 {
					time.Sleep(200 * time.Millisecond)
				}
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			cmd.Wait()
			if took := time.Since(began); took > c.within {
				t.Errorf("ended %v after the signal", took)
			}
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("code %d (%v): %s", code, cmd.ProcessState, said.String())
			}
			b, err := os.ReadFile(file)
			switch got := string(b); {
			case err != nil:
				t.Error(err)
			case c.whole && (!wholeLines(got) || !strings.Contains(got, `"interrupted":true`) || !strings.Contains(got, `"outcome":"refused"`)):
				t.Errorf("not an interrupted run: %.300q", got)
			case !c.whole && got != lastWeek:
				t.Errorf("the older file is %.300q", got)
			}
			if _, err := os.Stat(file + ".part"); err == nil {
				t.Errorf("%s.part was left", file)
			}
		})
	}
}

// From the first moment on an interrupt leaves of a file the older one or a whole one.
func TestSignalAtAnyMoment(t *testing.T) {
	port := mute(t)
	for wait := time.Millisecond; wait < 2*time.Second; wait = wait * 3 / 2 {
		d := t.TempDir()
		file := filepath.Join(d, "file")
		if err := os.WriteFile(file, []byte(lastWeek), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := asProgram(t, d, "scan", "--checks", "http", "--all", "-o", "jsonl="+file, "-o", "html="+file+".html", fmt.Sprintf("127.0.0.1:%d", port), "127.0.0.2:9")
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if cmd.ProcessState.ExitCode() != exitInterrupted && !(status.Signaled() && status.Signal() == syscall.SIGINT) { // before the program begins
			t.Errorf("after %v: %v: %s", wait, cmd.ProcessState, said.String())
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != lastWeek && !wholeLines(string(b)) {
			t.Errorf("after %v: %v, %.300q", wait, err, b)
		}
	}
}

// nohup's child hears no SIGHUP.
func TestHangupIgnored(t *testing.T) {
	d := t.TempDir()
	cmd := asProgram(t, d)
	self := cmd.Path
	cmd.Path, cmd.Args = "/bin/bash", []string{"bash", "-c", `trap '' HUP; exec -a signet "$0" "$@"`, self, "scan", "--store", "none", "--checks", "http", "-f", "-"}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	cmd.Process.Signal(syscall.SIGHUP)
	time.Sleep(300 * time.Millisecond)
	fmt.Fprintln(in, "127.0.0.1:9")
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Who reads no further ends a command, which says nothing of it; what a run learned until then is kept.
func TestReaderGone(t *testing.T) {
	const closed = "its reader is gone from the start"
	d := t.TempDir()
	for _, args := range [][]string{
		{"scan", "--checks", "http", "--all", "--timeout", "1s", "--retries", "0", "-o", "jsonl", "-o", "csv=" + d + "/other.csv", fmt.Sprintf("127.0.0.1:%d", mute(t)), "127.0.0.2:9"},
		{"demo", "-o", "jsonl", "-o", "json=" + d + "/other.json"},
		{"targets", "10.0.0.0/14"},
		{"report", "-o", "jsonl", closed},
		{"runs", "export", "latest", closed},
	} {
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := asProgram(t, d, args...)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = to, &said
		if args[len(args)-1] == closed { // what is short stands in the pipe before its reader could go
			from.Close()
			args = args[:len(args)-1]
			cmd.Args = cmd.Args[:len(cmd.Args)-1]
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		to.Close()
		from.Read(make([]byte, 16))
		from.Close()
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitTrouble || strings.Contains(said.String(), "broken pipe") || strings.Contains(said.String(), "panic") {
			t.Errorf("%v: %v: %s", args, cmd.ProcessState, said.String())
		}
	}
	for _, name := range []string{"other.json.part", "other.csv.part"} {
		if _, err := os.Stat(filepath.Join(d, name)); err == nil {
			t.Errorf("%s was left", name)
		}
	}
	out, err := asProgram(t, d, "runs").Output()
	if err != nil || !strings.Contains(string(out), "interrupted") {
		t.Errorf("%v: %s", err, out)
	}
}

// What grows beside a file is ours until the end: taken away, or another's, nothing takes the file's place.
func TestPartTakenAway(t *testing.T) {
	for name, take := range map[string]func(part string){
		"removed":  func(part string) { os.Remove(part) },
		"replaced": func(part string) { os.Remove(part); os.WriteFile(part, []byte("another's"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			d := t.TempDir()
			file := filepath.Join(d, "file")
			os.WriteFile(file, []byte(lastWeek), 0o600)
			cmd := asProgram(t, d, "scan", "--store", "none", "--checks", "http", "--all", "--timeout", "2s", "--retries", "0", "-o", "jsonl="+file, fmt.Sprintf("127.0.0.1:%d", mute(t)))
			var said bytes.Buffer
			cmd.Stderr = &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { _, err := os.Stat(file + ".part"); return err == nil })
			take(file + ".part")
			var exit *exec.ExitError
			if err := cmd.Wait(); err == nil || !strings.Contains(said.String(), "stays as it was") {
				t.Errorf("%v, %v: %s", err, exit, said.String())
			}
			if b, _ := os.ReadFile(file); string(b) != lastWeek {
				t.Errorf("%q", b)
			}
		})
	}
}
