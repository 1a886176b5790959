package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/check"
	"signet/internal/fix"
	"signet/internal/text"
)

func (a *app) impactCommand() *cobra.Command {
	var f fromFlags
	var output string
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
			return a.impact(cmd.Context(), &f, output, args)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "`FORMAT`: text, csv or jsonl")
	markTypedOnly(cmd, "output")
	return cmd
}

func (a *app) impact(ctx context.Context, f *fromFlags, output string, rules []string) error {
	write, known := impactFormats()[output]
	if !known {
		return usage("-o %q: signet impact has text, csv and jsonl", output)
	}
	in, j, hosts, err := a.hostsOf(ctx, f, rules, nil)
	if err != nil {
		return err
	}
	defer in.close()
	var witnesses []*fix.Witness
	for _, r := range rules {
		witnesses = append(witnesses, fix.NewWitness(check.FindRule(a.checks, r)))
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
				w.HearClient(c)
			} else {
				w.Hear(m.Observation)
			}
		}
	}
	r := &impactReport{run: in.name, servers: len(servers), clients: len(clients)}
	for i, rule := range rules {
		list := impactOf{rule: rule, by: map[check.Standing][]fix.Impact{}}
		if _, r := check.FindRule(a.checks, rule); r.Recipe != nil {
			list.watch = r.Recipe.Watch
		}
		for _, h := range hosts {
			im := witnesses[i].Judge(h.Address, h.Name)
			list.by[im.State] = append(list.by[im.State], im)
		}
		r.rules = append(r.rules, list)
	}
	return a.print(write(r))
}

// impactReport is who would break by which rule.
type impactReport struct {
	run              string
	servers, clients int
	rules            []impactOf
}

type impactOf struct {
	rule  string
	watch string // what to read once the fix is audited, or empty
	by    map[check.Standing][]fix.Impact
}

// standings are in the order in which they are read.
func standings() []check.Standing {
	return []check.Standing{check.WouldFail, check.NotKnown, check.Fine}
}

func impactFormats() map[string]func(*impactReport) string {
	return map[string]func(*impactReport) string{"text": (*impactReport).text, "csv": (*impactReport).csv, "jsonl": (*impactReport).jsonl}
}

// mostImpact bounds the hosts of one standing that a text lists.
const mostImpact = 100

func (r *impactReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Who would break, from what run %s saw of %d hosts as servers and of %d as clients. What the others do as clients was not seen.\n",
		text.Clean(r.run), r.servers, r.clients)
	for _, list := range r.rules {
		fmt.Fprintf(&b, "\n%s\n  %d would break, %d fine, %d not known\n", list.rule, len(list.by[check.WouldFail]), len(list.by[check.Fine]), len(list.by[check.NotKnown]))
		for _, s := range standings() {
			hosts := list.by[s]
			for _, im := range hosts[:min(len(hosts), mostImpact)] {
				fmt.Fprintf(&b, "  %-12s %-22s %-28s %s\n", s, im.Addr, text.Clean(im.Name), text.Clean(im.Because))
			}
			if more := len(hosts) - mostImpact; more > 0 {
				fmt.Fprintf(&b, "  %-12s … and %d more: -o csv or -o jsonl has them all\n", s, more)
			}
		}
		if list.watch != "" {
			fmt.Fprintf(&b, "  To know more: signet fix %s, step audit, then %s\n", list.rule, list.watch)
		}
	}
	return b.String()
}

func (r *impactReport) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"rule", "address", "host", "impact", "because"}) // a Builder takes everything
	for _, list := range r.rules {
		for _, s := range standings() {
			for _, im := range list.by[s] {
				w.Write([]string{list.rule, im.Addr.String(), check.Defuse(text.Clean(im.Name)), s.String(), check.Defuse(text.Clean(im.Because))})
			}
		}
	}
	w.Flush()
	return b.String()
}

func (r *impactReport) jsonl() string {
	var b []byte
	for _, list := range r.rules {
		for _, s := range standings() {
			for _, im := range list.by[s] {
				b = append(text.AppendJSON(b, struct {
					Kind    string     `json:"kind"`
					Run     string     `json:"run"`
					Rule    string     `json:"rule"`
					Address netip.Addr `json:"address"`
					Name    string     `json:"name,omitempty"`
					Impact  string     `json:"impact"`
					Because string     `json:"because"`
				}{"impact", r.run, list.rule, im.Addr, im.Name, s.String(), im.Because}), '\n')
			}
		}
	}
	return string(b)
}
