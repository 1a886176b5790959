package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/text"
)

// completion gives the words that a shell may put in one place.
type completion = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// completeValues tells the shell the values of flags and the runs that commands take. Where it says nothing, a shell offers files.
func (a *app) completeValues(cmd *cobra.Command) {
	severities := []string{"none", signet.Info.String(), signet.Low.String(), signet.Medium.String(), signet.High.String(), signet.Critical.String()}
	for flag, complete := range map[string]completion{
		"by":       words(report.ByHost),
		"checks":   a.checkWords,
		"color":    words("auto", "always", "never"),
		"depth":    words(signet.Handshake.String(), signet.Anonymous.String(), signet.Decoy.String()),
		"discover": words("auto", "syn", "connect"),
		"fail-on":  words(severities...),
		"format":   words(run.FixFormats()...),
		"from":     a.runWords,
		"output":   outputWords,
		"policy":   policyWords,
		"resume":   a.runWords,
	} {
		f := cmd.Flags().Lookup(flag)
		if f == nil || f.Annotations[typedOnly] != nil { // whose words are others
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			a.tell(err.Error()) // cannot be: the flag is there
		}
	}
	switch cmd.Name() {
	case "report", "diff", "show", "delete", "export", "check":
		if cmd.Flags().Lookup("store") != nil {
			cmd.ValidArgsFunction = a.runWords
		}
	}
	for _, c := range cmd.Commands() {
		a.completeValues(c)
	}
}

func words(list ...string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// outputWords are formats, and behind the = of one files.
func outputWords(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(begun, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return formatWords(), cobra.ShellCompDirectiveNoFileComp
}

// policyWords are the built-in policies; a file is one too.
func policyWords(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return judge.Names(), cobra.ShellCompDirectiveDefault
}

// checkWords complete the last check of a list.
func (a *app) checkWords(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	before := begun[:strings.LastIndex(begun, ",")+1]
	var list []string
	for _, c := range a.run.Checks {
		list = append(list, before+c.Name)
	}
	return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completionWait is how long a shell waits for the runs of a store.
const completionWait = 2 * time.Second

// runWords are the runs of the store that the command would read, newest first; a file of JSON lines is one to some.
func (a *app) runWords(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionWait)
	defer cancel()
	if a.configure(cmd) != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	stored, err := a.allRuns(ctx, cmd.Flag("store").Value.String())
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	defer stored.Close()
	list := []string{"latest", "previous"}
	for i := range stored.Runs {
		r := &stored.Runs[i]
		list = append(list, r.ID+"\t"+r.Started.UTC().Format("2006-01-02 15:04")+" "+text.Cut(text.OneLine(strings.Join(r.Targets, " ")), 40))
	}
	return list, cobra.ShellCompDirectiveDefault | cobra.ShellCompDirectiveKeepOrder
}
