package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed" // the sample
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/text"
)

// sample is a run of Signet's own lab as JSON lines, recorded with `signet scan -o jsonl` and compressed.
//
//go:embed sample.jsonl.gz
var sample []byte

func (a *app) demoCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A stored sample run, to see the reports without a network",
		Long: `Render a run that ships with Signet, recorded from the servers of its own lab. No socket is opened and no store is
touched. Without -o it prints the text report and writes signet-demo.html.`,
		Args: noArguments("; the demo asks nobody: to scan a target, type signet scan ARGUMENT"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context(), &f)
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`, repeatable: "+formatNames())
	fl.StringVar(&f.policy, "policy", "baseline", "policy to judge by: "+text.Or(judge.Names())+" or a YAML file")
	fl.BoolVar(&f.all, "all", false, "list what is guarded or unseen with its reasons; with -o list, what is guarded or accepted and breaks a rule")
	fl.StringVar(&f.color, "color", "auto", "auto, always or never")
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
	plain, err := gzip.NewReader(bytes.NewReader(sample))
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
			fmt.Fprintf(a.Stderr, "signet: %s is there already and stays as it is\n", page)
		} else {
			outputs = append(outputs, "html="+page)
		}
	}
	out, err := a.open(outputs, f.color)
	if err != nil {
		return err
	}
	defer out.close()
	if _, err := a.run.Report(ctx, in, &run.Replay{Judge: j, All: f.all, Unreached: true}, out); err != nil {
		return failed(err)
	}
	if len(outputs) > 1 && len(f.outputs) == 0 {
		fmt.Fprintf(a.Stderr, "signet: the same as a page: %s\n", page)
	}
	return nil
}
