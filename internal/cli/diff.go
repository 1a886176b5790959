package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/compare"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/text"
)

// diffFlags are the flags of `signet diff`.
type diffFlags struct {
	outputs                      []string
	store, policy, failOn, color string
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "What appeared, vanished, worsened, improved between two runs",
		Long: `Compare two runs under one policy, host by host. A host that took another address is found again where both runs were
given its name; by what it says of itself it only may be the same, since anybody can say that, and it vanished here and
appeared there. OLD and NEW are runs of the store (an ID, a unique prefix, latest, previous) or files of JSON lines. What
the new run did not ask, or could not tell any more, is said apart and never counts as fixed; what only the new run asked
is newly-asked and never counts as worse.

--fail-on worsened exits 3 when something worsened or appeared exposed, and 4 when nothing did but something can no
longer be told or was not asked again. Other kinds: appeared, newly-asked, undetermined, not-asked, vanished, improved.`,
		Args: wantArguments(2, 2, "two runs, the old one and the new one: signet diff previous latest"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.diff(cmd.Context(), &f, args[0], args[1])
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text)")
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "policy to judge both runs by: "+text.Or(judge.Names())+" or a YAML file")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 for changes of these `KINDS`: worsened, or a list like worsened,appeared")
	markTypedOnly(cmd, "output", "fail-on")
	return cmd
}

func (a *app) diff(ctx context.Context, f *diffFlags, oldName, newName string) error {
	kinds, err := parseKinds(f.failOn)
	if err != nil {
		return err
	}
	if err := settleColor(f.color); err != nil {
		return err
	}
	j, err := a.judge(f.policy)
	if err != nil {
		return err
	}
	before, err := a.input(ctx, f.store, oldName)
	if err != nil {
		return err
	}
	defer before.Close()
	after, err := a.input(ctx, f.store, newName)
	if err != nil {
		return err
	}
	defer after.Close()
	c, err := a.run.Compare(ctx, before, after, j)
	if err != nil {
		return failed(err)
	}
	out, err := a.openFiles(f.outputs)
	if err != nil {
		return err
	}
	defer out.close()
	var writers []report.DiffWriter
	for _, o := range out.files {
		writers = append(writers, o.format.Diff(o, a.display(o, f.color)))
	}
	each := func(do func(report.DiffWriter) error) error {
		for _, w := range writers {
			if err := do(w); err != nil {
				return trouble("output: %v", err)
			}
		}
		return nil
	}
	h := c.Header()
	if err := each(func(w report.DiffWriter) error { return w.Begin(h) }); err != nil {
		return err
	}
	hit := false
	sum, err := c.Changes(ctx, func(c *compare.Change) error {
		hit = hit || slices.Contains(kinds, c.Kind) ||
			slices.Contains(kinds, compare.Worsened) && c.Kind == compare.Appeared && c.NewVerdict == signet.Exposed
		return each(func(w report.DiffWriter) error { return w.Change(c) })
	})
	if err != nil {
		return failed(err)
	}
	if err := each(func(w report.DiffWriter) error { return w.End(sum) }); err != nil {
		return err
	}
	for _, w := range writers {
		if aside, ok := w.(report.Aside); ok && aside.Aside() != "" {
			a.tell(aside.Aside())
		}
	}
	if err := out.finish(); err != nil {
		return trouble("output: %w", err)
	}
	switch {
	case hit:
		return &exitError{code: exitFinding}
	case len(kinds) > 0 && (sum.Changes[compare.Undetermined]+sum.Changes[compare.NotAsked] > 0 || !after.Run.Finished()):
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// exitFinding is the contract's code for what --fail-on names.
const exitFinding = 3

func parseKinds(list string) ([]compare.Kind, error) {
	if list == "none" || list == "" {
		return nil, nil
	}
	var kinds []compare.Kind
	for word := range strings.SplitSeq(list, ",") {
		k, err := compare.ParseKind(strings.TrimSpace(word))
		if err != nil {
			var words []string
			for _, k := range compare.Kinds() {
				words = append(words, k.String())
			}
			return nil, usage("--fail-on: %v%s", err, text.DidYouMean(word, words))
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}
