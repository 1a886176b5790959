package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/capture"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

func (a *app) readCommand() *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Use:   "read [flags] FILE...",
		Short: "Judge without a packet: captures and other tools' results",
		Long: `Judge what is already there: packet captures (pcap, pcapng), nmap's results (XML, or what it prints, anywhere in
a text), zgrab2 JSON, databases of NetExec (one, or the folder of a workspace), masscan JSON (coverage only) and Signet's own
JSON lines. gzip and zstd are undone; - is standard input; a folder stands for every file in it. A file of another kind is
called by its name, and the exit code is 1 where nothing came of a file that was named.

What a capture or a tool does not show stays unknown: nothing is asked. What a tool is known to get wrong is not
believed. Nothing that could be cracked or replayed is kept or printed, nor read from a database.

Where several files speak of one endpoint they meet: what Signet saw of the wire wins, then what is newer, and where
they disagree the report says so. --merge adds stored runs, a scan for instance, and keeps the whole as a new run.`,
		Example: "  signet read hq.pcapng nmap.xml.gz\n  signet read --merge latest ~/.nxc/workspaces/default -o html=estate.html\n  signet read --merge 20261101 --merge 20261120 --store none",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.read(cmd.Context(), &f, args)
		},
	}
	f.register(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.merge, "merge", nil, "`RUN` to report together with the files: stored, or a file of JSON lines; repeatable")
	fl.BoolVar(&f.anonymize, "anonymize", false, "replace addresses and names, the same one always by the same")
	return cmd
}

type readFlags struct {
	reportFlags
	merge     []string
	anonymize bool
}

// readMemory is where the collector of memory begins to work harder than it would: a capture of any size is read in
// little more than that.
const readMemory = 96 << 20

// read gathers files and runs into one run, and reports it from there: so that what is said of an endpoint meets, by
// address, in memory that does not grow with the files.
func (a *app) read(ctx context.Context, f *readFlags, names []string) error {
	if len(names)+len(f.merge) == 0 {
		return usage("no FILE: give a capture, nmap XML, a NetExec database, JSON lines or a folder, or - for standard input")
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(readMemory))
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	j, policy, err := a.judging(f.policy)
	if err != nil {
		return err
	}
	runs, err := a.merged(ctx, f)
	if err != nil {
		return err
	}
	defer closeAll(runs)
	out, err := a.open(f.outputs, f.color)
	if err != nil {
		return err
	}
	defer out.close()
	lost := false // the run should be stored, and is not
	memory, kept, drop, err := a.gatherIn(ctx, f.store, func() { lost = true })
	if err != nil {
		return err
	}
	defer drop()
	ctx, release := a.interruptible(ctx, "judging what was read", f.store != "none")
	defer release()
	r := &reading{app: a, capture: capture.NewReader(a.checks), mask: newMask(f.anonymize), covered: newCoverage(), read: map[stamp][]os.FileInfo{}, all: f.all}
	defer r.close()
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		r.open(ctx, name, nil)
	}
	r.captured()
	run := &store.Run{ID: runID(), Tool: a.tool(), Started: time.Now().UTC(), Targets: targetsOf(runs, names, f.anonymize), Depth: r.depth(runs), Policy: policy.ID()}
	for _, c := range a.checks {
		run.Checks = append(run.Checks, c.Name)
	}
	rec, err := store.Begin(context.WithoutCancel(ctx), memory, run, nil)
	if err != nil {
		return trouble("%v", err)
	}
	r.keep = &keeper{rec: rec, trace: f.trace}
	r.judge = j
	err = r.gather(ctx, runs)
	interrupted := ctx.Err() != nil
	finish := func(stored *store.Run) {
		stored.Ended, stored.Interrupted, stored.Progress = time.Now().UTC().Truncate(time.Microsecond), interrupted, r.covered.progress()
		if !f.anonymize { // names of files tell whose they are
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
		return trouble("%v", err)
	}
	if run.Failed != "" && kept && !lost {
		a.storedAsFailed(run.Failed)
	}
	header := headerOf(run, policy.ID())
	header.Trace, header.All = f.trace, f.all
	ctx = context.WithoutCancel(ctx) // what was learned until an interruption is written
	tally, err := a.render(ctx, &rendering{header: header, all: f.all, run: run}, j, out, store.Observations(ctx, memory, run, store.ByAddress))
	if err != nil {
		return err
	}
	r.failed = r.failed || lost
	return r.exit(interrupted, tally.Exit(failOn, fail), fail)
}

// merged opens the runs of --merge.
func (a *app) merged(ctx context.Context, f *readFlags) ([]*input, error) {
	var runs []*input
	for _, name := range f.merge {
		in, err := a.input(ctx, f.store, name)
		if err != nil {
			closeAll(runs)
			return nil, err
		}
		runs = append(runs, in)
	}
	return runs, nil
}

func closeAll(runs []*input) {
	for _, in := range runs {
		in.close()
	}
}

// gatherIn is the store in which a run is gathered: the user's, or one that goes away with drop. Where the user's takes no more,
// the run goes on in a temporary file, and where there is no room for one either, in memory. lost hears of it; stored tells whether it is
// the user's.
func (a *app) gatherIn(ctx context.Context, url string, lost func()) (in store.Store, stored bool, drop func(), err error) {
	s, failed, err := a.openForRun(ctx, url)
	if err != nil {
		return nil, false, nil, err
	}
	if failed {
		lost()
	}
	dir := ""
	temporary := func(ctx context.Context) (_ store.Store, err error) {
		if dir, err = os.MkdirTemp("", "signet-read-"); err != nil {
			return nil, err
		}
		a.interrupts.litter(dir, true)
		return connect(ctx, "sqlite:"+filepath.Join(dir, "run.db"), true)
	}
	spares := []func(context.Context) (store.Store, error){
		temporary,
		func(ctx context.Context) (store.Store, error) { return sqlite.OpenMemory(ctx) },
	}
	tell := func(err error) {
		a.notStored(err)
		lost()
	}
	first := s
	if s == nil { // the first spare is what was asked for; the next ones are spares of it
		tell = func(error) {}
		if first, err = spares[0](ctx); err != nil {
			if first, err = spares[1](ctx); err != nil {
				return nil, false, nil, trouble("%v", err)
			}
		}
		spares = spares[1:]
	}
	r := store.Rescue(first, tell, spares...)
	return r, s != nil, func() {
		r.Close()
		first.Close()
		if dir != "" {
			os.RemoveAll(dir)
		}
	}, nil
}

// targetsOf says what a run is made of: what merged runs were asked, then files.
func targetsOf(runs []*input, files []string, anonymize bool) []string {
	if anonymize {
		return []string{fmt.Sprintf("runs: %d, files: %d", len(runs), len(files))}
	}
	var targets []string
	for _, in := range runs {
		targets = append(append(targets, "run "+in.run.ID), in.run.Targets...)
	}
	return append(targets, files...)
}

// depth is how far the deepest of what is gathered went.
func (r *reading) depth(runs []*input) signet.Depth {
	deepest := signet.Handshake
	for _, in := range runs {
		deepest = max(deepest, in.run.Depth)
	}
	for _, t := range r.texts {
		deepest = max(deepest, t.depth)
	}
	return deepest
}

// gather keeps everything that merged runs, captures and other tools' files say.
func (r *reading) gather(ctx context.Context, runs []*input) error {
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
func (r *reading) merge(ctx context.Context, in *input) error {
	estate := r.covered.estate(in.run.Targets, in.run.Checks)
	for _, w := range in.run.Warnings {
		r.warnings = append(r.warnings, "run "+in.run.ID+": "+w)
	}
	for o, err := range in.observations() {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if o.Source == "" && o.Check != signet.ClientCheck {
			o.Source = in.run.Tool
		}
		if err := r.put(o, estate); err != nil {
			return err
		}
	}
	r.covered.run(estate, &in.run.Progress)
	return nil
}

// put counts an observation, of a run of that estate or of no run, and keeps it where anything was there, without names where
// that was asked for.
func (r *reading) put(o *signet.Observation, of *estate) error {
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
	return r.keep.put(l)
}

func (r *reading) client(c *signet.Client) error {
	r.mask.client(c)
	o, err := c.Observation()
	if err != nil {
		return err
	}
	return r.keep.put(&report.Line{Observation: o})
}

// failure says why what was read cannot stand for an estate, or nothing.
func (r *reading) failure(p *store.Progress) string {
	switch {
	case r.failed:
		return "not all that was named could be read"
	case p.Addresses == 0 && r.keep.rows == 0:
		return "nothing was read"
	}
	return ""
}

// exit is the contract's exit code of what was read.
func (r *reading) exit(interrupted bool, code int, fail bool) error {
	switch {
	case interrupted:
		return &exitError{code: exitInterrupted}
	case r.failed:
		return &exitError{code: exitTrouble}
	case code == exitDone && fail && r.damaged:
		return &exitError{code: exitIncomplete}
	case code != exitDone:
		return &exitError{code: code}
	}
	return nil
}
