package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/check/all"
	"signet/internal/run"
	"signet/internal/text"
)

// Process is what the operating system gives a program.
type Process struct {
	Args    []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Env     []string
	Version string
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
	// Collect sets the collector of memory, which is of the whole process, until restore is called; nil leaves it as it is.
	Collect func(Collector) (restore func())
}

// Collector says when memory is collected; what is 0 stays as it is.
type Collector struct {
	Percent int           // that may be allocated on top of what lives
	Limit   int64         // bytes from which on it works harder
	Tend    time.Duration // how often what is not used is given back; Limit is raised meanwhile where about as much as that lives
}

// app is a process and what every command needs of it.
type app struct {
	Process
	run *run.Env
	env map[string]string

	interrupts *interrupts
}

func newApp(p Process) *app {
	a := &app{Process: p, env: map[string]string{}}
	a.run = &run.Env{Checks: all.Checks(), Resolver: p.Resolver, Stdin: p.Stdin, Tool: a.tool(), Warn: a.tell}
	return a
}

// collect sets the collector of memory until restore is called.
func (a *app) collect(c Collector) (restore func()) {
	if a.Collect == nil {
		return func() {}
	}
	return a.Collect(c)
}

// tell writes a line to standard error.
func (a *app) tell(line string) { fmt.Fprintln(a.Stderr, "signet: "+text.Clean(line)) }

// print writes to standard output.
func (a *app) print(text string) error {
	if _, err := io.WriteString(a.Stdout, text); err != nil {
		return trouble("output: %v", err)
	}
	return nil
}

// Run is the program.
func Run(ctx context.Context, p Process) int {
	a := newApp(p)
	for _, kv := range p.Env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			a.env[k] = v
		}
	}
	ctx, deaf := a.listen(ctx)
	defer deaf()
	if f, ok := p.Stdout.(*os.File); ok {
		a.Stdout = &standard{file: f}
	}
	root := a.root()
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(p.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = a.unwritten()
	}
	if err == nil {
		return exitDone
	}
	code, message := exitUsage, err.Error() // what cobra itself refuses is wrong usage
	if e, ok := errors.AsType[*exitError](err); ok {
		code, message = e.code, e.text
	} else if _, ok := errors.AsType[*fs.PathError](err); ok { // and what it could not write is trouble
		code = exitTrouble
	} else if !strings.Contains(message, "\n") { // of several lines the last suggests a command
		message += fmt.Sprintf(" (see %s --help)", cmd.CommandPath())
	}
	switch {
	case a.interrupts.interrupted() && code == exitTrouble: // what an interrupt kept from being done
		code, message = exitInterrupted, ""
	case a.unread() && code == exitTrouble: // who reads no further knows
		message = ""
	}
	if message != "" {
		lines := strings.Split(message, "\n") // an error may quote what a peer or a file said
		for i := range lines {
			lines[i] = text.Visible(lines[i])
		}
		fmt.Fprintln(p.Stderr, "signet: "+strings.Join(lines, "\n"))
	}
	return code
}

// root assembles the commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "signet",
		Short: "Tell which services NTLM can be relayed to, with proof, and how to close each one",
		Long: `Signet finds the Windows services that an NTLM authentication can be relayed to. It asks each service how it is
protected, keeps the bytes that prove the answer, judges it under a policy and prints the exact setting to change. It is a
health check: it never relays, coerces, poisons, guesses passwords, listens for an authentication or writes to a target.`,
		Example:       "  signet demo                                    # a sample report, without a network\n  signet scan 10.0.10.0/24 ca1.corp.example\n  signet scan -f hosts.txt --exclude 10.0.10.66 -o text -o html=report.html\n  signet explain smb-signing-not-required",
		Version:       a.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.Help(); err != nil {
				return err
			}
			return &exitError{code: exitUsage}
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetVersionTemplate(a.versionText())
	root.SetFlagErrorFunc(a.flagError)
	root.AddCommand(
		a.scanCommand(), a.readCommand(), a.reportCommand(), a.runsCommand(), a.targetsCommand(), a.checksCommand(), a.explainCommand(), a.versionCommand(),
	)
	root.AddCommand(a.policyCommand(), a.diffCommand(), a.fixCommand(), a.impactCommand(), a.demoCommand(), a.serveCommand())
	root.SetHelpCommand(helpCommand())
	strictCompletion(root)
	a.completeValues(root)
	return root
}

// Root is the command tree without a process behind it, for the generator of man pages and completions.
func Root() *cobra.Command {
	return newApp(Process{Version: "dev"}).root()
}
