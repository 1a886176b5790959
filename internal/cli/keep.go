package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"signet"
	"signet/internal/engine"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
	"signet/internal/text"
)

// keeper stores a run as it is made. A nil keeper stores nothing.
type keeper struct {
	rec   *store.Recorder
	trace bool // of everything, not only of what is exposed or undetermined

	verdicts []uint64 // by signet.Verdict; nil where the run was begun by another
	rows     uint64   // that were put

	// lost hears why the store took no more. What was learned until then stands in it; the report needs it no more, and goes on.
	// nil: an error of the store ends the run.
	lost   func(error)
	failed bool // lost was called
}

// put stores what the writers had. A transcript is kept as the proof of a finding, and where a better rule of tomorrow may
// see more than today's.
func (k *keeper) put(l *report.Line) error {
	if k == nil || k.failed {
		return nil
	}
	if k.verdicts != nil && l.Reached() {
		k.verdicts[l.Verdict]++
	}
	k.rows++
	return k.bear(k.rec.Record(l.Observation, k.trace || len(l.Findings) > 0 || l.Verdict == signet.Undetermined))
}

// bear makes of an error of the store a line, where the run goes on without. A run that another process took over ends.
func (k *keeper) bear(err error) error {
	if err == nil || k.lost == nil || errors.Is(err, store.ErrTaken) {
		return err
	}
	k.failed = true
	k.lost(err)
	return nil
}

// ending is how a run ended.
type ending struct {
	at          time.Time // zero: it broke off
	interrupted bool
	failed      string // why it failed, where that is known from elsewhere
}

// stop ends the run in the store. failed says why it is stored as failed, or nothing.
func (k *keeper) stop(e ending) (failed string, err error) {
	if k == nil {
		return "", nil
	}
	err = k.rec.Finish(func(run *store.Run) {
		run.Interrupted, run.Verdicts = e.interrupted, k.verdicts
		if !e.at.IsZero() {
			run.Ended = e.at.UTC().Truncate(time.Microsecond)
		}
		if none := reachedNobody(&run.Progress); none != "" && (!e.interrupted || e.failed != "") {
			run.Failed = cmp.Or(e.failed, none)
		}
		failed = run.Failed
	})
	if k.failed { // which was said
		return "", nil
	}
	if err = k.bear(err); err != nil {
		return "", trouble("%v", err)
	}
	return failed, nil
}

// reachedNobody says why a run that came to its end tells nothing of the network: no answer of any kind came from anybody, were it
// a refusal. It is empty where one came.
func reachedNobody(p *store.Progress) string {
	heard := p.Alive
	for _, o := range []signet.Outcome{signet.Answered, signet.Refused, signet.Foreign, signet.Broken, signet.Withheld} {
		heard += p.Outcomes[o]
	}
	ours := p.Outcomes[signet.Skipped] + p.Outcomes[signet.Fault]
	switch {
	case heard > 0:
		return ""
	case p.Addresses == 0 && p.Asked == 0:
		return "no address could be asked"
	case ours > 0:
		return fmt.Sprintf("nobody answered, and %s not asked for reasons of ours", text.Count(ours, "endpoint was", "endpoints were"))
	}
	return "nobody answered"
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
		rec, err = store.Begin(ctx, s, &store.Run{
			ID: h.Run, Tool: h.Tool, Started: h.Started, Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy,
			Warnings: h.Warnings, Unresolved: len(sc.Unresolved()), Seed: f.seed, Scope: sc.Fingerprint(), Flags: f.kept,
		}, progress)
	}
	if err != nil {
		return nil, trouble("%w", err)
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
	reached := run.Progress()
	p.Low, p.Finished = reached.Low, reached.Finished
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
