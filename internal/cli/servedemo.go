package cli

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// serveDemo serves the sample, read-only, out of a store that goes with the process.
func (a *app) serveDemo(cmd *cobra.Command, f *serveFlags) (err error) {
	var other string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Name != "demo" && flag.Name != "listen" {
			other = flag.Name
		}
	})
	if other != "" {
		return usage("--demo shows the sample alone, on loopback, and asks nobody: leave --%s out, or --demo", other)
	}
	dir, err := os.MkdirTemp("", "signet-demo-")
	if err != nil {
		return trouble("%v", err)
	}
	defer func() { // once the store is closed
		if gone := os.RemoveAll(dir); gone != nil {
			err = errors.Join(err, trouble("%v", gone))
		}
	}()
	f.store = "sqlite:" + filepath.Join(dir, "demo.db")
	return a.serve(cmd.Context(), f)
}

func (a *app) greetDemo(url string) error {
	return a.print("Signet on " + url + "\nDemo: the sample, read-only and without an account; nothing is asked, and nothing is kept\n")
}
