package cli

import "github.com/spf13/cobra"

// laterCommands are in the contract and not in this version. They exist so that a script learns at once, and with
// the exit code of wrong usage, that they do nothing yet.
func laterCommands() []*cobra.Command {
	var cs []*cobra.Command
	for _, l := range [][2]string{
		{"serve", "Dashboard, API, schedules, hub of a fleet"},
		{"sensor", "Scan on behalf of a hub"},
	} {
		cs = append(cs, &cobra.Command{
			Use: l[0], Short: l[1] + " (comes later)", DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return usage("%s comes in a later version", cmd.Name())
			},
		})
	}
	return cs
}
