package run

import (
	"context"
	"errors"
	"sync"

	"signet"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
)

// Scan is a run that is made by asking: prepared, then begun, then asking, then ended. Scanning in one step is the function
// of that name below.
type Scan struct {
	env     *Env
	order   Order
	judge   *judge.Judge
	plans   []engine.Plan
	scope   *scope.Scope
	visit   *scope.Order
	header  *report.Header
	engine  engine.Run
	resumed *resumed // nil: it begins
	sink    *sink
	into    Into

	before      uint64 // what was counted before anything was asked
	interrupted bool
}

// Prepare reads an order and lays out whom it asks: files are read, names are looked up, nothing else is sent. What is wrong
// with the order is an *OrderError. Whom it asks in vain, or not at all, Env.Warn hears.
func (e *Env) Prepare(ctx context.Context, o *Order) (*Scan, error) {
	s := &Scan{env: e, order: *o}
	now := e.clock()
	o = &s.order
	if err := e.Limits.check(o); err != nil { // first: what leads beyond them does so whether or not this version can do it
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	policy, err := e.policy(o.Policy)
	if err != nil {
		return nil, err
	}
	if s.judge, err = e.Judge(policy); err != nil {
		return nil, err
	}
	if s.plans, err = e.plans(o); err != nil {
		return nil, err
	}
	s.engine.Plans = s.plans
	options, err := e.options(o)
	if err != nil {
		return nil, err
	}
	gate := dial.NewGate(dial.Pace{Rate: o.Rate}, now)
	if s.scope, err = e.scope(ctx, gate, o, s.plans); err != nil {
		return nil, err
	}
	if err := e.Limits.within(s.scope, o); err != nil {
		return nil, err
	}
	gate.Exclude(e.Limits.excluded(s.scope))
	if s.order.Seed == 0 {
		s.order.Seed = random64()
	}
	if s.visit, err = s.scope.Order(s.order.Seed); err != nil {
		return nil, refuse("targets", "%v", err)
	}
	s.engine.Plans = s.plans // the warnings ask who asks which port
	s.header = &report.Header{
		Run: newID(now()), Tool: e.Tool, Started: now().UTC(), Targets: s.scope.Typed(), Depth: o.depth(), Policy: policy.ID(), Trace: o.Trace, All: o.All,
		Warnings: s.warnings(),
	}
	for _, p := range s.plans {
		s.header.Checks = append(s.header.Checks, p.Check.Name)
	}
	options.ExcludedName = s.scope.ExcludedName
	s.engine.Source, s.engine.Options = order{Order: s.visit}, options
	s.engine.InFlight, s.engine.All, s.engine.Discover, s.engine.Fleeting = o.InFlight, o.All, discovery(o.Discover), o.Quick
	s.engine.Now = now
	s.engine.Dialer = &dial.Dialer{Limits: limits(o), Gate: gate}
	if s.scope.Len() > 0 {
		s.engine.Tell = e.warn
	}
	s.sink = &sink{judge: s.judge}
	s.engine.Sink = s.sink
	return s, nil
}

// ID names the run; names sort by time.
func (s *Scan) ID() string { return s.header.Run }

// Unresolved is how many names of the order have no address.
func (s *Scan) Unresolved() int { return len(s.scope.Unresolved()) }

// Addresses is how many addresses would be asked.
func (s *Scan) Addresses() uint64 { return s.scope.Len() }

// Into is where a scan goes, besides its report.
type Into struct {
	// Store keeps the run; nil: nobody does. A run that is gone on with stays in its own.
	Store store.Store
	// Lost hears, once, why the run is not stored, or not to its end: its report goes on. nil: that ends the run.
	Lost func(error)
	// Failed hears why the run is stored as one that stands for nothing; nil: nobody does.
	Failed func(why string)
	// Flush is called every second, and never while the report is written; nil: nothing is.
	Flush func()
	// Drain, once it is closed, keeps further hosts from being begun; those under way are finished. nil: all are asked.
	Drain <-chan struct{}
}

// Begin opens the report and stores that the run is made. What a run that is gone on with had learned is reported first.
func (s *Scan) Begin(ctx context.Context, into Into, out report.Handler) error {
	if s.resumed != nil {
		into.Store = s.resumed.store
	}
	s.into = into
	s.engine.Untraced = !s.order.Trace && into.Store == nil
	s.sink.out = out
	if !s.order.Quick {
		s.sink.hosts = newHosts(s.env.Checks, s.judge, out, s.sink.emit)
	}
	head := *s.header
	head.Warnings = judgedBy(head.Warnings, s.judge)
	if err := out.Begin(&head); err != nil {
		return err
	}
	if s.resumed != nil {
		if err := s.resumed.replay(ctx, s.env, s.sink); err != nil {
			return err
		}
	}
	if err := s.store(ctx); err != nil {
		if s.resumed != nil || into.Lost == nil || !errors.Is(err, store.ErrUnwritable) {
			return err
		}
		into.Lost(err)
	} else if s.sink.record != nil {
		s.sink.record.lost = into.Lost
	}
	s.before = s.counted()
	return nil
}

// Ask asks the network, until all is asked, Into.Drain is closed or ctx ends; neither of these is an error. An error is one of
// the report or of the store.
func (s *Scan) Ask(ctx context.Context) error {
	done := make(chan struct{})
	var wg sync.WaitGroup
	if s.into.Flush != nil {
		wg.Go(func() { s.sink.flushing(s.into.Flush, done) })
	}
	err := s.engine.Do(ctx, s.into.Drain)
	close(done)
	wg.Wait()
	switch {
	case err == nil:
		select {
		case <-s.into.Drain:
			s.interrupted = true
		default:
		}
		return nil
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		s.interrupted = true
		return nil
	}
	return err
}

// Stored tells whether the run is being stored, so that whoever goes on can go on with it.
func (s *Scan) Stored() bool { return s.sink.record != nil }

// Interrupted tells whether Ask ended before all was asked.
func (s *Scan) Interrupted() bool { return s.interrupted }

// Learned tells whether anything came of asking.
func (s *Scan) Learned() bool { return s.counted() > s.before }

func (s *Scan) counted() uint64 {
	return s.engine.Stats.Asked.Load() + s.engine.Stats.Addresses.Load()
}

// Abandon ends a run that an error of Ask ended, without an end of its report.
func (s *Scan) Abandon(because error) {
	s.sink.record.stop(ending{interrupted: true, failed: because.Error()}) // the first error is the one to tell
}

// End ends a run and its report, and gives the summary that the report was given, and what was counted for it.
func (s *Scan) End(interrupted bool) (*report.Summary, *report.Tally, error) {
	failed, err := s.sink.record.stop(ending{at: s.env.now(), interrupted: interrupted})
	if err != nil {
		return nil, nil, err
	}
	if failed != "" && s.into.Failed != nil {
		s.into.Failed(failed)
	}
	if err := s.sink.hosts.end(); err != nil {
		return nil, nil, err
	}
	sum := s.summary()
	sum.Interrupted = interrupted
	if err := s.sink.out.End(sum); err != nil {
		return nil, nil, err
	}
	return sum, &s.sink.tally, nil
}

// Do is Begin, Ask and End.
func (s *Scan) Do(ctx context.Context, into Into, out report.Handler) (*report.Summary, error) {
	if err := s.Begin(ctx, into, out); err != nil {
		return nil, err
	}
	if err := s.Ask(ctx); err != nil {
		s.Abandon(err)
		return nil, err
	}
	sum, _, err := s.End(s.interrupted)
	return sum, err
}

// Scan asks what was ordered and reports it to out. When ctx ends, so does the run, and what was learned until then is
// reported: Summary.Interrupted says so. It is Prepare and Do; who wants to watch a run or to end it gently calls these.
func (e *Env) Scan(ctx context.Context, o *Order, into Into, out report.Handler) (*report.Summary, error) {
	s, err := e.Prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	return s.Do(ctx, into, out)
}

// summary says what came of a run.
func (s *Scan) summary() *report.Summary {
	t, w := &s.sink.tally, s.Watch()
	return &report.Summary{
		Ended: s.env.now().UTC(), Verdicts: t.Verdicts, Excepted: t.Excepted, Findings: t.Findings, Severities: t.Severities, Unasked: t.Unasked(), Lost: t.Lost(),
		Coverage: report.Coverage{Addresses: w.Addresses, Alive: w.Alive, Asked: w.Asked, Outcomes: w.Outcomes, Undetermined: t.Verdicts[signet.Undetermined]},
	}
}
