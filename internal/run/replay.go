package run

import (
	"context"
	"iter"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/judge"
	"signet/internal/reconcile"
	"signet/internal/report"
	"signet/internal/store"
)

// Replay is how a run that is known already is judged again and reported.
type Replay struct {
	Judge *judge.Judge
	Trace bool // report what the store kept of the bytes of every exchange
	All   bool // report closed and silent endpoints too, and list what is guarded or unseen

	Unreached bool // report closed and silent endpoints too, whatever All says
}

// Report judges a run again and hands it to a report, its first and its last event too. It gives what was counted.
func (e *Env) Report(ctx context.Context, in *Input, r *Replay, out report.Handler) (*report.Tally, error) {
	h := headerOf(in.Run, r.Judge)
	h.Trace, h.All = r.Trace, r.All
	if in.stored != nil {
		if in.Run.Failed != "" {
			h.Warnings = append(slices.Clip(h.Warnings), "the run failed: "+in.Run.Failed)
		}
		h.Known, h.Trend = summaryOf(in.Run, &report.Tally{}), trendOf(in.stored.Runs, in.Run)
	}
	return e.render(ctx, &rendering{header: h, all: r.All || r.Unreached, quick: quick(in.Run), run: in.Run}, r.Judge, out, in.Observations())
}

// rendering is how a run that is known already is written.
type rendering struct {
	header *report.Header
	all    bool // closed and silent endpoints too
	quick  bool // opening exchanges only: hosts are not looked at
	run    *store.Run
}

// render judges observations that come by address, and hands them to the report. It gives what was counted.
func (e *Env) render(ctx context.Context, r *rendering, j *judge.Judge, out report.Handler, in iter.Seq2[*signet.Observation, error]) (*report.Tally, error) {
	sink := &sink{judge: j, out: out}
	if !r.quick && asksForHosts(j, out) {
		sink.hosts = newHosts(e.Checks, j, out, sink.emit)
	}
	if err := out.Begin(r.header); err != nil {
		return nil, err
	}
	var host netip.Addr
	for m, err := range e.reconciled(prefetch(in, e.decode), j) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if m.Addr != host {
			if err := sink.Left(host); err != nil {
				return nil, err
			}
			host = m.Addr
		}
		if c, ok, err := signet.ClientOf(m.Observation); ok {
			if err == nil {
				err = sink.client(c)
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		if !r.all && !m.Reached() && !m.Lost() {
			continue
		}
		l := sink.judged(m.Observation)
		l.Disagreements = m.Disagreements
		if err := sink.write(l); err != nil {
			return nil, err
		}
	}
	if err := sink.hosts.end(); err != nil {
		return nil, err
	}
	if err := out.End(summaryOf(r.run, &sink.tally)); err != nil {
		return nil, err
	}
	return &sink.tally, nil
}

// decode gives facts their check's own type, so that reports treat them as those of a run under way. Facts that this version
// cannot read stay JSON.
func (e *Env) decode(o *signet.Observation) {
	raw, ok := o.Facts.(signet.RawFacts)
	if !ok {
		return
	}
	for i := range e.Checks {
		if e.Checks[i].Name != o.Check || e.Checks[i].Decode == nil {
			continue
		}
		if facts, err := e.Checks[i].Decode(raw); err == nil {
			o.Facts = facts
		}
	}
}

// reconciled lets observations of one endpoint meet: what several sources say of it becomes one.
func (e *Env) reconciled(in iter.Seq2[*signet.Observation, error], j *judge.Judge) iter.Seq2[*reconcile.Met, error] {
	return reconcile.Endpoints(in, func(name string) []string { return check.ShapeOf(e.Checks, name).Tells }, func(o *signet.Observation) signet.Verdict { return j.Observation(o).Verdict })
}

// endpoints are the observations of a run that stand, without its clients.
func (e *Env) endpoints(in iter.Seq2[*signet.Observation, error], j *judge.Judge) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		for m, err := range e.reconciled(in, j) {
			if err != nil {
				yield(nil, err)
				return
			}
			if m.Check != signet.ClientCheck && !yield(m.Observation, nil) {
				return
			}
		}
	}
}

// headerOf is the header of a stored run under a judge's policy.
func headerOf(run *store.Run, j *judge.Judge) *report.Header {
	return &report.Header{
		Run: run.ID, Tool: run.Tool, Started: run.Started, Targets: run.Targets, Checks: run.Checks, Depth: run.Depth,
		Policy: j.Policy().ID(), Warnings: judgedBy(run.Warnings, j),
	}
}

// judgedBy adds what is to be known of a policy to the warnings of a run. They are not stored with it: another policy may judge it.
func judgedBy(warnings []string, j *judge.Judge) []string {
	all := slices.Clip(warnings)
	for _, w := range j.Warnings() {
		if !slices.Contains(all, w) { // a report that is read again says it already
			all = append(all, w)
		}
	}
	return all
}

// summaryOf is the summary of a stored run. One that never ended counts as interrupted, at its start.
func summaryOf(run *store.Run, t *report.Tally) *report.Summary {
	p := &run.Progress
	sum := &report.Summary{Ended: run.Ended, Interrupted: !run.Finished(), Verdicts: t.Verdicts, Excepted: t.Excepted, Findings: t.Findings, Severities: t.Severities, Unasked: t.Unasked(), Lost: t.Lost()}
	if sum.Ended.IsZero() {
		sum.Ended = run.Started
	}
	sum.Coverage = report.Coverage{
		Addresses: p.Addresses, Alive: p.Alive, Asked: p.Asked, Outcomes: p.Outcomes, Undetermined: t.Verdicts[signet.Undetermined],
	}
	return sum
}

// mostTrend is how many earlier runs a trend goes back.
const mostTrend = 5

// trendOf finds the last runs before one that asked the same and came to their end. runs is newest first.
func trendOf(runs []store.Run, run *store.Run) []report.Point {
	var list []report.Point
	for i := range runs {
		r := &runs[i]
		if r.ID == run.ID || r.Scope == "" || r.Scope != run.Scope || !r.Started.Before(run.Started) || !r.Finished() || !r.Stands() || len(r.Verdicts) < 3 || len(r.Verdicts) > len(report.Counts{}) ||
			r.Depth != run.Depth || !slices.Equal(r.Checks, run.Checks) {
			continue
		}
		if list = append(list, report.Point{Run: r.ID, Started: r.Started, Verdicts: report.CountsOf(r.Verdicts)}); len(list) == mostTrend {
			break
		}
	}
	return list
}
