package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/check"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/text"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE|CHECK]",
		Short: "What a finding means, how to fix it, how to verify the fix",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.explained(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var b strings.Builder
			if len(args) == 0 {
				if err := a.listRules(&b); err != nil {
					return err
				}
			} else if err := a.explain(&b, args[0]); err != nil {
				return err
			}
			return a.print(b.String())
		},
	}
}

// explained are the words that explain knows.
func (a *app) explained() []string {
	words := a.run.RuleNames()
	for _, c := range a.run.Checks {
		words = append(words, c.Name)
	}
	return words
}

func (a *app) listRules(b *strings.Builder) error {
	p, err := judge.BuiltIn("baseline")
	if err != nil {
		return err
	}
	for _, c := range a.run.Checks {
		fmt.Fprintf(b, "%s: %s\n", c.Name, c.Title)
		for _, r := range c.Rules {
			word := "off"
			if s, on := p.Severity(r.ID); on {
				word = s.String()
			}
			fmt.Fprintf(b, "  %-9s %-42s %s\n", word, r.ID, r.Title)
		}
	}
	b.WriteString("paths: which clients' NTLM can be passed on where\n")
	for _, r := range run.PathRules() {
		fmt.Fprintf(b, "            %-42s %s\n", r.ID, r.Title)
	}
	b.WriteString("\nSeverities are those of the policy baseline. signet explain RULE says what to do about one.\n")
	return nil
}

func (a *app) explain(b *strings.Builder, name string) error {
	for _, c := range a.run.Checks {
		if c.Name == name {
			writeCheck(b, c)
			b.WriteString("  rules\n")
			for _, r := range c.Rules {
				fmt.Fprintf(b, "    %-42s %s\n", r.ID, r.Title)
			}
			return nil
		}
		for _, r := range c.Rules {
			if r.ID != name {
				continue
			}
			advice, err := c.AdviceFor(name)
			if err != nil {
				return trouble("%v", err)
			}
			fmt.Fprintf(b, "%s\n", strings.TrimSpace(advice.Text))
			return writeReferences(b, &r)
		}
	}
	if path, ok := run.ExplainPath(name); ok {
		b.WriteString(path)
		return nil
	}
	return usage("no rule or check is called %q%s (signet explain lists them)", name, text.DidYouMean(name, a.explained()))
}

// writeReferences lists where others name the same thing.
func writeReferences(b *strings.Builder, rule *check.Rule) error {
	refs, err := check.References()
	if err != nil {
		return trouble("%v", err)
	}
	if len(rule.Refers) == 0 {
		return nil
	}
	b.WriteString("\n## References\n")
	for _, key := range rule.Refers {
		r := refs[key]
		fmt.Fprintf(b, "- %s %s", r.KindLabel(), r.ID)
		if r.Title != r.ID {
			fmt.Fprintf(b, ": %s", r.Title)
		}
		fmt.Fprintf(b, "\n  %s\n", r.URL)
	}
	return nil
}
