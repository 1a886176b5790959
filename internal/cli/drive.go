package cli

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"signet/internal/run"
)

// watching is who looks on while a scan asks.
type watching struct {
	counters *os.File // of --stats, or nil
	progress bool
}

// drive lets a scan ask under the user's interrupts: the first lets what is under way end, for a while, the second stops at
// once.
func (a *app) drive(ctx context.Context, s *run.Scan, drain chan<- struct{}, w *watching) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	var wg sync.WaitGroup
	h := &handler{second: cancel, first: func() {
		close(drain)
		fmt.Fprintln(a.Stderr, "signet: interrupted: finishing the hosts under way; interrupt again to stop at once")
		time.AfterFunc(graceToFinish, cancel)
	}}
	if s.Stored() { // what is not reported in time is stored
		h.within = graceToReport
	}
	defer a.interrupts.on(h)()
	if w.progress && isTerminal(a.Stderr) && understandsEscapes(a.Stderr) { // the line is drawn over itself
		p := &progress{w: a.Stderr, watch: s.Watch, terminal: true, start: time.Now()}
		wg.Go(func() { p.show(done) })
	}
	if w.counters != nil {
		st := &statistics{file: w.counters, run: s.ID(), watch: s.Watch, start: time.Now()}
		wg.Go(func() { st.write(done) })
	}
	err := s.Ask(ctx)
	close(done)
	wg.Wait()
	return err
}
