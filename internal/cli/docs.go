package cli

import (
	"github.com/spf13/cobra"

	"signet/internal/check/all"
)

// Root is the command tree without a process behind it, for the generator of man pages and completions.
func Root() *cobra.Command {
	a := &app{Process: Process{Version: "dev"}, checks: all.Checks(), env: map[string]string{}}
	return a.root()
}
