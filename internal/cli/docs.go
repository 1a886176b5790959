package cli

import "github.com/spf13/cobra"

// Root is the command tree without a process behind it, for the generator of man pages and completions.
func Root() *cobra.Command {
	return newApp(Process{Version: "dev"}).root()
}
