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
	"signet/internal/check"
	"signet/internal/fix"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/text"
)

// fromFlags name the run that a command is about.
type fromFlags struct{ from, store, policy string }

func (f *fromFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.from, "from", "latest", "`RUN` of the store, or a file of JSON lines")
	cmd.Flags().StringVar(&f.policy, "policy", "baseline", "policy to judge by: "+text.Or(judge.Names())+" or a YAML file")
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
			return a.ruleNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&format, "format", "powershell", "`FORMAT`: "+strings.Join(fix.Formats(), ", "))
	return cmd
}

func (a *app) fix(ctx context.Context, f *fromFlags, format string, rules []string) error {
	if !slices.Contains(fix.Formats(), format) {
		return usage("--format %q: there is %s", format, strings.Join(fix.Formats(), ", "))
	}
	asked := &askedNames{of: map[netip.Addr]string{}, at: map[string]netip.Addr{}, several: map[string]bool{}}
	in, _, hosts, err := a.hostsOf(ctx, f, rules, asked.see)
	if err != nil {
		return err
	}
	defer in.close()
	run := in.name
	p := &fix.Plan{Run: run}
	for _, rule := range rules {
		_, r := check.FindRule(a.checks, rule) // hostsOf refuses what is none
		p.Rules = append(p.Rules, r)
		for _, h := range hosts {
			for _, b := range h.Findings {
				if b.Rule == rule {
					p.Targets = append(p.Targets, fix.Target{Rule: rule, Addr: h.Address, Port: b.Port, Asked: asked.name(h.Address), Name: h.Name, Where: b.Where, Windows: h.Windows, Samba: h.Samba})
				}
			}
		}
	}
	if len(p.Targets) == 0 {
		fmt.Fprintf(a.Stderr, "signet: no host of run %s breaks %s\n", run, strings.Join(rules, ", "))
	}
	script, _ := fix.Write(format, p) // the format was looked up
	return a.print(string(script))
}

// askedNames are the names under which addresses were asked: typed by the user, and resolved when they were asked.
type askedNames struct {
	of      map[netip.Addr]string
	at      map[string]netip.Addr
	several map[string]bool // names of more than one address, which lead to any of them
}

// see takes the name of an observation of our own. What another tool or a capture calls a host is hearsay.
func (n *askedNames) see(o *signet.Observation) {
	name := strings.ToLower(o.Name)
	if name == "" || o.Source != "" {
		return
	}
	if at, known := n.at[name]; known && at != o.Addr {
		n.several[name] = true
	}
	n.at[name] = o.Addr
	if n.of[o.Addr] == "" {
		n.of[o.Addr] = name
	}
}

// name is the one that leads to an address and to no other, or empty.
func (n *askedNames) name(addr netip.Addr) string {
	if name := n.of[addr]; !n.several[name] {
		return name
	}
	return ""
}

// hostsOf opens a run, judges it and folds it into hosts; j is the judge; the caller closes it. Rules that are none are refused.
// see, where it is not nil, is shown every observation.
func (a *app) hostsOf(ctx context.Context, f *fromFlags, rules []string, see func(*signet.Observation)) (in *input, j *judge.Judge, hosts []*signet.Host, err error) {
	names := a.ruleNames()
	for _, r := range rules {
		if !slices.Contains(names, r) {
			return nil, nil, nil, usage("no rule is called %q: signet explain lists them", r)
		}
	}
	if j, _, err = a.judging(f.policy); err != nil {
		return nil, nil, nil, err
	}
	j = j.On(time.Now())
	if in, err = a.input(ctx, f.store, f.from); err != nil {
		return nil, nil, nil, err
	}
	list := &hostList{}
	c := newCensus(a.checks, j, list, list.Endpoint)
	for o, err := range a.endpoints(in.observations(), j) {
		if err == nil && see != nil {
			see(o)
		}
		if err == nil {
			err = c.put(&report.Line{Observation: o, Judgement: j.Observation(o)})
		}
		if err != nil {
			in.close()
			return nil, nil, nil, trouble("%v", err)
		}
	}
	if err := c.end(); err != nil {
		in.close()
		return nil, nil, nil, trouble("%v", err)
	}
	return in, j, list.hosts, nil
}

// hostList keeps the hosts of a run.
type hostList struct {
	report.Ignore
	hosts []*signet.Host
}

func (l *hostList) Host(h *signet.Host) error { l.hosts = append(l.hosts, h); return nil }
