package cli

import (
	"bufio"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/dial"
	"signet/internal/engine"
)

func (a *app) targetsCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "targets [flags] TARGET...",
		Short: "Print what a scan would ask; sends nothing but DNS questions",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			plans, err := a.plans(f.checks, f.ports)
			if err != nil {
				return err
			}
			s, err := a.scope(cmd.Context(), dial.NewGate(dial.Pace{}, time.Now), &f, args, plans)
			if err != nil {
				return err
			}
			a.warnings(&f, s, plans)
			run := &engine.Run{Plans: plans}
			sorted, err := s.Sorted()
			if err != nil {
				return usage("%v", err)
			}
			w := bufio.NewWriterSize(a.Stdout, 64<<10)
			for it := range sorted {
				item := engine.Item{Target: signet.Target{Addr: it.Addr, Name: it.Name}, Ports: it.Ports, Default: it.Default}
				for _, ask := range run.Preview(item) {
					if s.Excluded(it.Addr, ask.Endpoint.Port) {
						continue
					}
					line := ask.Endpoint.String() + "\t" + ask.Check
					if ask.Condition != "" || it.Name != "" {
						line += "\t" + it.Name
					}
					if ask.Condition != "" {
						line += "\t" + ask.Condition
					}
					if _, err := w.WriteString(line + "\n"); err != nil {
						return trouble("%v", err)
					}
				}
			}
			if err := w.Flush(); err != nil {
				return trouble("%v", err)
			}
			if s.Len() == 0 && len(s.Unresolved()) > 0 {
				return trouble("no target has an address")
			}
			return nil
		},
	}
	f.scopeFlags(cmd)
	return cmd
}
