// Command docs writes the man pages and shell completions of signet: go run ./tools/docs DIR.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra/doc"

	"signet/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docs DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	root := cli.Root()
	root.DisableAutoGenTag = true
	man, shell := filepath.Join(dir, "man"), filepath.Join(dir, "completion")
	if err := errors.Join(os.MkdirAll(man, 0o755), os.MkdirAll(shell, 0o755)); err != nil {
		return err
	}
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Signet", Manual: "Signet"}, man); err != nil {
		return err
	}
	return errors.Join(
		root.GenBashCompletionFileV2(filepath.Join(shell, "signet.bash"), true),
		root.GenZshCompletionFile(filepath.Join(shell, "_signet")),
		root.GenFishCompletionFile(filepath.Join(shell, "signet.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(shell, "signet.ps1")),
	)
}
