// Command signet tells which Windows services an NTLM authentication can be relayed to, with proof, and how to close
// each one.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"signet/internal/cli"
)

// version is stamped by the linker.
var version = "dev"

func main() {
	os.Exit(cli.Run(context.Background(), cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ(), Version: version, Collect: collect,
	}))
}

// collect is the only place that changes a setting of the whole process.
func collect(c cli.Collector) (restore func()) {
	restore = func() {}
	if c.Percent > 0 {
		was := debug.SetGCPercent(c.Percent)
		restore = func() { debug.SetGCPercent(was) }
	}
	if c.Limit > 0 {
		percent, was := restore, debug.SetMemoryLimit(c.Limit)
		restore = func() { debug.SetMemoryLimit(was); percent() }
	}
	return restore
}
