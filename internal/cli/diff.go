package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet"
	"signet/internal/compare"
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
		Short: "Compare two runs: what appeared, vanished, worsened or improved",
		Long: `Compare two runs under one policy, host by host. OLD and NEW are stored runs (an ID, a unique prefix, latest, previous)
or files of JSON lines.

A host that moved to another address is found again if both runs were given its name. A name that only the host gives itself
is a hint, since any host can claim it: that host vanished at its old address and appeared at the new one.

What the new run did not ask, or could not determine any more, is listed apart and never counts as fixed. What only the new
run asked is newly-asked and never counts as worse.

--fail-on worsened exits 3 if an endpoint worsened or appeared exposed. It exits 4 if none did, but one became undetermined or
was not asked again. The other kinds: appeared, newly-asked, undetermined, not-asked, vanished, improved.`,
		Example: "  signet diff previous latest\n  signet diff previous latest --fail-on worsened -o text -o list=to-fix.txt",
		Args:    wantArguments(2, 2, "two runs, the old one and the new one: signet diff previous latest"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.diff(cmd.Context(), &f, args[0], args[1])
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, outputUsage())
	storeFlag(cmd, &f.store)
	fl.StringVar(&f.policy, "policy", "baseline", "judge both runs by `POLICY`: "+policiesKnown())
	fl.StringVar(&f.color, "color", "auto", colorUsage)
	fl.StringVar(&f.failOn, "fail-on", "none", "exit 3 if a change is one of these `KINDS`, separated by commas: worsened,appeared")
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
		writers = append(writers, o.format.Diff(o, a.display(o, look{color: f.color})))
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
