package cli

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/check"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/text"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE|CHECK|VERDICT]",
		Short: "Explain a finding or a verdict: what it means, how to fix it, how to verify the fix",
		Args:  wantArguments(0, 1, "one RULE, CHECK or VERDICT at a time"),
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
	for _, v := range signet.Verdicts() {
		words = append(words, v.String())
	}
	return words
}

// verdictTexts say what each verdict means, and what to do about it.
//
//go:embed verdicts/*.md
var verdictTexts embed.FS

func (a *app) listRules(b *strings.Builder) error {
	p, err := judge.BuiltIn("baseline")
	if err != nil {
		return err
	}
	for _, c := range a.run.Checks {
		b.WriteString(text.Hang("", c.Name+": "+c.Title, a.width()))
		for _, r := range c.Rules {
			word := "off"
			if s, on := p.Severity(r.ID); on {
				word = s.String()
			}
			b.WriteString(text.Hang(fmt.Sprintf("  %-9s %-42s ", word, r.ID), r.Title, a.width()))
		}
	}
	b.WriteString("paths: which clients' NTLM can be passed on where\n")
	for _, r := range run.PathRules() {
		b.WriteString(text.Hang(fmt.Sprintf("            %-42s ", r.ID), r.Title, a.width()))
	}
	b.WriteString("verdicts: exposed, undetermined, guarded, unseen\n")
	b.WriteString("\nSeverities are those of the policy baseline. signet explain RULE says what to do about one.\n")
	return nil
}

func (a *app) explain(b *strings.Builder, name string) error {
	for _, c := range a.run.Checks {
		if c.Name == name {
			writeCheck(b, c, a.width())
			b.WriteString("  rules\n")
			for _, r := range c.Rules {
				b.WriteString(text.Hang(fmt.Sprintf("    %-42s ", r.ID), r.Title, a.width()))
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
			b.WriteString(text.WrapMarkdown(strings.TrimSpace(advice.Text), a.width()))
			return writeReferences(b, &r, a.width())
		}
	}
	for _, v := range signet.Verdicts() {
		if v.String() != name {
			continue
		}
		about, err := verdictTexts.ReadFile("verdicts/" + name + ".md")
		if err != nil {
			return trouble("%v", err)
		}
		b.WriteString(text.WrapMarkdown(string(about), a.width()))
		return nil
	}
	if path, ok := run.ExplainPath(name); ok {
		b.WriteString(text.WrapMarkdown(path, a.width()))
		return nil
	}
	return usage("no rule, check or verdict is called %q%s (signet explain lists them)", name, text.DidYouMean(name, a.explained()))
}

// writeReferences lists where others name the same thing.
func writeReferences(b *strings.Builder, rule *check.Rule, width int) error {
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
		name := r.KindLabel() + " " + r.ID
		if r.Title != r.ID {
			name += ": " + r.Title
		}
		b.WriteString(text.Hang("- ", name, width) + "  " + r.URL + "\n")
	}
	return nil
}
