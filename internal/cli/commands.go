package cli

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/text"
)

// commandsOnly refuses what is typed in the place of a command and is none, and says what to type instead.
func commandsOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word := args[0]
	if !cmd.HasParent() {
		if target := meantTarget(word); target != "" { // which is told as it may be typed: a URL may hold a password
			return usage("nothing was sent, since a command is missing: to scan a target, type signet scan %s", target)
		}
		if _, err := os.Stat(word); err == nil {
			return usage("%q is a file, not a command: signet read judges captures and results of other tools, signet scan -f reads targets", word)
		}
	}
	return fmt.Errorf("unknown command %q for %q%s", word, cmd.CommandPath(), text.DidYouMean(word, subcommands(cmd)))
}

// meantTarget is the target that a word stands for which no command could be; empty where it stands for none.
func meantTarget(word string) string {
	if u, err := url.Parse(word); err == nil && u.Host != "" && u.Scheme != "" {
		return u.Host
	}
	if share, ok := strings.CutPrefix(word, `\\`); ok {
		host, _, _ := strings.Cut(share, `\`)
		return host
	}
	if _, err := os.Stat(word); err == nil || !strings.ContainsAny(word, ".:/") || strings.ContainsAny(word, `@\ `) {
		return ""
	}
	return word
}

// subcommands are the words that may stand after a command.
func subcommands(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

// helpCommand is cobra's, which takes what is no command for no mistake.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return subcommands(of), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of := cmd.Root()
			for _, word := range args {
				next, _, err := of.Find([]string{word})
				if err != nil || next == of {
					return usage("unknown command %q for %q%s (see %s --help)", word, of.CommandPath(), text.DidYouMean(word, subcommands(of)), of.CommandPath())
				}
				of = next
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// strictCompletion makes wrong usage of what cobra answers with help.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = commandsOnly
			c.RunE = func(*cobra.Command, []string) error {
				return usage("completion: want bash, fish, powershell or zsh (see signet completion --help)")
			}
		}
	}
}
