package cli

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
	"signet/internal/text"
)

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [flags] TARGET...",
		Short: "Ask the network",
		Long: `Ask every TARGET: an address, a CIDR block, a range (10.0.0.1-10.0.0.99, 10.0.0-3.1-254), a host name, or any of
them with a port (10.0.0.5:8530).

The default depth makes no logon fail and locks no account; signet checks says what each check sends and what the
target will log.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var r *resumed
			var err error
			if cmd.Flags().Changed("resume") {
				r, args, err = a.resume(cmd, &f, args)
			} else {
				err = a.configure(cmd)
			}
			if err == nil {
				f.kept, err = keptOf(cmd.Flags(), args)
			}
			if err != nil {
				return err
			}
			return a.scan(cmd.Context(), &f, args, r)
		},
	}
	f.register(cmd)
	return cmd
}

// hostsGC is how much may be allocated, in percent of what lives, before memory is collected. Hosts and stored rows are many
// small things that live for a moment; twice this saves a fiftieth of a run's processor time and costs ten megabytes.
const hostsGC = 100

// scan is the main job.
func (a *app) scan(ctx context.Context, f *scanFlags, targets []string, r *resumed) error {
	if r != nil {
		defer r.store.Close()
	}
	depth, failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	judge, policy, err := a.judging(f.policy)
	if err != nil {
		return err
	}
	plans, err := a.plans(f.checks, f.ports)
	if err != nil {
		return err
	}
	options, err := a.options(f, depth)
	if err != nil {
		return err
	}
	gate := dial.NewGate(dial.Pace{Rate: f.rate}, time.Now)
	s, err := a.scope(ctx, gate, f, targets, plans)
	if err != nil {
		return err
	}
	gate.Exclude(s.Excluded)
	if f.seed == 0 {
		f.seed = random64()
	}
	visit, err := s.Order(f.seed)
	if err != nil {
		return usage("%v", err)
	}
	warnings := a.warnings(f, s, plans)
	extent := s.Extent()
	var done uint64
	if r != nil { // it was let pass when it was begun, and asks the same
		done = r.run.Progress.Addresses
	}
	takes := estimate(s, &extent, plans, f, done)
	asked := false
	if r == nil {
		if asked, err = a.consent(ctx, f, &extent, takes); err != nil {
			return err
		}
	}
	var memory store.Store
	lost := false // the run should be stored, and is not
	if r != nil {
		memory = r.store
	} else if memory, lost, err = a.openForRun(ctx, f.store); err != nil {
		return err
	} else if memory != nil {
		defer memory.Close()
	}
	counters, err := openStatistics(f.stats)
	if err != nil {
		return err
	}
	defer counters.Close()
	header := &report.Header{
		Run: runID(), Tool: a.tool(), Started: time.Now().UTC(), Targets: s.Typed(), Depth: depth, Policy: policy.ID(), Trace: f.trace, All: f.all,
	}
	for _, p := range plans {
		header.Checks = append(header.Checks, p.Check.Name)
	}
	header.Warnings = warnings
	options.ExcludedName = s.ExcludedName
	run := &engine.Run{
		Source: order{visit}, Plans: plans, Options: options, InFlight: f.inFlight, All: f.all, Untraced: !f.trace && memory == nil, Now: time.Now,
		Dialer: &dial.Dialer{Limits: f.limits(), Gate: gate},
	}
	run.Discover, run.Fleeting = discovery(f.discover), f.quick
	if s.Len() > 0 {
		run.Tell = func(line string) { fmt.Fprintln(a.Stderr, "signet: "+line) }
	}
	if r != nil {
		if err := r.begin(ctx, s, visit, run, header); err != nil {
			return err
		}
	}
	out, err := a.open(f.outputs, f.color, f.besides()...) // last: what cannot begin makes no file
	if err != nil {
		return err
	}
	defer out.close()
	sink := &sink{judge: judge, out: out}
	run.Sink = sink
	if !f.quick || memory != nil {
		defer debug.SetGCPercent(debug.SetGCPercent(hostsGC))
	}
	if !f.quick {
		sink.census = newCensus(a.checks, judge, out.tee, sink.emit)
	}
	if err := out.begin(header); err != nil {
		return err
	}
	if r != nil {
		if err := r.replay(ctx, a, sink); err != nil {
			return err
		}
	}
	if sink.keep, err = keep(ctx, memory, r, header, s, f, run); r == nil && errors.Is(err, store.ErrUnwritable) {
		a.notStored(err)
		lost = true
	} else if err != nil {
		return err
	}
	if sink.keep != nil {
		sink.keep.lost = func(err error) {
			a.notStored(err)
			lost = true
		}
	}
	if takes != "" && !asked {
		fmt.Fprintln(a.Stderr, "signet: "+takes)
	}
	before := run.Stats.Asked.Load() + run.Stats.Addresses.Load()
	err = a.drive(ctx, run, header.Run, sink, counters, !f.noProgress)
	interrupted := errors.Is(err, context.Canceled) || errors.Is(err, errDrained) || a.unread()
	if err != nil && !interrupted {
		sink.keep.stop(ending{interrupted: true, failed: err.Error()}) // the first error is the one to tell
		out.abandon(true)
		return trouble("%v", err)
	}
	if interrupted && run.Stats.Asked.Load()+run.Stats.Addresses.Load() == before && out.spareOlder() {
		fmt.Fprintln(a.Stderr, "signet: nothing was learned: older files stay as they were")
	}
	failed, err := sink.keep.stop(ending{at: time.Now(), interrupted: interrupted})
	if err != nil {
		return err
	}
	if failed != "" {
		a.storedAsFailed(failed)
	}
	if err := sink.census.end(); err != nil {
		return trouble("%v", err)
	}
	summary := sink.summary(run)
	summary.Interrupted = interrupted
	if err := out.end(summary); err != nil {
		return err
	}
	for _, text := range summary.Lost.Sums() {
		fmt.Fprintln(a.Stderr, "signet: "+text)
	}
	if interrupted {
		return &exitError{code: exitInterrupted}
	}
	if s.Len() == 0 && len(s.Unresolved()) > 0 {
		return trouble("no target has an address")
	}
	if lost {
		return &exitError{code: exitTrouble} // which was said
	}
	return exit(sink.tally.Exit(failOn, fail), fail && len(s.Unresolved()) > 0)
}

func (a *app) warnings(f *scanFlags, s *scope.Scope, plans []engine.Plan) []string {
	var w []string
	for _, n := range s.Unresolved() {
		w = append(w, "not asked: "+n.Error())
	}
	w = append(w, s.Notes()...)
	w = append(w, unowned(s, &engine.Run{Plans: plans})...)
	if f.quick {
		w = append(w, "--quick: only opening exchanges; SMB 1 and everything that takes a follow-up was not asked")
	}
	if few := engine.DescriptorWarning(); few != "" {
		w = append(w, few)
	}
	if s.Len() == 0 {
		w = append(w, "nothing is left to ask: every target is excluded or has no address")
	}
	for _, warning := range w {
		fmt.Fprintln(a.Stderr, "signet: "+text.Clean(warning))
	}
	return w
}

// runID names a run so that names sort by time.
func runID() string {
	var b [3]byte
	crand.Read(b[:])
	return time.Now().UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

func random64() uint64 {
	var b [8]byte
	crand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) | 1
}
