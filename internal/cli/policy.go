package cli

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/text"
)

func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "The built-in policies; validate one; derive one from a known-good host",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("policy: want show, check or init (see signet policy --help)")
		},
	}
	show := &cobra.Command{
		Use: "show [NAME]", Short: "List the built-in policies, or print one as YAML to begin your own with", Args: cobra.MaximumNArgs(1),
		ValidArgs: judge.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.showPolicy(args)
		},
	}
	chk := &cobra.Command{
		Use: "check FILE...", Short: "Validate policy files: every mistake with its line and column", Args: cobra.MinimumNArgs(1),
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
			return usage("no built-in policy is called %q: there are %s", args[0], text.And(judge.Names()))
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
		b, err := readBounded(file)
		if err != nil {
			return usage("policy: %v", err)
		}
		problems := judge.Lint(b, a.checks, time.Now())
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
		if err := a.print(fmt.Sprintf("%s: %s is good: %d rules, %d severities by place, %d exceptions\n", file, text.Clean(p.ID()), len(p.Rules), len(p.Severities), len(p.Exceptions))); err != nil {
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
		Short: "Derive a policy from a known-good host: what it keeps is demanded, what it breaks is not",
		Args:  cobra.NoArgs,
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
	cmd.Flags().StringVar(&from, "from", "latest", "`RUN` of the store, or a file of JSON lines")
	cmd.Flags().StringVar(&hostName, "host", "", "`HOST`: the address or the name of the known-good host in that run")
	cmd.Flags().StringVar(&name, "name", "own", "name of the new policy")
	storeFlag(cmd, &url)
	return cmd
}

// standing is how the known-good host stands to the rules of one check.
type hostStanding struct {
	judged bool     // at least one endpoint ended guarded or exposed: what is unseen keeps no rule
	unseen bool     // at least one is unseen
	where  []string // its endpoints
	broken map[string][]string
}

func (a *app) derive(ctx context.Context, url, from, wanted, name string) error {
	base, err := judge.BuiltIn("baseline")
	if err != nil {
		return trouble("%v", err)
	}
	j, err := judge.New(a.checks, base)
	if err != nil {
		return trouble("%v", err)
	}
	in, err := a.input(ctx, url, from)
	if err != nil {
		return err
	}
	defer in.close()
	found, err := a.hostStandings(in, j, wanted)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return usage("run %s has no host %q where anything answered", in.name, wanted)
	}
	text := a.derived(base, found, name, in, wanted)
	if problems := judge.Lint([]byte(text), a.checks, time.Now()); len(problems) > 0 {
		return trouble("a defect of Signet: the derived policy is wrong: %d:%d: %s", problems[0].Line, problems[0].Column, problems[0].Text)
	}
	return a.print(text)
}

// hostStandings judges the observations of one host, by check.
func (a *app) hostStandings(in *input, j *judge.Judge, wanted string) (map[string]*hostStanding, error) {
	addr, addrErr := netip.ParseAddr(wanted)
	var addrs map[netip.Addr]bool
	if addrErr != nil {
		folder := host.New(a.checks)
		for o, err := range a.endpoints(in.observations(), j) {
			if err != nil {
				return nil, trouble("%v", err)
			}
			folder.Fold(o, &signet.Judgement{})
		}
		addrs = map[netip.Addr]bool{}
		for _, h := range folder.Rest() {
			if strings.EqualFold(h.Name, wanted) || slices.ContainsFunc(h.Names, func(n signet.HostName) bool { return strings.EqualFold(n.Name, wanted) }) {
				addrs[h.Address] = true
			}
		}
		if len(addrs) > 1 {
			return nil, usage("%d addresses of run %s answer to %q: give the one you mean", len(addrs), in.name, wanted)
		}
	}
	found := map[string]*hostStanding{}
	for o, err := range a.endpoints(in.observations(), j) {
		if err != nil {
			return nil, trouble("%v", err)
		}
		if o.Addr != addr && !addrs[o.Addr] || !o.Reached() {
			continue
		}
		s := found[o.Check]
		if s == nil {
			s = &hostStanding{broken: map[string][]string{}}
			found[o.Check] = s
		}
		judgement := j.Observation(o)
		s.judged = s.judged || judgement.Verdict == signet.Guarded || judgement.Verdict == signet.Exposed
		s.unseen = s.unseen || judgement.Verdict == signet.Unseen
		s.where = append(s.where, o.Endpoint.String())
		for _, f := range judgement.Findings {
			s.broken[f.Rule] = append(s.broken[f.Rule], o.Endpoint.String())
		}
	}
	return found, nil
}

// derived writes the policy. Severities are baseline's; what the host breaks is off, and what was not seen of it says so.
func (a *app) derived(base *judge.Policy, found map[string]*hostStanding, name string, in *input, wanted string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nversion: 1\n", yamlText(name))
	fmt.Fprintf(&b, "about: %s\n", yamlText(fmt.Sprintf("Derived from the host %s as run %s of %s saw it: what it keeps is demanded of every host, what it breaks is not.",
		wanted, in.run.ID, in.run.Started.UTC().Format(time.DateOnly))))
	fmt.Fprintf(&b, "changes:\n  - %s\ndefault: %s\nrules:\n", yamlText("1: derived from "+wanted), cmpOr(base.Default, "medium"))
	for _, c := range a.checks {
		s := found[c.Name]
		switch {
		case s == nil:
			fmt.Fprintf(&b, "  # %s: nothing of it answered on the host\n", c.Name)
		case !s.judged && s.unseen:
			fmt.Fprintf(&b, "  # %s: unseen on %s: no NTLM there, and no guard\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		case !s.judged:
			fmt.Fprintf(&b, "  # %s: undetermined on %s\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		default:
			fmt.Fprintf(&b, "  # %s: %s\n", c.Name, yamlComment(strings.Join(s.where, ", ")))
		}
		for _, r := range c.Rules {
			severity := "off"
			if v, on := base.Severity(r.ID); on {
				severity = v.String()
			}
			note := ""
			if s != nil && len(s.broken[r.ID]) > 0 {
				note, severity = " # the host breaks it, was "+severity, "off"
			} else if s == nil || !s.judged {
				note = " # not known of the host"
			}
			fmt.Fprintf(&b, "  %s: %s%s\n", r.ID, severity, note)
		}
	}
	return b.String()
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// yamlText quotes a text for YAML; single quotes need no escape but themselves.
func yamlText(s string) string { return "'" + strings.ReplaceAll(yamlComment(s), "'", "''") + "'" }

// yamlComment keeps a text on its line.
func yamlComment(s string) string { return text.OneLine(text.Clean(s)) }
