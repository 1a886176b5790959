package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"signet/internal/run"
)

func (a *app) targetsCommand() *cobra.Command {
	f := scanFlags{Order: *run.NewOrder()}
	cmd := &cobra.Command{
		Use:   "targets [flags] TARGET...",
		Short: "List what a scan would ask; only DNS questions are sent",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			f.Targets, f.Rate = args, 0 // nobody is asked but name servers
			s, err := a.run.Prepare(cmd.Context(), &f.Order)
			if err != nil {
				return failed(err)
			}
			w := bufio.NewWriterSize(a.Stdout, 64<<10)
			for q := range s.Questions() {
				line := q.Endpoint.String() + "\t" + q.Check
				if q.Condition != "" || q.Name != "" {
					line += "\t" + q.Name
				}
				if q.Condition != "" {
					line += "\t" + q.Condition
				}
				if _, err := w.WriteString(line + "\n"); err != nil {
					return trouble("%v", err)
				}
			}
			if err := w.Flush(); err != nil {
				return trouble("%v", err)
			}
			if s.Addresses() == 0 && s.Unresolved() > 0 {
				return trouble("no target has an address")
			}
			return nil
		},
	}
	f.scopeFlags(cmd)
	return cmd
}
