package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/check"
	"signet/internal/line"
	"signet/internal/run"
	"signet/internal/text"
)

func (a *app) impactCommand() *cobra.Command {
	var f fromFlags
	var output string
	cmd := &cobra.Command{
		Use:   "impact RULE...",
		Short: "List the hosts that a fix would break",
		Long: `List the hosts of a run that would break if the fix of a rule were enforced, as far as the run saw them. A scan sees hosts
as servers, so what they do as clients is mostly unknown, and impact says so. A capture shows clients: signet read judges it, and
--merge adds it to a scan. The audit step of signet fix finds the rest in Windows' own event logs.`,
		Args: wantArguments(1, 0, "a RULE; signet explain lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.impact(cmd.Context(), &f, output, args)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "write `FORMAT`: text, csv or jsonl")
	markTypedOnly(cmd, "output")
	return cmd
}

func (a *app) impact(ctx context.Context, f *fromFlags, output string, rules []string) error {
	write, known := impactFormats()[output]
	if !known {
		return usage("-o %q: signet impact has text, csv and jsonl", output)
	}
	in, j, err := a.from(ctx, f, rules)
	if err != nil {
		return err
	}
	defer in.Close()
	im, err := a.run.Impact(in, j, rules)
	if err != nil {
		return failed(err)
	}
	return a.print(write(im))
}

func impactFormats() map[string]func(*run.Impact) string {
	return map[string]func(*run.Impact) string{"text": impactText, "csv": impactCSV, "jsonl": impactLines}
}

// mostImpact bounds the hosts of one standing that a text lists.
const mostImpact = 100

func impactText(r *run.Impact) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Who would break, from what run %s saw of %d hosts as servers and of %d as clients. What the others do as clients was not seen.\n",
		text.Clean(r.Run), r.Servers, r.Clients)
	for _, list := range r.Rules {
		fmt.Fprintf(&b, "\n%s\n  %d would break, %d fine, %d not known\n", list.Rule, len(list.Breaks), len(list.Fine), len(list.NotKnown))
		for _, s := range list.Standings() {
			for _, im := range s.Hosts[:min(len(s.Hosts), mostImpact)] {
				fmt.Fprintf(&b, "  %-12s %-22s %-28s %s\n", s.Of, im.Addr, text.Clean(im.Name), text.Clean(im.Because))
			}
			if more := len(s.Hosts) - mostImpact; more > 0 {
				fmt.Fprintf(&b, "  %-12s … and %d more: -o csv or -o jsonl has them all\n", s.Of, more)
			}
		}
		if list.Watch != "" {
			fmt.Fprintf(&b, "  To know more: signet fix %s, step audit, then %s\n", list.Rule, list.Watch)
		}
	}
	return b.String()
}

func impactCSV(r *run.Impact) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"rule", "address", "host", "impact", "because"}) // a Builder takes everything
	for _, list := range r.Rules {
		for _, s := range list.Standings() {
			for _, im := range s.Hosts {
				w.Write([]string{list.Rule, im.Addr.String(), check.Defuse(text.Clean(im.Name)), s.Of.String(), check.Defuse(text.Clean(im.Because))})
			}
		}
	}
	w.Flush()
	return b.String()
}

func impactLines(r *run.Impact) string {
	var b []byte
	for _, list := range r.Rules {
		for _, s := range list.Standings() {
			for _, im := range s.Hosts {
				b = line.AppendImpact(b, &line.Impact{Run: r.Run, Rule: list.Rule, Address: im.Addr, Name: im.Name, Impact: s.Of.String(), Because: im.Because})
				b = append(b, '\n')
			}
		}
	}
	return string(b)
}
