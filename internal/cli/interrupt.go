package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// How long a command has after the first interrupt. One that has nothing to save goes at once when it does not notice; a run
// finishes what is under way, then lets go of it, then reports.
const (
	graceToNotice = 2 * time.Second
	graceToFinish = 2500 * time.Millisecond
	graceToReport = 4500 * time.Millisecond
	graceAtOnce   = 700 * time.Millisecond // after the second
)

// interrupts hears the signals that ask a process to end, from its first moment to its last.
type interrupts struct {
	cancel context.CancelFunc // ends a command that has nothing to save
	leave  func()             // ends the process

	mu      sync.Mutex
	handler *handler
	count   int
	junk    map[string]bool // what must not stay behind when the process is left; with false a file only while it is empty
}

// handler is what a command that has something to save does instead.
type handler struct {
	first, second func()
	within        time.Duration // of the first interrupt the process ends, 0: when the command does
}

// listen begins to hear signals. The context ends with the first, unless a command has something to save. SIGHUP is heard
// where it is not ignored, as under nohup; SIGPIPE is heard so that a write to a closed pipe is an error like any other.
func (a *app) listen(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interrupts{cancel: cancel, junk: map[string]bool{}}
	i.leave = func() {
		i.mu.Lock()
		for path, always := range i.junk {
			if info, err := os.Lstat(path); always || err == nil && info.Size() == 0 {
				os.RemoveAll(path)
			}
		}
		os.Exit(exitInterrupted) // holding the lock: nothing is put to rights any more
	}
	a.interrupts = i
	signals, pipes, ended := make(chan os.Signal, 4), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(pipes, syscall.SIGPIPE)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-signals:
				i.heard(a.Stderr)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(pipes)
		close(ended)
		cancel()
	}
}

// heard does what one more signal asks for.
func (i *interrupts) heard(stderr io.Writer) {
	i.mu.Lock()
	i.count++
	h, count := i.handler, i.count
	i.mu.Unlock()
	switch {
	case count == 1 && h != nil:
		h.first()
		if h.within > 0 {
			time.AfterFunc(h.within, i.leave)
		}
	case count == 1:
		fmt.Fprintln(stderr, "signet: interrupted")
		i.cancel()
		time.AfterFunc(graceToNotice, i.leave)
	case count == 2 && h != nil && h.second != nil:
		h.second()
		time.AfterFunc(graceAtOnce, i.leave)
	default:
		i.leave()
	}
}

// interrupted tells whether any signal was heard.
func (i *interrupts) interrupted() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count > 0
}

// on puts a handler in place until it is released.
func (i *interrupts) on(h *handler) (release func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.count == 0 { // else it is too late: the context has ended
		i.handler = h
	}
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.count == 0 {
			i.handler = nil
		}
	}
}

// litter names what is to go when the process is left at once: always, or a file only while it is empty. It may be gone by then.
func (i *interrupts) litter(path string, always bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.junk[path] = always
}

// interruptible is a context that the first interrupt ends, saying what happens then; a second one ends the process, and so
// does time where what was learned is stored.
func (a *app) interruptible(ctx context.Context, then string, stored bool) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	h := &handler{first: func() {
		fmt.Fprintln(a.Stderr, "signet: interrupted: "+then+"; interrupt again to stop at once")
		cancel()
	}}
	if stored {
		h.within = graceToReport
	}
	release := a.interrupts.on(h)
	return ctx, func() {
		release()
		cancel()
	}
}
