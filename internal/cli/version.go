package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.print(a.versionText())
		},
	}
}

func (a *app) versionText() string {
	return fmt.Sprintf("signet %s (%s, %s/%s%s)\n", a.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision())
}

// tool names the program in outputs: signet/VERSION.
func (a *app) tool() string { return "signet/" + a.Version }

// revision is the commit the binary was built from, where the build recorded one.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return ", commit " + s.Value[:12]
		}
	}
	return ""
}
