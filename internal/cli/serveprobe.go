package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"signet/internal/web/front"
)

func (a *app) serveProbe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "probe",
		Short: "Ask the server on this machine whether it lives (exit 1: it does not)",
		Long:  "Probe asks /livez of the server that listens here with the same settings. It is the health check of a container that has no other program in it.",
		Args:  noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			err := front.Probe(cmd.Context(), f.front)
			if _, config := errors.AsType[*front.ConfigError](err); config {
				return misconfigured(err)
			}
			if err != nil {
				return trouble("no server lives there: %v", err)
			}
			return nil
		},
	}
	f.addressFlags(cmd)
	f.certificateFlags(cmd)
	return cmd
}
