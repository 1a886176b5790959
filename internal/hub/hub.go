package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/notify"
	"signet/internal/outbox"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// Config is what a hub is made of.
type Config struct {
	Env    *run.Env    // with Limits; its Policy is asked for the policies that are no one's on the desk
	Store  store.Store // which is a store.Desk, too
	Desk   *desk.Desk
	Policy string                                                                        // judges where neither a site nor the settings name one
	Grace  time.Duration                                                                 // how long hosts under way may take once a run is to end
	Now    func() time.Time                                                              // nil: the system's clock
	URL    string                                                                        // by which people reach its pages, without a slash at its end; empty: messages have no links
	Send   func(context.Context, notify.Channel, *notify.Message) (notify.Result, error) // nil: nothing is sent
	Warn   func(string)                                                                  // takes a line that a person should read; nil: nobody reads it
	Means  Means                                                                         // what can be done on time besides asking
}

// Hub is open. Its methods may be called from any goroutine.
type Hub struct {
	Config
	*Jobs
	documents store.Desk

	first    func() error // makes the first world, once
	world    atomic.Pointer[world]
	heads    heads
	building sync.Mutex    // one world is built at a time
	making   sync.Mutex    // one thing that takes much memory for a while: a reading of a stored run, what is shown of it, a comparison with the run before
	sampling sync.Mutex    // the sample comes or goes, one at a time
	look     chan struct{} // has one element when runs may have come or gone
	impacts  impacts
	diffs    diffs
	previews chan struct{} // has one element while no policy is tried

	changes  changes
	matching sync.Mutex      // one run is compared at a time
	unlike   map[string]bool // runs that could not be compared; of whoever has matching
	came     chan struct{}   // as look, for who compares

	timetable chan struct{} // has one element when schedules changed
	copying   copying

	Outbox *outbox.Box
	alerts alerts        // of whoever tells
	ring   chan struct{} // as look, for who tells
}

// Open makes a hub. Work does what it has to do. What pages show is made by whoever asks first, so that a server of a large estate
// listens before that.
func Open(ctx context.Context, c Config) (*Hub, error) {
	documents, ok := c.Store.(store.Desk)
	if !ok {
		return nil, errors.New("this store keeps runs alone")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if c.Send == nil {
		c.Send = func(context.Context, notify.Channel, *notify.Message) (notify.Result, error) {
			return notify.Result{Status: errNoSender.Error()}, errNoSender
		}
	}
	h := &Hub{Config: c, documents: documents, ring: make(chan struct{}, 1), look: make(chan struct{}, 1), came: make(chan struct{}, 1), timetable: make(chan struct{}, 1), unlike: map[string]bool{},
		impacts: impacts{turn: make(chan struct{}, 1)}, previews: make(chan struct{}, 1), diffs: diffs{turn: make(chan struct{}, 1)}}
	h.impacts.turn <- struct{}{}
	h.previews <- struct{}{}
	h.diffs.turn <- struct{}{}
	h.Jobs = NewJobs(JobsConfig{Desk: c.Desk, Store: c.Store, Runner: h.runner, Out: h.listen, Done: h.ended, Ended: h.Scheduled, Held: h.heldBack, Warn: c.Warn})
	h.first = sync.OnceValue(func() error { return h.rebuild(ctx, false) })
	if err := h.changes.load(ctx, documents); err != nil {
		return nil, err
	}
	var err error
	if h.Outbox, err = outbox.Open(ctx, outbox.Config{Desk: documents, Now: c.Now, Send: h.send, Warn: c.Warn}); err != nil {
		return nil, err
	}
	return h, h.loadAlerts(ctx)
}

var errNoSender = errors.New("this server sends nothing")

// shown is the world that pages show. Where not even the first can be made, which ends Work, it is one in which there is nothing.
func (h *Hub) shown() *world {
	if h.first() != nil {
		e := estate.New(h.Env.Checks, nil)
		w := &world{memory: &estate.Memory{}}
		w.views.all = &View{Estate: e, Board: e.BoardAlone(nil)}
		h.world.CompareAndSwap(nil, w)
	}
	return h.world.Load()
}

// Work makes the runs of jobs and reads the runs that were made elsewhere, until ctx ends and nothing is under way any more. The error is
// that what pages show cannot be made.
func (h *Hub) Work(ctx context.Context) error {
	if err := h.first(); err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { h.Jobs.Work(ctx, h.Grace) })
	wg.Go(func() { h.reading(ctx) })
	wg.Go(func() { h.comparing(ctx) })
	wg.Go(func() { h.tidying(ctx) })
	wg.Go(func() { h.clock(ctx) })
	wg.Go(func() { h.alerting(ctx) })
	wg.Go(func() { h.Outbox.Work(ctx) })
	wg.Wait()
	return nil
}

// runner is that of a site. Sites of other segments come with what stands there.
func (h *Hub) runner(site string) (Runner, error) {
	if site != "" {
		s, err := h.Desk.Site(desk.System(), site)
		if err != nil {
			return nil, err
		}
		if s.Runner != "" && s.Runner != "here" {
			return nil, fmt.Errorf("the site is asked by %q, and nothing of that name is here", s.Runner)
		}
	}
	return &Here{Env: h.Env, Store: h.Store}, nil
}

// listen is what hears of the run of a job: the reading of it.
func (h *Hub) listen(j *Job) report.Handler { return h.record(j.Site, j.Ordered.Verifies) }

// ended has the run of a job shown, and what changed by it.
func (h *Hub) ended(ctx context.Context, j *Job) {
	if err := errors.Join(h.readEnded(ctx, j), h.show(ctx), h.compareFew(ctx)); err != nil {
		h.Warn(fmt.Sprintf("job %s: what came of it cannot be shown yet: %v", j.ID, err))
	}
	h.Look()
	h.Ring()
}

// Look has the hub look for runs that were made elsewhere, soon.
func (h *Hub) Look() {
	for _, wake := range []chan struct{}{h.look, h.came} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
