package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"signet"
	"signet/internal/engine"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
)

// resumed is a run that is gone on with.
type resumed struct {
	store store.Store
	run   *store.Run
	kept  keptFlags
}

// resume finds the run of --resume and gives the command its flags and targets. What the user gave with --resume may only
// repeat them: another question is another run.
func (a *app) resume(cmd *cobra.Command, f *scanFlags, targets []string) (*resumed, []string, error) {
	given := map[string]bool{}
	cmd.Flags().Visit(func(fl *pflag.Flag) { given[fl.Name] = true })
	if err := a.configure(cmd); err != nil {
		return nil, nil, err
	}
	s, run, err := a.storedRun(cmd.Context(), f.store, f.resume)
	if err != nil {
		return nil, nil, err
	}
	if !run.Imported.IsZero() { // its flags are another's, and so is what they would ask
		s.Close()
		return nil, nil, usage("--resume %s: the run was imported: go on with it where it was begun, or begin one of your own", run.ID)
	}
	r := &resumed{store: s, run: run}
	if targets, err = r.adopt(cmd.Flags(), given, targets); err != nil {
		s.Close()
		return nil, nil, err
	}
	if f.seed != 0 && f.seed != run.Seed {
		s.Close()
		return nil, nil, usage("--resume %s: its seed is %d, not %d", run.ID, run.Seed, f.seed)
	}
	f.seed = run.Seed
	return r, targets, nil
}

// adopt puts the flags of the run in the place of those that the configuration or nobody gave.
func (r *resumed) adopt(flags *pflag.FlagSet, given map[string]bool, targets []string) ([]string, error) {
	if r.run.Finished() {
		return nil, usage("--resume %s: the run came to its end, nothing is left to ask", r.run.ID)
	}
	if err := json.Unmarshal(r.run.Flags, &r.kept); err != nil {
		return nil, usage("--resume %s: the run does not say what it was begun with: it was not made by signet scan", r.run.ID)
	}
	own := ownFlags()
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		if failed != nil || own[f.Name] {
			return
		}
		values, ok := r.kept.Flags[f.Name]
		if !ok {
			values = []string{f.DefValue}
		}
		list, isList := f.Value.(pflag.SliceValue)
		if isList && !ok {
			values = nil
		}
		same := !isList && f.Value.String() == values[0] || isList && slices.Equal(list.GetSlice(), values)
		switch {
		case same:
		case given[f.Name] && asks(f.Name):
			failed = usage("--resume %s: it was begun with --%s %q, and cannot go on with another", r.run.ID, f.Name, values)
		case given[f.Name]: // how fast and how patiently may change
		case isList:
			failed = list.Replace(values)
		default:
			failed = f.Value.Set(values[0])
		}
	})
	if failed != nil {
		return nil, failed
	}
	if len(targets) == 0 {
		targets = r.kept.Targets
	}
	return targets, nil
}

// asks tells whether a flag decides what is asked, as against how fast.
func asks(flag string) bool {
	return !slices.Contains([]string{"rate", "in-flight", "timeout", "host-timeout", "retries", "discover"}, flag)
}

// begin refuses another scope, and sets the run to where it stopped: what was stored is put to the sink again, so that a
// report covers the whole run.
func (r *resumed) begin(ctx context.Context, sc *scope.Scope, visit *scope.Order, run *engine.Run, h *report.Header) error {
	if sc.Fingerprint() != r.run.Scope {
		return usage("--resume %s: the targets are not those of the run (another TARGET or exclusion, a file that changed, or a name with another address)", r.run.ID)
	}
	h.Run, h.Started = r.run.ID, r.run.Started
	r.run.Failed = "" // which it may do again
	p := r.run.Progress
	known := map[asked]signet.Outcome{}
	run.Resume = &engine.Resume{Low: p.Low, Finished: p.Finished, Answered: func(check string, port uint16, t signet.Target) (signet.Outcome, bool) {
		o, ok := known[asked{check, port, t.Addr.WithZone("")}]
		return o, ok
	}}
	var again []uint64
	for o, err := range store.NumberedObservations(ctx, r.store, r.run) {
		if err != nil {
			return trouble("%v", err)
		}
		at, inScope := visit.Position(o.Addr)
		if finished(&p, at) || !inScope {
			continue
		}
		if o.Outcome != signet.Answered {
			again = append(again, o.Seq)
			p.Outcomes[o.Outcome] = max(p.Outcomes[o.Outcome], 1) - 1
			continue
		}
		known[asked{o.Check, o.Port, o.Addr}] = o.Outcome
	}
	if len(again) > 0 {
		if err := r.store.Drop(ctx, r.run.ID, again); err != nil {
			return trouble("%v", err)
		}
	}
	return r.count(ctx, run, &p)
}

// asked is an endpoint of a host that was under way.
type asked struct {
	check string
	port  uint16
	addr  netip.Addr
}

// finished tells whether a position was done with.
func finished(p *store.Progress, at uint64) bool {
	if at < p.Low {
		return true
	}
	at -= p.Low
	return at/64 < uint64(len(p.Finished)) && p.Finished[at/64]&(1<<(at%64)) != 0
}

// count sets the counters of a run that goes on. Endpoints that answered are counted by what is stored; closed and silent
// ones are not stored, and of hosts that were under way they may count twice.
func (r *resumed) count(ctx context.Context, run *engine.Run, p *store.Progress) error {
	var stored [8]uint64
	for o, err := range store.Observations(ctx, r.store, r.run, store.AsStored) {
		if err != nil {
			return trouble("%v", err)
		}
		stored[o.Outcome]++
	}
	run.Stats.Addresses.Store(p.Addresses)
	run.Stats.Alive.Store(p.Alive)
	for _, o := range signet.Outcomes() {
		n := stored[o]
		if o == signet.Refused || o == signet.Silent || o == signet.Skipped {
			n = max(n, p.Outcomes[o])
		}
		run.Stats.Outcomes[o].Store(n)
		run.Stats.Asked.Add(n)
	}
	return nil
}

// replay puts what is stored to the sink.
func (r *resumed) replay(ctx context.Context, a *app, sink *sink) error {
	for o, err := range store.Observations(ctx, r.store, r.run, store.AsStored) {
		if err == nil {
			a.decode(o)
			err = sink.show(o)
		}
		if err != nil {
			return trouble("%v", err)
		}
	}
	fmt.Fprintf(a.Stderr, "signet: going on with run %s: %d observations are stored\n", r.run.ID, r.run.Observations)
	return nil
}

// decode gives facts their check's own type, so that writers treat them as those of a run under way. Facts that this version
// cannot read stay JSON.
func (a *app) decode(o *signet.Observation) {
	raw, ok := o.Facts.(signet.RawFacts)
	if !ok {
		return
	}
	for i := range a.checks {
		if a.checks[i].Name != o.Check || a.checks[i].Decode == nil {
			continue
		}
		if facts, err := a.checks[i].Decode(raw); err == nil {
			o.Facts = facts
		}
	}
}
