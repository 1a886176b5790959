package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/pflag"

	"signet"
	"signet/internal/engine"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
)

// keeper stores a run as it is made. A nil keeper stores nothing.
type keeper struct {
	rec   *store.Recorder
	trace bool // of everything, not only of what is exposed or undetermined

	verdicts []uint64 // by signet.Verdict; nil where the run was begun by another
}

// put stores what the writers had. A transcript is kept as the proof of a finding, and where a better rule of tomorrow may
// see more than today's.
func (k *keeper) put(l *report.Line) error {
	if k == nil {
		return nil
	}
	if k.verdicts != nil && l.Reached() {
		k.verdicts[l.Verdict]++
	}
	return k.rec.Put(l.Observation, k.trace || len(l.Findings) > 0 || l.Verdict == signet.Undetermined)
}

// stop ends the run in the store.
func (k *keeper) stop(ended time.Time, interrupted bool) error {
	if k == nil {
		return nil
	}
	err := k.rec.Finish(func(run *store.Run) {
		run.Ended, run.Interrupted, run.Verdicts = ended.UTC().Truncate(time.Microsecond), interrupted, k.verdicts
	})
	if err != nil {
		return trouble("%v", err)
	}
	return nil
}

// keep begins a run in a store, or goes on with resumed. Without a store the keeper is nil.
func keep(ctx context.Context, s store.Store, resumed *resumed, h *report.Header, sc *scope.Scope, f *scanFlags, run *engine.Run) (*keeper, error) {
	if s == nil {
		return nil, nil
	}
	progress := func() store.Progress {
		p := progressOf(run)
		if resumed != nil && p.Addresses <= resumed.run.Progress.Addresses {
			return resumed.run.Progress // the engine may not have begun: nothing is further than it was
		}
		return p
	}
	var rec *store.Recorder
	var err error
	if resumed != nil {
		rec, err = store.GoOn(ctx, s, resumed.run, progress)
	} else {
		rec, err = store.Record(ctx, s, &store.Run{
			ID: h.Run, Tool: h.Tool, Started: h.Started, Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy,
			Warnings: h.Warnings, Unresolved: len(sc.Unresolved()), Seed: f.seed, Scope: sc.Fingerprint(), Flags: f.kept,
		}, progress)
	}
	if err != nil {
		return nil, trouble("%v", err)
	}
	k := &keeper{rec: rec, trace: f.trace}
	if resumed == nil {
		k.verdicts = make([]uint64, len(report.Counts{}))
	}
	return k, nil
}

// progressOf says where a run stands. The counters are read first: they may lag behind the position, as after a crash.
func progressOf(run *engine.Run) store.Progress {
	p := store.Progress{Addresses: run.Stats.Addresses.Load(), Alive: run.Stats.Alive.Load(), Asked: run.Stats.Asked.Load()}
	for i := range p.Outcomes {
		p.Outcomes[i] = run.Stats.Outcomes[i].Load()
	}
	place := run.Place()
	p.Low, p.Finished = place.Low, place.Finished
	return p
}

// keptFlags is what of a command line decides what is asked and how: it is stored with the run, and taken from there when
// the run is resumed.
type keptFlags struct {
	Targets []string            `json:"targets,omitempty"`
	Flags   map[string][]string `json:"flags"`
}

// ownFlags are those that belong to one invocation and not to the run.
func ownFlags() map[string]bool {
	return map[string]bool{"output": true, "store": true, "color": true, "no-progress": true, "stats": true, "fail-on": true,
		"resume": true, "yes": true, "credential-file": true, "help": true, "seed": true, "policy": true, "all": true, "trace": true}
}

// keptOf collects the flags of a run.
func keptOf(flags *pflag.FlagSet, targets []string) (json.RawMessage, error) {
	k := keptFlags{Targets: targets, Flags: map[string][]string{}}
	own := ownFlags()
	flags.VisitAll(func(f *pflag.Flag) {
		if own[f.Name] || f.Value.String() == f.DefValue {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			k.Flags[f.Name] = list.GetSlice()
			return
		}
		k.Flags[f.Name] = []string{f.Value.String()}
	})
	return json.Marshal(k)
}

// quick tells whether a stored run was made with --quick.
func quick(run *store.Run) bool {
	var k keptFlags
	return json.Unmarshal(run.Flags, &k) == nil && len(k.Flags["quick"]) > 0
}
