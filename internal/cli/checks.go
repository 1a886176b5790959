package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

func (a *app) checksCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "checks",
		Short: "List the checks: their ports, what they send, what the target will log",
		Args:  noArguments("; signet explain ARGUMENT is about one check"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b strings.Builder
			for i, c := range a.run.Checks {
				if i > 0 {
					b.WriteByte('\n')
				}
				writeCheck(&b, c, a.width())
			}
			return a.print(b.String())
		},
	}
}

func writeCheck(b *strings.Builder, c check.Check, width int) {
	put := func(prefix, s string) { b.WriteString(text.Hang(prefix, s, width)) }
	put(fmt.Sprintf("%-6s ", c.Name), c.Title)
	var ports []string
	for _, p := range c.Ports {
		s := fmt.Sprintf("%d/%s", p.Number, p.Transport)
		if p.WhenAlive {
			s += fmt.Sprintf(" (where the host is alive and %d did not answer)", p.Unless)
		}
		ports = append(ports, s)
	}
	put("  ports   ", strings.Join(ports, ", "))
	if c.Optional {
		b.WriteString("          asked only when named with --checks\n")
	}
	for _, s := range c.Sends {
		fmt.Fprintf(b, "  %s\n", depthLabel(s.Depth))
		put("    sends   ", s.What)
		put("    at most ", cost(s))
		if s.Flags != "" {
			put("    flags   ", s.Flags)
		}
		put("    logs    ", s.Logs)
	}
}

func depthLabel(d signet.Depth) string {
	if d == signet.Anonymous {
		return "--depth anonymous (default)"
	}
	return "--depth " + d.String()
}

func cost(s check.Sends) string {
	parts := []string{text.Count(s.Connections, "connection", "connections") + " an endpoint"}
	if s.Anonymous > 0 {
		parts = append(parts, text.Count(s.Anonymous, "anonymous logon", "anonymous logons"))
	}
	if s.Logons > 0 {
		parts = append(parts, text.Count(s.Logons, "failed logon", "failed logons")+" of a user that cannot exist")
	} else {
		parts = append(parts, "no failed logon")
	}
	return strings.Join(parts, ", ")
}
