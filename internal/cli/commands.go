package cli

import (
	"fmt"
	"net/url"
	"os"
	"slices"
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
	meant := meantCommand(cmd, word)
	if meant == "" && !cmd.HasParent() && isHostName(word) {
		meant = "; nothing was sent: to scan a host of that name, type signet scan " + word
	}
	return fmt.Errorf("unknown command %q for %q%s", word, cmd.CommandPath(), meant)
}

// meantCommand says what to type instead of a word that is no command: the command that goes by another word elsewhere, else
// one that is written nearly so.
func meantCommand(cmd *cobra.Command, word string) string {
	habits := []struct{ at, words, does string }{
		{"signet", "run probe audit start", "signet scan asks TARGETs, signet runs lists stored runs"},
		{"signet", "list ls history", "signet runs lists stored runs"},
		{"signet", "show view open", "signet report shows a stored run"},
		{"signet", "compare", "signet diff compares two runs"},
		{"signet", "rules findings", "signet explain lists every rule"},
		{"signet", "import export delete prune", "signet runs has it: signet runs " + word},
		{"signet runs", "list ls all", "signet runs alone lists them"},
		{"signet runs", "rm remove del", "signet runs delete deletes runs"},
		{"signet runs", "get view info", "signet runs show shows one run"},
		{"signet runs", "verify fsck", "signet runs check verifies every row against its checksum"},
		{"signet runs", "resume continue", "signet scan --resume RUN goes on with a run"},
		{"signet runs", "report", "signet report RUN shows a run"},
		{"signet runs", "diff compare", "signet diff OLD NEW compares two runs"},
		{"signet policy", "list ls", "signet policy show lists the built-in policies"},
		{"signet policy", "validate lint verify test", "signet policy check FILE does it"},
		{"signet policy", "new create derive", "signet policy init --host HOST derives one from a host that is as it should be"},
	}
	for _, h := range habits {
		if h.at == cmd.CommandPath() && slices.Contains(strings.Fields(h.words), strings.ToLower(word)) {
			return "; " + h.does
		}
	}
	if near := text.Nearest(word, subcommands(cmd)); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// isHostName tells whether a word could be the name of a host without a domain.
func isHostName(word string) bool {
	return word != "" && word[0] != '-' && !strings.ContainsFunc(word, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// noArguments refuses arguments of a command that takes none; instead says what to type where one was given, as text.DidYouMean does.
func noArguments(instead string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage("%s takes no argument, and %q is one%s", cmd.CommandPath(), args[0], strings.ReplaceAll(instead, "ARGUMENT", args[0]))
	}
}

// wantArguments refuses fewer arguments than least and more than most (0: any number), and says what they are.
func wantArguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most > 0 && len(args) > most {
			return usage("%s: want %s (see %s --help)", strings.TrimPrefix(cmd.CommandPath(), "signet "), what, cmd.CommandPath())
		}
		return nil
	}
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
					return usage("unknown command %q for %q%s (see %s --help)", word, of.CommandPath(), meantCommand(of, word), of.CommandPath())
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
