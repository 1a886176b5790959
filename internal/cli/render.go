package cli

import (
	"context"
	"iter"
	"net/netip"

	"signet"
	"signet/internal/judge"
	"signet/internal/reconcile"
	"signet/internal/report"
	"signet/internal/store"
)

// rendering is how a run that is known already is written.
type rendering struct {
	header *report.Header
	all    bool // closed and silent endpoints too
	quick  bool // opening exchanges only: hosts are not looked at
	run    *store.Run
}

// render judges observations that come by address, and hands them to every output. It gives what was counted.
func (a *app) render(ctx context.Context, r *rendering, j *judge.Judge, out *outputs, in iter.Seq2[*signet.Observation, error]) (*report.Tally, error) {
	sink := &sink{judge: j, out: out}
	if !r.quick && asksForHosts(j, out.tee) {
		sink.census = newCensus(a.checks, j, out.tee, sink.emit)
	}
	if err := out.begin(r.header); err != nil {
		return nil, err
	}
	var host netip.Addr
	for m, err := range a.meeting(ahead(in, a.decode), j) {
		if ctx.Err() != nil {
			return nil, &exitError{code: exitInterrupted}
		}
		if err != nil {
			return nil, trouble("%v", err)
		}
		if m.Addr != host {
			if err := sink.Left(host); err != nil {
				return nil, trouble("%v", err)
			}
			host = m.Addr
		}
		if c, ok, err := signet.ClientOf(m.Observation); ok {
			if err == nil {
				err = sink.client(c)
			}
			if err != nil {
				return nil, trouble("%v", err)
			}
			continue
		}
		if !r.all && !m.Reached() && !m.Lost() {
			continue
		}
		l := sink.judged(m.Observation)
		l.Disagreements = m.Disagreements
		if err := sink.write(l); err != nil {
			return nil, trouble("%v", err)
		}
	}
	if err := sink.census.end(); err != nil {
		return nil, trouble("%v", err)
	}
	if err := out.end(summaryOf(r.run, &sink.tally)); err != nil {
		return nil, err
	}
	return &sink.tally, nil
}

// meeting lets observations of one endpoint meet.
func (a *app) meeting(in iter.Seq2[*signet.Observation, error], j *judge.Judge) iter.Seq2[*reconcile.Met, error] {
	return reconcile.Endpoints(in, func(o *signet.Observation) signet.Verdict { return j.Observation(o).Verdict })
}

// endpoints are the observations of a run that stand, without its clients.
func (a *app) endpoints(in iter.Seq2[*signet.Observation, error], j *judge.Judge) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		for m, err := range a.meeting(in, j) {
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
