package cli

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/fix"
	"signet/internal/report"
)

func (a *app) impactCommand() *cobra.Command {
	var f fromFlags
	cmd := &cobra.Command{
		Use:   "impact RULE...",
		Short: "Who would break",
		Long: `Say which hosts of a run would break if the fix of a rule were enforced, from what the run saw of them. A scan asks hosts as
servers: what they do as clients is mostly not known, and is said to be so. A capture shows it: signet read, with --merge to
add it to a scan. The events of signet fix, step audit, tell the rest.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.impact(cmd.Context(), &f, args)
		},
	}
	f.register(cmd)
	return cmd
}

func (a *app) impact(ctx context.Context, f *fromFlags, rules []string) error {
	in, j, hosts, err := a.hostsOf(ctx, f, rules)
	if err != nil {
		return err
	}
	defer in.close()
	var witnesses []*fix.Witness
	for _, r := range rules {
		witnesses = append(witnesses, fix.NewWitness(r))
	}
	servers := map[netip.Addr]bool{}
	for _, h := range hosts {
		servers[h.Address] = true
	}
	clients := map[netip.Addr]bool{}
	for m, err := range a.meeting(in.observations(), j) {
		if err != nil {
			return trouble("%v", err)
		}
		c, ok, err := signet.ClientOf(m.Observation)
		if err != nil {
			return trouble("%v", err)
		}
		if ok && !clients[c.Address] {
			clients[c.Address] = true
			if !servers[c.Address] {
				hosts = append(hosts, &signet.Host{Address: c.Address, Name: c.Workstation})
			}
		}
		for _, w := range witnesses {
			if ok {
				w.AddClient(c)
			} else {
				w.Add(m.Observation)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Who would break, from what run %s saw of %d hosts as servers and of %d as clients. What the others do as clients was not seen.\n",
		report.Clean(in.name), len(servers), len(clients))
	for i, rule := range rules {
		by := map[fix.Standing][]fix.Impact{}
		for _, h := range hosts {
			im := witnesses[i].Judge(h.Address, h.Name)
			by[im.State] = append(by[im.State], im)
		}
		fmt.Fprintf(&b, "\n%s\n  %d would break, %d fine, %d not known\n", rule, len(by[fix.Breaks]), len(by[fix.Fine]), len(by[fix.NotKnown]))
		for _, s := range []fix.Standing{fix.Breaks, fix.NotKnown, fix.Fine} {
			for _, im := range by[s] {
				fmt.Fprintf(&b, "  %-12s %-22s %-28s %s\n", s, im.Addr, report.Clean(im.Name), im.Because)
			}
		}
		if r, ok := fix.For(rule); ok && r.Watch != "" {
			fmt.Fprintf(&b, "  To know more: signet fix %s, step audit, then %s\n", rule, r.Watch)
		}
	}
	return a.print(b.String())
}
