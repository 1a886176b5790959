package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"signet"
	"signet/internal/capture"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// Gathering is what is read and judged together, without a packet.
type Gathering struct {
	Files     []string // captures, other tools' results, JSON lines, folders of them; - is Env.Stdin
	Runs      []*Input
	Judge     *judge.Judge
	Anonymize bool // replace addresses and names, the same one always by the same
	All       bool // report endpoints where nothing answered, too
	Trace     bool // report and store the bytes of every exchange

	// Litter hears of a folder that Gather takes away at its end, for who may have to end the process before; nil: nobody does.
	Litter func(dir string)
}

// Gathered is what came of a Gathering.
type Gathered struct {
	Tally       *report.Tally
	Interrupted bool // ctx ended before all was read
	Failed      bool // nothing came of something that was named
	Damaged     bool // something was read in part
}

// Gather reads files and runs into one run, and reports it from there: so that what is said of an endpoint meets, by address, in
// memory that does not grow with the files. When ctx ends, what was read until then is reported. Into.Drain and Into.Flush
// are not for it.
func (e *Env) Gather(ctx context.Context, g *Gathering, into Into, out report.Handler) (*Gathered, error) {
	r := &reading{env: e, capture: capture.NewReader(e.Checks), mask: newMask(g.Anonymize), covered: newCoverage(), read: map[stamp][]os.FileInfo{}, all: g.All, judge: g.Judge}
	defer r.close()
	memory, drop, err := r.gatherIn(context.WithoutCancel(ctx), g, into)
	if err != nil {
		return nil, err
	}
	defer drop()
	for _, name := range g.Files {
		if ctx.Err() != nil {
			break
		}
		r.open(ctx, name, nil)
	}
	r.captured()
	now, policy := e.clock(), g.Judge.Policy().ID()
	run := &store.Run{ID: newID(now()), Tool: e.Tool, Started: now().UTC(), Targets: targetsOf(g), Depth: r.depth(g.Runs), Policy: policy}
	for _, c := range e.Checks {
		run.Checks = append(run.Checks, c.Name)
	}
	rec, err := store.Begin(context.WithoutCancel(ctx), memory, run, nil)
	if err != nil {
		return nil, err
	}
	r.record = &record{rec: rec, trace: g.Trace}
	err = r.gather(ctx, g.Runs)
	interrupted := ctx.Err() != nil
	finish := func(stored *store.Run) {
		stored.Ended, stored.Interrupted, stored.Progress = now().UTC().Truncate(time.Microsecond), interrupted, r.covered.progress()
		if !g.Anonymize { // names of files tell whose they are
			stored.Warnings = r.warnings
		}
		if !interrupted {
			stored.Failed = r.failure(&stored.Progress)
		}
		*run = *stored
	}
	if ended := rec.Finish(finish); err == nil && ended != nil {
		err = ended
	}
	if err != nil {
		return nil, err
	}
	if run.Failed != "" && into.Store != nil && !r.lost && into.Failed != nil {
		into.Failed(run.Failed)
	}
	header := headerOf(run, g.Judge)
	header.Trace, header.All = g.Trace, g.All
	ctx = context.WithoutCancel(ctx) // what was learned until an interruption is written
	tally, err := e.render(ctx, &rendering{header: header, all: g.All, run: run}, g.Judge, out, store.Observations(ctx, memory, run, store.ByAddress))
	if err != nil {
		return nil, err
	}
	return &Gathered{Tally: tally, Interrupted: interrupted, Failed: r.failed, Damaged: r.damaged}, nil
}

// gatherIn is the store in which a run is gathered: the user's, or one that goes away with drop. Where the user's takes no more,
// the run goes on in a temporary file, and where there is no room for one either, in memory.
func (r *reading) gatherIn(ctx context.Context, g *Gathering, into Into) (in store.Store, drop func(), err error) {
	dir := ""
	temporary := func(ctx context.Context) (_ store.Store, err error) {
		if dir, err = os.MkdirTemp("", "signet-read-"); err != nil {
			return nil, err
		}
		if g.Litter != nil {
			g.Litter(dir)
		}
		return sqlite.Open(ctx, filepath.Join(dir, "run.db"), true)
	}
	spares := []func(context.Context) (store.Store, error){
		temporary,
		func(ctx context.Context) (store.Store, error) { return sqlite.OpenMemory(ctx) },
	}
	tell := func(err error) {
		r.lost = true
		if into.Lost != nil {
			into.Lost(err)
		}
	}
	first := into.Store
	closed := func() {}
	if first == nil { // the first spare is what was asked for; the next ones are spares of it
		tell = func(error) {}
		if first, err = spares[0](ctx); err != nil {
			if first, err = spares[1](ctx); err != nil {
				return nil, nil, err
			}
		}
		spares, closed = spares[1:], func() { first.Close() }
	}
	rescued := store.Rescue(first, tell, spares...)
	return rescued, func() {
		rescued.Close()
		closed()
		if dir != "" {
			os.RemoveAll(dir)
		}
	}, nil
}

// reading is a Gathering under way.
type reading struct {
	env      *Env
	capture  *capture.Reader
	texts    []textFile
	read     map[stamp][]os.FileInfo
	folders  []*folder
	mask     *mask
	judge    *judge.Judge
	record   *record
	all      bool
	warnings []string
	failed   bool // a file that was named could not be read at all
	damaged  bool // a file was read in part, or one of a folder not at all
	covered  *coverage
	lost     bool // the store takes no more
}

// warn says something of a file, to who reads warnings and in the report.
func (r *reading) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.warnings = append(r.warnings, text)
	r.env.warn(text)
}

// targetsOf says what a run is made of: what merged runs were asked, then files.
func targetsOf(g *Gathering) []string {
	if g.Anonymize {
		return []string{fmt.Sprintf("runs: %d, files: %d", len(g.Runs), len(g.Files))}
	}
	var targets []string
	for _, in := range g.Runs {
		targets = append(append(targets, "run "+in.Run.ID), in.Run.Targets...)
	}
	return append(targets, g.Files...)
}

// depth is how far the deepest of what is gathered went.
func (r *reading) depth(runs []*Input) signet.Depth {
	deepest := signet.Handshake
	for _, in := range runs {
		deepest = max(deepest, in.Run.Depth)
	}
	for _, t := range r.texts {
		deepest = max(deepest, t.depth)
	}
	return deepest
}

// gather keeps everything that merged runs, captures and other tools' files say.
func (r *reading) gather(ctx context.Context, runs []*Input) error {
	for _, in := range runs {
		if err := r.merge(ctx, in); err != nil {
			return err
		}
	}
	if err := r.results(ctx); err != nil {
		return err
	}
	if r.covered.crowded {
		r.warn("more than %d addresses and endpoints: the coverage counts the rest as often as a source speaks of them; read the files in parts", mostCovered)
	}
	return nil
}

// merge keeps what a run says.
func (r *reading) merge(ctx context.Context, in *Input) error {
	estate := r.covered.estate(in.Run.Targets, in.Run.Checks)
	for _, w := range in.Run.Warnings {
		r.warnings = append(r.warnings, "run "+in.Run.ID+": "+w)
	}
	for o, err := range in.Observations() {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if o.Source == "" && o.Check != signet.ClientCheck {
			o.Source = in.Run.Tool
		}
		if err := r.take(o, estate); err != nil {
			return err
		}
	}
	r.covered.run(estate, &in.Run.Progress)
	return nil
}

// take counts an observation, of a run of that estate or of no run, and keeps it where anything was there, without names where
// that was asked for.
func (r *reading) take(o *signet.Observation, of *estate) error {
	if c, ok, err := signet.ClientOf(o); ok {
		if err != nil {
			return err
		}
		return r.client(c)
	}
	r.covered.endpoint(o, of)
	if !r.all && !o.Reached() && !o.Lost() {
		return nil
	}
	r.mask.observation(o)
	l := &report.Line{Observation: o}
	if len(o.Trace) > 0 {
		l.Judgement = r.judge.Observation(o) // which says whether the transcript is worth its room
	}
	return r.record.keep(l)
}

func (r *reading) client(c *signet.Client) error {
	r.mask.client(c)
	o, err := c.Observation()
	if err != nil {
		return err
	}
	return r.record.keep(&report.Line{Observation: o})
}

// failure says why what was read cannot stand for an estate, or nothing.
func (r *reading) failure(p *store.Progress) string {
	switch {
	case r.failed:
		return "not all that was named could be read"
	case p.Addresses == 0 && r.record.rows == 0:
		return "nothing was read"
	}
	return ""
}
