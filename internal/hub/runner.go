package hub

import (
	"context"
	"fmt"
	"sync"
	"time"

	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// Runner makes the runs of a site: Here does, in this process; what stands in another segment is one of its own.
type Runner interface {
	// Check refuses an order that this runner would not make a run of, as run.Env.Prepare does. Nothing is asked.
	Check(ctx context.Context, o *run.Order) error
	// Start begins a run, or goes on with one where resume is not nil, and hands it to out as it is made. begun is told the
	// run's name before anything of it is stored, and an error of it ends the start. What is returned is under way, until Wait
	// has returned.
	Start(ctx context.Context, o *run.Order, resume *store.Run, begun func(id string) error, out report.Handler) (Underway, error)
}

// Underway is a run under way. Its methods may be called from any goroutine.
type Underway interface {
	Watch() run.Watch
	// Drain begins no further hosts. Those under way are finished.
	Drain()
	// Cut ends asking now. What was learned until then is kept.
	Cut()
	// Wait waits for the end. complete tells whether all was asked.
	Wait() (complete bool, err error)
}

// Here makes runs in this process.
type Here struct {
	Env   *run.Env // with Limits
	Store store.Store
}

// Check refuses what Env would not prepare.
func (h *Here) Check(ctx context.Context, o *run.Order) error {
	_, err := h.Env.Prepare(ctx, o)
	return err
}

// Start begins a run.
func (h *Here) Start(ctx context.Context, o *run.Order, resume *store.Run, begun func(string) error, out report.Handler) (Underway, error) {
	s, err := h.Env.Prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if resume != nil {
		if err := s.Resume(ctx, h.Store, resume); err != nil {
			return nil, err
		}
	}
	if err := begun(s.ID()); err != nil {
		return nil, err
	}
	r := &here{scan: s, drain: make(chan struct{}), done: make(chan struct{})}
	asking, cut := context.WithCancel(ctx) // what is learned is stored all the same, by ctx
	r.cut = cut
	if err := s.Begin(ctx, run.Into{Store: h.Store, Failed: func(why string) { r.failed = why }, Drain: r.drain}, out); err != nil {
		cut()
		return nil, err
	}
	go r.ask(asking)
	return r, nil
}

// here is a run that this process makes.
type here struct {
	scan   *run.Scan
	once   sync.Once
	drain  chan struct{}
	cut    context.CancelFunc
	done   chan struct{}
	failed string // of End
	err    error  // once done
}

func (r *here) ask(ctx context.Context) {
	defer close(r.done)
	defer r.cut()
	if r.err = r.scan.Ask(ctx); r.err != nil {
		r.scan.Abandon(r.err)
		return
	}
	if _, _, r.err = r.scan.End(r.scan.Interrupted()); r.err == nil && r.failed != "" && !r.scan.Interrupted() {
		r.err = fmt.Errorf("the run came to nothing: %s", r.failed)
	}
}

func (r *here) Watch() run.Watch { return r.scan.Watch() }
func (r *here) Drain()           { r.once.Do(func() { close(r.drain) }) }
func (r *here) Cut()             { r.cut() }

func (r *here) Wait() (bool, error) {
	<-r.done
	return !r.scan.Interrupted(), r.err
}

// drain lets a run come to its end, for a while.
func drain(r Underway, grace time.Duration) {
	r.Drain()
	time.AfterFunc(grace, r.Cut)
}
