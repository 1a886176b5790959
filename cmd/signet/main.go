// Command signet tells which Windows services an NTLM authentication can be relayed to, with proof, and how to close
// each one.
package main

import (
	"context"
	"os"

	"signet/internal/cli"
)

// version is stamped by the linker.
var version = "dev"

func main() {
	os.Exit(cli.Run(context.Background(), cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ(), Version: version, Collect: collect,
	}))
}
