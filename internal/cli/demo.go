package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/sample"
)

func (a *app) demoCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Report a sample run, to see the reports without a network",
		Long: `Report a sample run that ships with Signet, recorded from the servers of its own lab. The demo opens no socket and
leaves the store alone. Without -o it prints the text report and writes signet-demo.html.`,
		Args: noArguments("; the demo asks nobody: to scan a target, type signet scan ARGUMENT"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context(), &f)
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "write `FORMAT[=FILE]`, repeatable: "+formatNames()+" (default text, and html=signet-demo.html)")
	fl.StringVar(&f.policy, "policy", "baseline", "judge by `POLICY`: "+policiesKnown())
	fl.BoolVar(&f.all, "all", false, allUsage)
	fl.StringVar(&f.color, "color", "auto", colorUsage)
	fl.StringVar(&f.by, "by", "", byUsage)
	return cmd
}

func (a *app) demo(ctx context.Context, f *reportFlags) error {
	f.failOn = "none"
	if _, _, err := f.settle(); err != nil {
		return err
	}
	j, err := a.judge(f.policy)
	if err != nil {
		return err
	}
	plain, err := sample.Lines()
	if err != nil {
		return trouble("the sample: %v", err)
	}
	in, err := run.ReadLines(plain)
	if err != nil {
		return trouble("the sample: %v", err)
	}
	const page = "signet-demo.html"
	outputs := f.outputs
	if len(outputs) == 0 {
		outputs = []string{"text"}
		if _, err := os.Stat(page); err == nil {
			fmt.Fprintf(a.Stderr, "signet: %s exists already and is left as it is\n", page)
		} else {
			outputs = append(outputs, "html="+page)
		}
	}
	out, err := a.open(outputs, look{f.color, f.by, report.Origin{Command: "signet demo", Flags: judgedBy(f.policy)}})
	if err != nil {
		return err
	}
	defer out.close()
	if _, err := a.run.Report(ctx, in, &run.Replay{Judge: j, All: f.all, Unreached: true}, out); err != nil {
		return failed(err)
	}
	if len(outputs) > 1 && len(f.outputs) == 0 {
		fmt.Fprintf(a.Stderr, "signet: the same report as a web page: %s\n", page)
	}
	return nil
}
