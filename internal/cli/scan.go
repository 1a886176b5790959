package cli

import (
	"bufio"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
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

// hostsGC is how much may be allocated, in percent of what lives, before memory is collected: hosts are many small things
// that live for a moment, and a few megabytes more save a tenth of a run.
const hostsGC = 200

// scan is the main job.
func (a *app) scan(ctx context.Context, f *scanFlags, targets []string, r *resumed) error {
	if r != nil {
		defer r.store.Close()
	}
	depth, failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	policy, err := a.policy(f.policy)
	if err != nil {
		return err
	}
	judge, err := judge.New(a.checks, policy)
	if err != nil {
		return usage("%v", err)
	}
	plans, err := a.plans(f.checks, f.ports)
	if err != nil {
		return err
	}
	options, err := a.options(f, depth)
	if err != nil {
		return err
	}
	s, err := a.scope(ctx, f, targets, plans)
	if err != nil {
		return err
	}
	if f.seed == 0 {
		f.seed = random64()
	}
	visit, err := s.Order(f.seed)
	if err != nil {
		return usage("%v", err)
	}
	out, err := a.open(f.outputs, f.color)
	if err != nil {
		return err
	}
	defer out.close()
	var memory store.Store
	if r != nil {
		memory = r.store
	} else if memory, err = a.openStore(ctx, f.store, true); err != nil {
		return err
	} else if memory != nil {
		defer memory.Close()
	}

	limits := dial.Defaults()
	limits.Host, limits.Retries = f.hostTimeout, f.retries
	if f.timeout > 0 {
		limits.Connect, limits.Exchange = f.timeout, f.timeout
	}
	header := &report.Header{
		Run: runID(), Tool: a.tool(), Started: time.Now().UTC(), Targets: s.Typed(), Depth: depth, Policy: policy.ID(), Trace: f.trace,
	}
	for _, p := range plans {
		header.Checks = append(header.Checks, p.Check.Name)
	}
	header.Warnings = a.warnings(f, s, plans)
	sink := &sink{judge: judge, out: out, all: f.all}
	if !f.quick {
		sink.census = newCensus(a.checks, judge, out.writers, sink.emit)
	}
	run := &engine.Run{
		Source: order{visit}, Plans: plans, Options: options, InFlight: f.inFlight, All: f.all, Untraced: !f.trace && memory == nil, Sink: sink, Now: time.Now,
		Dialer: &dial.Dialer{Limits: limits, Excluded: s.Excluded, Pace: dial.NewPacer(f.rate)},
	}
	run.Fleeting = sink.census == nil
	if sink.census != nil {
		defer debug.SetGCPercent(debug.SetGCPercent(hostsGC))
	}
	run.Discover = discovery(f.discover)
	run.Tell = func(line string) { fmt.Fprintln(a.Stderr, "signet: "+line) }
	if r != nil {
		if err := r.begin(ctx, s, visit, run, header); err != nil {
			return err
		}
	}
	for _, w := range out.writers {
		if err := w.Begin(header); err != nil {
			return trouble("output: %v", err)
		}
	}
	if r != nil {
		if err := r.replay(ctx, a, sink); err != nil {
			return err
		}
	}
	if sink.keep, err = keep(ctx, memory, r, header, s, f, run); err != nil {
		return err
	}
	err = a.drive(ctx, run, header.Run, sink, f)
	interrupted := errors.Is(err, context.Canceled) || errors.Is(err, errDrained)
	if err != nil && !interrupted {
		sink.keep.stop(time.Time{}, true) // the first error is the one to tell
		return trouble("%v", err)
	}
	if err := sink.keep.stop(time.Now(), interrupted); err != nil {
		return err
	}
	if err := sink.census.end(); err != nil {
		return trouble("%v", err)
	}
	summary := sink.summary(run)
	summary.Interrupted = interrupted
	for _, w := range out.writers {
		if err := w.End(summary); err != nil {
			return trouble("output: %v", err)
		}
	}
	if err := out.close(); err != nil {
		return trouble("output: %v", err)
	}
	if interrupted {
		return &exitError{code: exitInterrupted}
	}
	if s.Len() == 0 && len(s.Unresolved()) > 0 {
		return trouble("no target has an address")
	}
	code := sink.tally.Exit(failOn, fail)
	if code == exitDone && fail && len(s.Unresolved()) > 0 {
		code = exitIncomplete
	}
	if code != exitDone {
		return &exitError{code: code}
	}
	return nil
}

// errDrained ends a run that was asked once to stop and finished what was under way.
var errDrained = errors.New("interrupted")

// drive runs the engine under the user's interrupts: the first lets what is under way end, the second stops at once.
func (a *app) drive(ctx context.Context, run *engine.Run, id string, sink *sink, f *scanFlags) error {
	var counters *os.File
	if f.stats != "" {
		var err error
		if counters, err = openStatistics(f.stats); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	drain, done := make(chan struct{}), make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	var wg sync.WaitGroup
	var drained atomic.Bool
	wg.Go(func() {
		select {
		case <-done:
			return
		case <-signals:
			drained.Store(true)
			close(drain)
			fmt.Fprintln(a.Stderr, "signet: interrupted: finishing what is under way; once more to stop at once")
		}
		select {
		case <-done:
		case <-signals:
			cancel()
		}
	})
	if !f.noProgress && isTerminal(a.Stderr) {
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

// sink judges each observation and hands it to every writer.
type sink struct {
	judge    *judge.Judge
	out      *outputs
	all      bool
	tally    report.Tally
	census   *census // nil: hosts are not looked at
	keep     *keeper // nil: the run is not stored
	findings atomic.Uint64
	mu       sync.Mutex // writers against the flushing of files
}

// Put is called by the engine, one observation at a time.
func (s *sink) Put(o *signet.Observation) error {
	l := s.judged(o)
	if err := s.keep.put(l); err != nil {
		return err
	}
	return s.write(l)
}

// show judges and writes what is stored already.
func (s *sink) show(o *signet.Observation) error { return s.write(s.judged(o)) }

func (s *sink) judged(o *signet.Observation) *report.Line {
	return &report.Line{Observation: o, Judgement: s.judge.Observation(o)}
}

func (s *sink) write(l *report.Line) error {
	s.findings.Add(uint64(len(l.Findings)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.census == nil {
		return s.emit(l)
	}
	return s.census.put(l)
}

// emit counts a line whose judgement is final and hands it to every writer.
func (s *sink) emit(l *report.Line) error {
	s.tally.Add(l)
	for _, w := range s.out.writers {
		if err := w.Endpoint(l); err != nil {
			return fmt.Errorf("output: %w", err)
		}
	}
	return nil
}

// client hands a client to every writer that takes clients.
func (s *sink) client(c *signet.Client) error {
	for _, w := range s.out.writers {
		if t, ok := w.(report.ClientWriter); ok {
			if err := t.Client(c); err != nil {
				return fmt.Errorf("output: %w", err)
			}
		}
	}
	s.census.client(c)
	return nil
}

// Left is called by the engine when nothing more comes of an address.
func (s *sink) Left(addr netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.census != nil {
		return s.census.left(addr)
	}
	for _, w := range s.out.writers {
		if t, ok := w.(report.LeftWriter); ok {
			if err := t.Left(addr); err != nil {
				return fmt.Errorf("output: %w", err)
			}
		}
	}
	return nil
}

// flushing lets a reader of a file follow the run: lines are on disk within a second.
func (s *sink) flushing(done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			s.mu.Lock()
			s.out.flush() // an error shows again at the next write
			s.mu.Unlock()
		}
	}
}

func (s *sink) summary(run *engine.Run) *report.Summary {
	sum := &report.Summary{Ended: time.Now().UTC(), Verdicts: s.tally.Verdicts, Findings: s.tally.Findings, Unasked: s.tally.Unasked()}
	sum.Coverage = report.Coverage{
		Addresses: run.Stats.Addresses.Load(), Alive: run.Stats.Alive.Load(), Asked: run.Stats.Asked.Load(),
		Undetermined: s.tally.Verdicts[signet.Undetermined],
	}
	for i := range sum.Coverage.Outcomes {
		sum.Coverage.Outcomes[i] = run.Stats.Outcomes[i].Load()
	}
	return sum
}

func (a *app) policy(name string) (*judge.Policy, error) {
	if !strings.ContainsAny(name, "./\\") {
		p, err := judge.BuiltIn(name)
		if err != nil {
			return nil, usage("--policy: %v, or a YAML file", err)
		}
		return p, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, usage("--policy: %v", err)
	}
	p, err := judge.Parse(b)
	if err != nil {
		return nil, usage("--policy %s: %v", name, err)
	}
	return p, nil
}

func (a *app) options(f *scanFlags, depth signet.Depth) (*check.Options, error) {
	o := &check.Options{
		Depth: depth, Quick: f.quick, Deep: f.deep, NoSMB1: f.noSMB1, HTTPThorough: f.thorough, CANames: f.caNames,
		Random: func(b []byte) { crand.Read(b) }, // never fails since Go 1.24
		Now:    time.Now,
	}
	var b [7]byte
	crand.Read(b[:])
	o.DecoyName = "signet-" + hex.EncodeToString(b[:])[:13]
	for _, path := range f.httpPaths {
		paths, err := readPaths(path)
		if err != nil {
			return nil, usage("--http-paths: %v", err)
		}
		o.HTTPPaths = append(o.HTTPPaths, paths...)
	}
	return o, nil
}

// readPaths reads URL paths, one a line, # comments.
func readPaths(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var paths []string
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(sc.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !strings.HasPrefix(line, "/") || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s:%d: %q is not a path: it starts with / and is percent-encoded ASCII", file, n, line)
		}
		paths = append(paths, line)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return paths, nil
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
	if s.Len() == 0 {
		w = append(w, "nothing is left to ask: every target is excluded or has no address")
	}
	for _, text := range w {
		fmt.Fprintln(a.Stderr, "signet: "+report.Clean(text))
	}
	return w
}

// discovery is the engine's word for --discover, which settle has checked.
func discovery(flag string) engine.Discover {
	switch flag {
	case "syn":
		return engine.DiscoverSYN
	case "connect":
		return engine.DiscoverConnect
	}
	return engine.DiscoverAuto
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
