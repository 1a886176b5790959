package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/judge"
	"signet/internal/run"
)

// fromFlags name the run that a command is about.
type fromFlags struct{ from, store, policy string }

func (f *fromFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.from, "from", "latest", "take the hosts from `RUN`: a stored run, or a file of JSON lines")
	cmd.Flags().StringVar(&f.policy, "policy", "baseline", "judge by `POLICY`: "+policiesKnown())
	storeFlag(cmd, &f.store)
}

func (a *app) fixCommand() *cobra.Command {
	var f fromFlags
	var format string
	cmd := &cobra.Command{
		Use:   "fix RULE... [--format powershell|ansible|reg|smb.conf|csv]",
		Short: "Print a script that closes a finding on the exposed hosts of a run; executes nothing",
		Long: `Print a script that closes findings on the hosts of a run that break them, in the order audit, enforce, verify, roll
back. It is printed and never run: read it, try it on one host, and let days pass between audit and enforce.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.fix(cmd.Context(), &f, format, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.run.RuleNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "powershell", "`FORMAT`: "+strings.Join(run.FixFormats(), ", "))
	return cmd
}

func (a *app) fix(ctx context.Context, f *fromFlags, format string, rules []string) error {
	if err := run.FixFormat(format); err != nil {
		return failed(err)
	}
	in, j, err := a.from(ctx, f, rules)
	if err != nil {
		return err
	}
	defer in.Close()
	script, places, err := a.run.Fix(in, j, rules, format)
	if err != nil {
		return failed(err)
	}
	if places == 0 {
		fmt.Fprintf(a.Stderr, "signet: no host of run %s breaks %s\n", in.Name, strings.Join(rules, ", "))
	}
	return a.print(string(script))
}

// from opens the run that a command is about, and judges by its policy; the caller closes it. Rules that are none are refused.
func (a *app) from(ctx context.Context, f *fromFlags, rules []string) (*run.Input, *judge.Judge, error) {
	if err := a.run.KnownRules(rules); err != nil {
		return nil, nil, failed(err)
	}
	j, err := a.judge(f.policy)
	if err != nil {
		return nil, nil, err
	}
	in, err := a.input(ctx, f.store, f.from)
	return in, j.On(time.Now()), err
}
