package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/text"
)

// reportFlags are the flags of commands that render what is known.
type reportFlags struct {
	outputs       []string
	store, policy string
	failOn, color string
	by            string
	all, trace    bool
}

func (f *reportFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, outputUsage())
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "judge by `POLICY`: "+policiesKnown())
	fl.StringVar(&f.failOn, "fail-on", "none", failOnUsage)
	fl.BoolVar(&f.all, "all", false, "report closed and silent endpoints too, where the run kept them; "+allUsage)
	fl.BoolVar(&f.trace, "trace", false, "write the bytes of every exchange that the store kept")
	fl.StringVar(&f.color, "color", "auto", colorUsage)
	fl.StringVar(&f.by, "by", "", byUsage)
}

// settle checks the values that stand on their own.
func (f *reportFlags) settle() (failOn signet.Severity, fail bool, err error) {
	if err := knownFormats(f.outputs); err != nil { // before a store is opened
		return 0, false, err
	}
	if failOn, fail, err = parseFailOn(f.failOn); err != nil {
		return 0, false, err
	}
	if err := settleColor(f.color); err != nil {
		return 0, false, err
	}
	return failOn, fail, settleBy(f.by, f.outputs)
}

// parseFailOn reads --fail-on of whatever judges one run.
func parseFailOn(word string) (failOn signet.Severity, fail bool, err error) {
	if word == "none" {
		return 0, false, nil
	}
	if err := failOn.UnmarshalText([]byte(word)); err != nil {
		meant := text.DidYouMean(word, []string{"none", "info", "low", "medium", "high", "critical"})
		if _, kind := parseKinds(word); kind == nil && word != "" {
			meant = "; what changed is told by signet diff --fail-on " + word
		}
		return 0, false, usage("--fail-on: %v, or none%s", err, meant)
	}
	return failOn, true, nil
}

func settleColor(when string) error {
	if when != "auto" && when != "always" && when != "never" {
		return usage("--color %q: want auto, always or never%s", when, text.DidYouMean(when, []string{"auto", "always", "never"}))
	}
	return nil
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report [flags] [RUN]",
		Short: "Report a stored run",
		Long: `Judge a stored run again under a policy and report it; no packet is sent. RUN is an ID, a unique prefix of one, latest
(the default) or previous.`,
		Args: wantArguments(0, 1, "one RUN at a time; signet diff compares two, signet read --merge joins several"),
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
// allocates is facts that are decoded, judged and let go. Half as much would make the page, which keeps most, a third smaller in
// memory, and slower by a third.
const reportGC = 100

// isFile tells whether a file, not a folder, has that name.
func isFile(name string) bool {
	s, err := os.Stat(name)
	return err == nil && s.Mode().IsRegular()
}

func (a *app) report(ctx context.Context, f *reportFlags, name string) error {
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	j, err := a.judge(f.policy)
	if err != nil {
		return err
	}
	in, err := a.storedInput(ctx, f.store, name)
	if _, missing := errors.AsType[*run.NotFoundError](err); (missing || errors.Is(err, store.ErrMissing)) && isFile(name) {
		return usage("%q is a file, not a stored run: signet read %s judges captures, other tools' results and Signet's own JSON lines", name, name)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := a.open(f.outputs, look{f.color, f.by, keptBy(f.store, f.policy, true)})
	if err != nil {
		return err
	}
	defer out.close()
	defer a.collect(Collector{Percent: reportGC})()
	j = j.On(time.Now()) // an exception that has expired since excepts nothing any more
	tally, err := a.run.Report(ctx, in, &run.Replay{Judge: j, Trace: f.trace, All: f.all}, out)
	if err != nil {
		return failed(err)
	}
	return exit(tally.Exit(failOn, fail), fail && (in.Run.Unresolved > 0 || !in.Run.Finished()))
}
