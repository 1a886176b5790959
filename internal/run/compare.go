package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"signet"
	"signet/internal/compare"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/scope"
	"signet/internal/store"
)

// Comparison is two runs that are compared under one policy.
type Comparison struct {
	env                *Env
	before, after      *Input
	judge              *judge.Judge
	asked, askedBefore func(*signet.Observation) signet.Answer
}

// Compare begins to compare two runs. j judges both.
func (e *Env) Compare(ctx context.Context, before, after *Input, j *judge.Judge) (*Comparison, error) {
	c := &Comparison{env: e, before: before, after: after, judge: j}
	var err error
	if c.asked, err = e.askedBy(ctx, after.Run, before.Run); err != nil {
		return nil, err
	}
	if c.askedBefore, err = e.askedBy(ctx, before.Run, after.Run); err != nil {
		return nil, err
	}
	return c, nil
}

// Header says what is compared, and what makes it hard to compare.
func (c *Comparison) Header() *report.DiffHeader {
	before, after := c.before.Run, c.after.Run
	return &report.DiffHeader{Old: c.before.Name, New: c.after.Name, OldStarted: before.Started, NewStarted: after.Started, NewEnded: after.Ended,
		Tool: c.env.Tool, Policy: c.judge.Policy().ID(), Warnings: judgedBy(diffWarnings(before, after), c.judge)}
}

// Changes gives each change, host by host, and counts them all. An error of each ends it.
func (c *Comparison) Changes(ctx context.Context, each func(*compare.Change) error) (*compare.Summary, error) {
	j := c.judge.On(c.env.now())
	of := &compare.Comparer{Checks: c.env.Checks, Judge: j.Observation, Asked: c.asked, AskedBefore: c.askedBefore}
	if j.TellsHosts() {
		of.OnHost = c.env.onHost(j)
	}
	var same compare.Summary
	old, now, err := unlike(ctx, c.before, c.after, &same)
	if err != nil {
		return nil, err
	}
	sum, err := of.Runs(prefetch(c.env.endpoints(old, j), nil), prefetch(c.env.endpoints(now, j), nil), func(c *compare.Change) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return each(c)
	})
	if err != nil {
		return nil, err
	}
	sum.Add(&same)
	return sum, nil
}

// onHost folds what stands at an address and judges it as parts of that host.
func (e *Env) onHost(j *judge.Judge) func([]*signet.Observation) func(*signet.Observation) signet.Judgement {
	return func(list []*signet.Observation) func(*signet.Observation) signet.Judgement {
		folder := host.New(e.Checks)
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
func (e *Env) askedBy(ctx context.Context, run, before *store.Run) (func(*signet.Observation) signet.Answer, error) {
	o, err := OrderOf(run)
	known := err == nil
	if !known { // a file of JSON lines does not say how the run was ordered
		o = &Order{}
	}
	ports, err := parsePorts(o.Ports)
	if err != nil {
		return nil, err
	}
	addresses, names, whole := typedScope(ctx, run.Targets, o)
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
		for _, c := range e.Checks {
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
		return signet.NotKnown
	}, nil
}

// Asked tells of each address whether a run asked it, as far as its header says: targets that are names, or stand in a file, are
// taken for not asked. nil: it does not say.
func Asked(ctx context.Context, run *store.Run) func(netip.Addr) bool {
	o, err := OrderOf(run)
	if err != nil {
		return nil
	}
	addresses, _, _ := typedScope(ctx, run.Targets, o)
	if addresses == nil {
		return nil
	}
	return func(a netip.Addr) bool {
		_, ok := addresses.Find(a)
		return ok
	}
}

func answer(yes bool) signet.Answer {
	if yes {
		return signet.Yes
	}
	return signet.No
}

// typedScope lays out what was typed, without looking a name up or a file: the addresses, the names, and whether that is
// all there is to the run.
func typedScope(ctx context.Context, targets []string, o *Order) (*scope.Scope, []string, bool) {
	c := scope.Config{}
	var names []string
	whole := o.Domain == ""
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
	if len(o.ExcludeFiles) > 0 {
		return nil, names, false // what it left out is not known
	}
	for _, t := range o.Exclude {
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
func unlike(ctx context.Context, before, after *Input, same *compare.Summary) (old, now iter.Seq2[*signet.Observation, error], err error) {
	if before.stored == nil || after.stored == nil {
		return before.Observations(), after.Observations(), nil
	}
	var in [2]*store.Index
	var failed [2]error
	var wg sync.WaitGroup
	for i, side := range []*Input{before, after} {
		wg.Go(func() { in[i], failed[i] = store.ReadIndex(ctx, side.stored.Store, side.Run) })
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
	return in[0].Observations(ctx, before.stored.Store, before.Run, a), in[1].Observations(ctx, after.stored.Store, after.Run, b), nil
}
