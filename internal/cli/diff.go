package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/compare"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
	"signet/internal/text"
)

// diffFlags are the flags of `signet diff`.
type diffFlags struct {
	outputs                      []string
	store, policy, failOn, color string
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "What appeared, vanished, worsened, improved between two runs",
		Long: `Compare two runs under one policy, host by host. A host that took another address is found again where both runs were
given its name; by what it says of itself it only may be the same, since anybody can say that, and it vanished here and
appeared there. OLD and NEW are runs of the store (an ID, a unique prefix, latest, previous) or files of JSON lines. What
the new run did not ask, or could not tell any more, is said apart and never counts as fixed; what only the new run asked
is newly-asked and never counts as worse.

--fail-on worsened exits 3 when something worsened or appeared exposed, and 4 when nothing did but something can no
longer be told or was not asked again. Other kinds: appeared, newly-asked, undetermined, not-asked, vanished, improved.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.diff(cmd.Context(), &f, args[0], args[1])
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text)")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "policy to judge both runs by: "+text.Or(judge.Names())+" or a YAML file")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 for changes of these `KINDS`: worsened, or a list like worsened,appeared")
	markTypedOnly(cmd, "output", "fail-on")
	return cmd
}

func (a *app) diff(ctx context.Context, f *diffFlags, oldName, newName string) error {
	kinds, err := parseKinds(f.failOn)
	if err != nil {
		return err
	}
	if err := settleColor(f.color); err != nil {
		return err
	}
	j, policy, err := a.judging(f.policy)
	if err != nil {
		return err
	}
	before, err := a.input(ctx, f.store, oldName)
	if err != nil {
		return err
	}
	defer before.close()
	after, err := a.input(ctx, f.store, newName)
	if err != nil {
		return err
	}
	defer after.close()
	asked, err := a.askedBy(ctx, after.run, before.run)
	if err != nil {
		return err
	}
	askedBefore, err := a.askedBy(ctx, before.run, after.run)
	if err != nil {
		return err
	}
	out, err := a.openFiles(f.outputs)
	if err != nil {
		return err
	}
	defer out.close()
	var writers []report.DiffWriter
	for _, o := range out.files {
		writers = append(writers, o.format.Diff(o, a.display(o, f.color)))
	}
	h := &report.DiffHeader{Old: before.name, New: after.name, OldStarted: before.run.Started, NewStarted: after.run.Started, NewEnded: after.run.Ended,
		Tool: a.tool(), Policy: policy.ID(), Warnings: diffWarnings(before.run, after.run)}
	each := func(do func(report.DiffWriter) error) error {
		for _, w := range writers {
			if err := do(w); err != nil {
				return trouble("output: %v", err)
			}
		}
		return nil
	}
	if err := each(func(w report.DiffWriter) error { return w.Begin(h) }); err != nil {
		return err
	}
	hit := false
	j = j.On(time.Now())
	c := &compare.Comparer{Checks: a.checks, Judge: j.Observation, Asked: asked, AskedBefore: askedBefore}
	if j.TellsHosts() {
		c.OnHost = a.onHost(j)
	}
	var skipped compare.Summary
	old, now, err := unlike(ctx, before, after, &skipped)
	if err != nil {
		return trouble("%v", err)
	}
	sum, err := c.Runs(ahead(a.endpoints(old, j), nil), ahead(a.endpoints(now, j), nil), func(c *compare.Change) error {
		if ctx.Err() != nil {
			return &exitError{code: exitInterrupted}
		}
		hit = hit || slices.Contains(kinds, c.Kind) ||
			slices.Contains(kinds, compare.Worsened) && c.Kind == compare.Appeared && c.NewVerdict == signet.Exposed
		return each(func(w report.DiffWriter) error { return w.Change(c) })
	})
	if err != nil {
		if _, ours := err.(*exitError); ours {
			return err
		}
		return trouble("%v", err)
	}
	sum.Add(&skipped)
	if err := each(func(w report.DiffWriter) error { return w.End(sum) }); err != nil {
		return err
	}
	if err := out.finish(); err != nil {
		return trouble("output: %w", err)
	}
	switch {
	case hit:
		return &exitError{code: exitFinding}
	case len(kinds) > 0 && (sum.Changes[compare.Undetermined]+sum.Changes[compare.NotAsked] > 0 || !after.run.Finished()):
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// onHost folds what stands at an address and judges it as parts of that host.
func (a *app) onHost(j *judge.Judge) func([]*signet.Observation) func(*signet.Observation) signet.Judgement {
	return func(list []*signet.Observation) func(*signet.Observation) signet.Judgement {
		folder := host.New(a.checks)
		var h *signet.Host
		for _, o := range list {
			judgement := j.Observation(o)
			folder.Fold(o, &judgement)
		}
		if len(list) > 0 {
			h, _ = folder.Finish(list[0].Addr)
		}
		return func(o *signet.Observation) signet.Judgement {
			if h == nil {
				return j.Observation(o)
			}
			return j.OnHost(o, h)
		}
	}
}

// exitFinding is the contract's code for what --fail-on names.
const exitFinding = 3

func parseKinds(list string) ([]compare.Kind, error) {
	if list == "none" || list == "" {
		return nil, nil
	}
	var kinds []compare.Kind
	for word := range strings.SplitSeq(list, ",") {
		k, err := compare.ParseKind(strings.TrimSpace(word))
		if err != nil {
			return nil, usage("--fail-on: %v", err)
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// diffWarnings says what makes two runs hard to compare.
func diffWarnings(before, after *store.Run) []string {
	var w []string
	for _, r := range []*store.Run{before, after} {
		if !r.Finished() {
			w = append(w, fmt.Sprintf("run %s did not come to its end", r.ID))
		}
		if r.Failed != "" {
			w = append(w, fmt.Sprintf("run %s failed: %s", r.ID, r.Failed))
		}
	}
	if before.Depth > after.Depth {
		w = append(w, fmt.Sprintf("the new run asked at depth %s, the old one at %s: less can be told", after.Depth, before.Depth))
	}
	if before.Started.After(after.Started) {
		w = append(w, "OLD is the newer run")
	}
	return w
}

// askedBy tells what a run asked, as far as its header says.
func (a *app) askedBy(ctx context.Context, run, before *store.Run) (func(*signet.Observation) signet.Answer, error) {
	var kept keptFlags
	known := len(run.Flags) > 0 && json.Unmarshal(run.Flags, &kept) == nil
	ports, err := parsePorts(kept.Flags["ports"])
	if err != nil {
		return nil, err
	}
	addresses, names, whole := typedScope(ctx, run.Targets, kept.Flags)
	same := run.Scope != "" && run.Scope == before.Scope
	return func(o *signet.Observation) signet.Answer {
		if len(run.Checks) > 0 && !slices.Contains(run.Checks, o.Check) {
			return signet.No
		}
		if !run.Finished() {
			return signet.NotKnown
		}
		typed, inScope := signet.NotKnown, false
		if addresses != nil {
			if it, ok := addresses.Find(o.Addr); ok {
				inScope = true
				if slices.Contains(it.Ports, o.Port) {
					return signet.Yes
				}
				if it.Default {
					typed = signet.Yes
				}
			}
		}
		switch {
		case same || slices.Contains(names, strings.ToLower(o.Name)) && o.Name != "":
			typed = signet.Yes
		case !inScope && whole:
			typed = signet.No
		}
		if typed != signet.Yes {
			return typed
		}
		if list, ok := ports[o.Check]; ok {
			return answer(slices.Contains(list, o.Port))
		}
		for _, c := range a.checks {
			for _, p := range c.Ports {
				if c.Name == o.Check && p.Number == o.Port {
					if p.WhenAlive {
						return signet.NotKnown // only where another port did not answer
					}
					return signet.Yes
				}
			}
		}
		if known {
			return signet.No
		}
		return signet.NotKnown // a file of JSON lines does not say --ports
	}, nil
}

func answer(yes bool) signet.Answer {
	if yes {
		return signet.Yes
	}
	return signet.No
}

// typedScope lays out what was typed, without looking a name up or a file: the addresses, the names, and whether that is
// all there is to the run.
func typedScope(ctx context.Context, targets []string, flags map[string][]string) (*scope.Scope, []string, bool) {
	c := scope.Config{}
	var names []string
	whole := len(flags["domain"]) == 0
	for _, t := range targets {
		f, err := scope.Parse(t)
		switch {
		case err != nil: // `-f FILE`
			whole = false
		case f.Name != "":
			names = append(names, strings.ToLower(f.Name))
			whole = false
		default:
			c.Targets = append(c.Targets, t)
		}
	}
	if len(flags["exclude-file"]) > 0 {
		return nil, names, false // what it left out is not known
	}
	for _, t := range flags["exclude"] {
		f, err := scope.Parse(t)
		if err != nil || f.Name != "" {
			return nil, names, false
		}
		c.Exclude = append(c.Exclude, t)
	}
	s, err := scope.Build(ctx, c)
	if err != nil {
		return nil, names, false
	}
	return s, names, whole
}

// unlike gives what has to be compared of two runs. Where both are stored that is what their indexes do not find to be the same,
// which is counted: most of most runs is never read.
func unlike(ctx context.Context, before, after *input, same *compare.Summary) (old, now iter.Seq2[*signet.Observation, error], err error) {
	if before.store == nil || after.store == nil {
		return before.observations(), after.observations(), nil
	}
	var in [2]*store.Index
	var failed [2]error
	var wg sync.WaitGroup
	for i, side := range []*input{before, after} {
		wg.Go(func() { in[i], failed[i] = store.ReadIndex(ctx, side.store, side.run) })
	}
	wg.Wait()
	if err := errors.Join(failed[:]...); err != nil {
		return nil, nil, err
	}
	short := func(ix *store.Index) iter.Seq[compare.Short] {
		return func(yield func(compare.Short) bool) {
			for s := range ix.Hosts() {
				if !yield(compare.Short(s)) {
					return
				}
			}
		}
	}
	a, b := same.Unlike(short(in[0]), short(in[1]))
	return in[0].Observations(ctx, before.store, before.run, a), in[1].Observations(ctx, after.store, after.run, b), nil
}
