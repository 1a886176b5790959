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

func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Show the built-in policies, validate a policy, derive one from a known-good host",
		Args:  commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("policy: want show, check or init (see signet policy --help)")
		},
	}
	show := &cobra.Command{
		Use: "show [NAME]", Short: "List the built-in policies, or print one as YAML to start your own from", Args: wantArguments(0, 1, "one NAME at a time"),
		ValidArgs: judge.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.showPolicy(args)
		},
	}
	chk := &cobra.Command{
		Use: "check FILE...", Short: "Validate policy files, and print every mistake with its line and column", Args: wantArguments(1, 0, "a FILE, or several"),
		RunE: func(_ *cobra.Command, args []string) error { return a.checkPolicies(args) },
	}
	cmd.AddCommand(show, chk, a.policyInit())
	return cmd
}

func (a *app) showPolicy(args []string) error {
	var b strings.Builder
	if len(args) == 1 {
		source := judge.Source(args[0])
		if source == "" {
			return usage("no built-in policy is called %q: there are %s%s", args[0], text.And(judge.Names()), text.DidYouMean(args[0], judge.Names()))
		}
		b.WriteString(source)
	} else {
		for _, name := range judge.Names() {
			p, err := judge.BuiltIn(name)
			if err != nil {
				return trouble("%v", err)
			}
			fmt.Fprintf(&b, "%s\n  %s\n", p.ID(), strings.TrimSpace(p.About))
			for _, c := range p.Changes {
				fmt.Fprintf(&b, "  version %s\n", c)
			}
		}
	}
	return a.print(b.String())
}

// checkPolicies prints FILE:LINE:COLUMN: for each mistake, as compilers do. A policy with a mistake cannot be used: wrong
// usage, as it is to `scan --policy`.
func (a *app) checkPolicies(files []string) error {
	mistakes := 0
	for _, file := range files {
		b, err := run.ReadYAML(file)
		if err != nil {
			return usage("policy: %v", err)
		}
		problems := judge.Lint(b, a.run.Checks, time.Now())
		wrong := 0
		for _, p := range problems {
			kind := ""
			if p.Warning {
				kind = "warning: "
			} else {
				wrong++
			}
			if err := a.print(fmt.Sprintf("%s:%d:%d: %s%s\n", file, p.Line, p.Column, kind, text.Clean(p.Text))); err != nil {
				return err
			}
		}
		mistakes += wrong
		if wrong > 0 {
			continue
		}
		p, err := judge.Parse(b)
		if err != nil {
			return trouble("%s: %v", file, err)
		}
		base := ""
		if p.Base() != "" {
			base = " extends " + p.Base() + " and"
		}
		if err := a.print(fmt.Sprintf("%s: %s%s is good: %d rules, %d severities by place, %d exceptions\n", file, text.Clean(p.ID()), base, len(p.Rules), len(p.Severities), len(p.Exceptions))); err != nil {
			return err
		}
	}
	if mistakes > 0 {
		return usage("policy check: %s", text.Count(mistakes, "mistake", "mistakes"))
	}
	return nil
}

func (a *app) policyInit() *cobra.Command {
	var from, hostName, name, url string
	cmd := &cobra.Command{
		Use:   "init --host HOST [--from RUN]",
		Short: "Derive a policy from a known-good host: it demands what that host keeps, and nothing that it breaks",
		Args:  noArguments("; the host goes to --host: --host ARGUMENT"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			if hostName == "" {
				return usage("policy init: --host is missing: the address or the name of a host that is as it should be")
			}
			return a.derive(cmd.Context(), url, from, hostName, name)
		},
	}
	cmd.Flags().StringVar(&from, "from", "latest", "take the host from `RUN`: a stored run, or a file of JSON lines")
	cmd.Flags().StringVar(&hostName, "host", "", "address or name of the known-good `HOST` in that run")
	cmd.Flags().StringVar(&name, "name", "own", "`NAME` of the new policy")
	storeFlag(cmd, &url)
	return cmd
}

func (a *app) derive(ctx context.Context, url, from, host, name string) error {
	in, err := a.input(ctx, url, from)
	if err != nil {
		return err
	}
	defer in.Close()
	policy, err := a.run.DerivePolicy(in, host, name)
	if err != nil {
		return failed(err)
	}
	return a.print(policy)
}

// judge judges by the policy of --policy.
func (a *app) judge(name string) (*judge.Judge, error) {
	p, err := run.Policy(name)
	if err != nil {
		return nil, failed(err)
	}
	j, err := a.run.Judge(p)
	return j, failed(err)
}
