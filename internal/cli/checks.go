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
		Short: "Each check: ports, what it sends, what the target will log",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b strings.Builder
			for i, c := range a.run.Checks {
				if i > 0 {
					b.WriteByte('\n')
				}
				writeCheck(&b, c)
			}
			return a.print(b.String())
		},
	}
}

func writeCheck(b *strings.Builder, c check.Check) {
	fmt.Fprintf(b, "%-6s %s\n", c.Name, c.Title)
	var ports []string
	for _, p := range c.Ports {
		s := fmt.Sprintf("%d/%s", p.Number, p.Transport)
		if p.WhenAlive {
			s += fmt.Sprintf(" (where the host is alive and %d did not answer)", p.Unless)
		}
		ports = append(ports, s)
	}
	fmt.Fprintf(b, "  ports   %s\n", strings.Join(ports, ", "))
	if c.Optional {
		b.WriteString("          asked only when named with --checks\n")
	}
	for _, s := range c.Sends {
		fmt.Fprintf(b, "  %s\n", depthLabel(s.Depth))
		fmt.Fprintf(b, "    sends   %s\n", s.What)
		fmt.Fprintf(b, "    at most %s\n", cost(s))
		if s.Flags != "" {
			fmt.Fprintf(b, "    flags   %s\n", s.Flags)
		}
		fmt.Fprintf(b, "    logs    %s\n", s.Logs)
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
