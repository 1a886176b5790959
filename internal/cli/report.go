package cli

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/text"
)

// reportFlags are the flags of commands that render what is known.
type reportFlags struct {
	outputs       []string
	store, policy string
	failOn, color string
	all, trace    bool
}

func (f *reportFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text)")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "policy to judge by: "+text.Or(judge.Names())+" or a YAML file")
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 when a finding at or above this `SEVERITY` stands (4: none, but something stayed undetermined)")
	fl.BoolVar(&f.all, "all", false, "report closed and silent endpoints too, where the run kept them, and list what is guarded or unseen with its reasons")
	fl.BoolVar(&f.trace, "trace", false, "write the bytes of every exchange that the store kept")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
}

// settle checks the values that stand on their own.
func (f *reportFlags) settle() (failOn signet.Severity, fail bool, err error) {
	if err := settleColor(f.color); err != nil {
		return 0, false, err
	}
	if f.failOn == "none" {
		return 0, false, nil
	}
	if err := failOn.UnmarshalText([]byte(f.failOn)); err != nil {
		return 0, false, usage("--fail-on: %v, or none", err)
	}
	return failOn, true, nil
}

func settleColor(when string) error {
	if when != "auto" && when != "always" && when != "never" {
		return usage("--color %q: want auto, always or never", when)
	}
	return nil
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report [flags] [RUN]",
		Short: "Render a stored run",
		Long: `Judge a stored run again under a policy and render it, without a packet. RUN is an ID, a unique prefix of one, latest
(the default) or previous.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.report(cmd.Context(), &f, append(args, "")[0])
		},
	}
	f.register(cmd)
	return cmd
}

// reportGC is how much may be allocated, in percent of what lives, before memory is collected: nearly all that a report
// allocates is facts that are decoded, judged and let go.
const reportGC = 50

func (a *app) report(ctx context.Context, f *reportFlags, name string) error {
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	judge, policy, err := a.judging(f.policy)
	if err != nil {
		return err
	}
	judge = judge.On(time.Now()) // an exception that has expired since excepts nothing any more
	s, run, err := a.storedRun(ctx, f.store, name)
	if err != nil {
		return err
	}
	defer s.Close()
	out, err := a.open(f.outputs, f.color)
	if err != nil {
		return err
	}
	defer out.close()
	defer debug.SetGCPercent(debug.SetGCPercent(reportGC))
	header := headerOf(run, policy.ID())
	if run.Failed != "" {
		header.Warnings = append(slices.Clip(header.Warnings), "the run failed: "+run.Failed)
	}
	header.Trace, header.All, header.Known = f.trace, f.all, summaryOf(run, &report.Tally{})
	runs, err := s.Runs(ctx)
	if err != nil {
		return trouble("%v", err)
	}
	header.Trend = trendOf(runs, run)
	tally, err := a.render(ctx, &rendering{header: header, all: f.all, quick: quick(run), run: run}, judge, out, store.Observations(ctx, s, run, store.ByAddress))
	if err != nil {
		return err
	}
	return exit(tally.Exit(failOn, fail), fail && (run.Unresolved > 0 || !run.Finished()))
}

// headerOf is the header of a stored run under a policy.
func headerOf(run *store.Run, policy string) *report.Header {
	return &report.Header{
		Run: run.ID, Tool: run.Tool, Started: run.Started, Targets: run.Targets, Checks: run.Checks, Depth: run.Depth,
		Policy: policy, Warnings: run.Warnings,
	}
}

// summaryOf is the summary of a stored run. One that never ended counts as interrupted, at its start.
func summaryOf(run *store.Run, t *report.Tally) *report.Summary {
	p := &run.Progress
	sum := &report.Summary{Ended: run.Ended, Interrupted: !run.Finished(), Verdicts: t.Verdicts, Findings: t.Findings, Unasked: t.Unasked(), Lost: t.Lost()}
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

// took is how long a run took, as far as the store knows.
func took(run *store.Run) time.Duration {
	if run.Ended.IsZero() {
		return 0
	}
	return run.Ended.Sub(run.Started)
}
