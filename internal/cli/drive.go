package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"signet/internal/engine"
)

// errDrained ends a run that was asked once to stop and finished what was under way.
var errDrained = errors.New("interrupted")

// drive runs the engine under the user's interrupts: the first lets what is under way end, for a while, the second stops at
// once. counters is the file of --stats, or nil.
func (a *app) drive(ctx context.Context, run *engine.Run, id string, sink *sink, counters *os.File, showProgress bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	drain, done := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	var drained atomic.Bool
	h := &handler{second: cancel, first: func() {
		drained.Store(true)
		close(drain)
		fmt.Fprintln(a.Stderr, "signet: interrupted: finishing what is under way; once more to stop at once")
		time.AfterFunc(graceToFinish, cancel)
	}}
	if sink.keep != nil { // what is not reported in time is stored
		h.within = graceToReport
	}
	defer a.interrupts.on(h)()
	if showProgress && isTerminal(a.Stderr) {
		p := &progress{w: a.Stderr, stats: &run.Stats, total: run.Source.Len(), terminal: true, findings: sink.findings.Load, start: time.Now()}
		wg.Go(func() { p.watch(done) })
	}
	if counters != nil {
		s := &statistics{file: counters, run: id, stats: &run.Stats, total: run.Source.Len(), start: time.Now(), found: sink.findings.Load}
		wg.Go(func() { s.watch(done) })
	}
	wg.Go(func() { sink.flushing(done) })
	err := run.Do(ctx, drain)
	close(done)
	wg.Wait()
	if err == nil && drained.Load() {
		return errDrained
	}
	return err
}
