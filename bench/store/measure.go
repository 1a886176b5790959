package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// measured is one child process.
type measured struct {
	first, wall, cpu time.Duration
	peakKiB, bytes   int
}

func (m *measured) print(what string) {
	fmt.Printf("%-28s first byte %6.2f s, all %6.2f s, cpu %6.2f s, peak %4d MiB, %d bytes\n", what, m.first.Seconds(), m.wall.Seconds(), m.cpu.Seconds(), m.peakKiB>>10, m.bytes)
}

// measure runs a command to its end. Its peak memory is read from /proc while it runs: what the kernel gives afterwards counts
// the process that started it.
func measure(ctx context.Context, store, name string, args ...string) (*measured, error) {
	if store != "" {
		args = append(args, "--store", store)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	m := &measured{}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			m.peakKiB = max(m.peakKiB, peak(cmd.Process.Pid))
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := out.Read(buf)
		if n > 0 && m.bytes == 0 {
			m.first = time.Since(start)
		}
		m.bytes += n
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	m.wall = time.Since(start)
	close(stop)
	<-watched
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, said.String())
	}
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return m, nil
}

// peak is the most memory a process had resident so far.
func peak(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}
