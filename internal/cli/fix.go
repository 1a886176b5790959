package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/text"
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
		Use:   "fix [RULE...] [--format powershell|ansible|reg|smb.conf|csv]",
		Short: "Print a script that closes a finding on the exposed hosts of a run; executes nothing",
		Long: `Print a script that closes findings on the hosts of a run that break them, in the order audit, enforce, verify, roll
back. It is printed and never run: read it, try it on one host, and let days pass between audit and enforce.

Without RULE it prints what to do first: every fix that the run calls for, the severest first, of those the one that
removes most relay paths, with what it closes and the command that prints its script. Reports name the same order.`,
		Example: "  signet fix\n  signet fix --from previous",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			if len(args) == 0 {
				if cmd.Flags().Changed("format") {
					return usage("--format: give the RULE whose script is wanted; without one the order of work is printed")
				}
				return a.work(cmd.Context(), &f)
			}
			return a.fix(cmd.Context(), &f, format, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.run.RuleNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "powershell", "print the script as `FORMAT`: "+strings.Join(run.FixFormats(), ", "))
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

// work prints the order of work of a run.
func (a *app) work(ctx context.Context, f *fromFlags) error {
	in, j, err := a.from(ctx, f, nil)
	if err != nil {
		return err
	}
	defer in.Close()
	of, err := a.run.Work(ctx, in, j)
	if err != nil {
		return failed(err)
	}
	if len(of.Steps) == 0 {
		fmt.Fprintf(a.Stderr, "signet: run %s calls for no fix\n", text.Clean(in.Name))
		return nil
	}
	var b strings.Builder
	about := "What to do first in run " + text.Clean(in.Name) + ": the severest, of those what removes most relay paths"
	if of.Sources > 0 {
		about += ", counted from " + text.Count(of.Sources, "Windows host", "Windows hosts") + " (signet explain path-smb-to-smb)"
	}
	b.WriteString(text.Hang("", about+".", a.width()) + "\n")
	origin, run := keptBy(f.store, f.policy, true), in.Name
	if run == f.from { // a file, maybe
		run = quoted(run)
	}
	for i := range of.Steps {
		s := &of.Steps[i]
		b.WriteString(text.Hang(fmt.Sprintf("%3d  %-8s  ", i+1, s.Severity), s.Title+" ("+s.Rule+")", a.width()))
		b.WriteString(text.Hang(strings.Repeat(" ", 15), s.Closes(), a.width()))
		b.WriteString(strings.Repeat(" ", 15) + origin.Script(s.Rule, run) + "\n")
	}
	return a.print(b.String())
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
