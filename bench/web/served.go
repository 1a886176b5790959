//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// served is a `signet serve` under way, and an admin's session.
type served struct {
	url    string
	cookie string
	cmd    *exec.Cmd
	log    bytes.Buffer
	ready  time.Duration // from its start until /readyz said so

	mu   sync.Mutex
	peak map[string]int // KiB resident, by what was going on
	now  string
	done chan struct{}
}

const (
	userName = "bench"
	password = "as good as any other"
)

// serve starts a server, and logs on: as the first user, where there is none.
func serve(ctx context.Context, signet, store, network string) (*served, error) {
	s := &served{cmd: exec.CommandContext(ctx, signet, "serve", "--listen", "127.0.0.1:0", "--store", store, "--allow", network, "--max-rate", "100000", "--yes"), peak: map[string]int{}, done: make(chan struct{})}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.watch()
	lines := bufio.NewScanner(out)
	token := ""
	for s.url == "" && lines.Scan() {
		s.url, _ = strings.CutPrefix(lines.Text(), "Signet on ")
	}
	if s.url == "" {
		return nil, errors.Join(errors.New("signet serve did not start"), s.stop())
	}
	for {
		if r, err := http.Get(s.url + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begun) > time.Minute {
			return nil, errors.Join(errors.New("signet serve is never ready"), s.stop())
		}
		time.Sleep(time.Millisecond)
	}
	s.ready = time.Since(begun)
	setUp := make(chan string, 1)
	go func() {
		for lines.Scan() {
			if _, t, ok := strings.Cut(lines.Text(), "#"); ok {
				setUp <- t
			}
		}
	}()
	select {
	case token = <-setUp:
	case <-time.After(200 * time.Millisecond):
	}
	who := map[string]string{"name": userName, "password": password}
	path := "/session"
	if token != "" {
		who["token"], path = token, "/setup"
	}
	if err := s.call(ctx, "POST", path, who, nil); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// call calls the API: in and out are JSON.
func (s *served) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", s.cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		s.cookie = c.Name + "=" + c.Value
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// watch notes how much memory the process has while it does what.
func (s *served) watch() {
	defer close(s.done)
	for {
		n := status(s.cmd.Process.Pid, "VmRSS")
		if n == 0 {
			return
		}
		s.mu.Lock()
		s.peak[s.now] = max(s.peak[s.now], n)
		s.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
}

// doing says what the server is at from now on.
func (s *served) doing(what string) {
	s.mu.Lock()
	s.now = what
	s.mu.Unlock()
}

// resident is the most that it had while it did something, in MiB.
func (s *served) resident(what string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return float64(s.peak[what]) / 1024
}

func (s *served) most() float64 { return float64(status(s.cmd.Process.Pid, "VmHWM")) / 1024 }

// quiet waits until the process has computed next to nothing for a second.
func (s *served) quiet(ctx context.Context) error {
	for before := s.cpu(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		now := s.cpu()
		if now-before <= 50*time.Millisecond {
			return nil
		}
		before = now
	}
}

// cpu is what the process has computed for.
func (s *served) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func (s *served) stop() error {
	if s.cmd.Process.Signal(syscall.SIGTERM) == nil {
		timer := time.AfterFunc(30*time.Second, func() { s.cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := s.cmd.Wait()
	<-s.done
	if err != nil {
		return fmt.Errorf("signet serve: %w: %s", err, s.log.String())
	}
	return nil
}

// status is a figure of a process, in KiB.
func status(pid int, key string) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}
