package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/line"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/text"
)

func (a *app) runsCommand() *cobra.Command {
	var url, output string
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List stored runs; show, delete, prune, check, export and import them",
		Args:  commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return a.listRuns(cmd.Context(), url, output)
		},
	}
	storeFlag(cmd, &url)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "write `FORMAT`: text or jsonl")
	markTypedOnly(cmd, "output")
	cmd.AddCommand(a.runsShow(), a.runsDelete(), a.runsPrune(), a.runsExport(), a.runsImport(), a.runsCheck())
	return cmd
}

// runsSub makes a command below `runs` with --store.
func (a *app) runsSub(use, short string, args cobra.PositionalArgs, run func(ctx context.Context, url string, args []string) error) *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			return run(cmd.Context(), url, args)
		},
	}
	storeFlag(cmd, &url)
	return cmd
}

func (a *app) listRuns(ctx context.Context, url, output string) error {
	if output != "text" && output != "jsonl" {
		return usage("-o %q: signet runs has text and jsonl", output)
	}
	stored, err := a.allRuns(ctx, url)
	if err != nil {
		return err
	}
	defer stored.Close()
	runs := stored.Runs
	w := bufio.NewWriter(a.Stdout)
	if output == "text" && len(runs) == 0 {
		fmt.Fprintln(a.Stderr, "signet: no run is stored yet")
	} else if output == "text" {
		fmt.Fprintf(w, "%-24s  %-16s  %9s  %-11s  %12s  %s\n", "RUN", "STARTED (UTC)", "TOOK", "STATE", "OBSERVATIONS", "TARGETS")
	}
	for i := range runs {
		r := &runs[i]
		if output == "jsonl" {
			if err := writeRun(w, r); err != nil {
				return trouble("%v", err)
			}
			continue
		}
		fmt.Fprintf(w, "%-24s  %-16s  %9s  %-11s  %12d  %s\n", text.Clean(r.ID), began(r), took(r).Round(time.Second/10),
			run.State(r), r.Observations, text.Clean(strings.Join(r.Targets, ", ")))
	}
	if err := w.Flush(); err != nil {
		return trouble("%v", err)
	}
	return nil
}

// began is when a run began, as far as that is known.
func began(r *store.Run) string {
	if r.Started.IsZero() {
		return "not known"
	}
	return r.Started.Format("2006-01-02 15:04")
}

func writeRun(w io.Writer, r *store.Run) error {
	_, err := w.Write(append(line.AppendListedRun(nil, r.Line(), run.State(r)), '\n'))
	return err
}

func (a *app) runsShow() *cobra.Command {
	return a.runsSub("show [RUN]", "Show one run", wantArguments(0, 1, "one RUN at a time"), func(ctx context.Context, url string, args []string) error {
		s, r, err := a.storedRun(ctx, url, append(args, "")[0])
		if err != nil {
			return err
		}
		defer s.Close()
		var b strings.Builder
		row := func(label, format string, args ...any) {
			fmt.Fprintf(&b, "%-13s %s\n", label, text.Clean(fmt.Sprintf(format, args...)))
		}
		row("run", "%s", r.ID)
		row("state", "%s", run.State(r))
		if r.Failed != "" {
			row("because", "%s", r.Failed)
		}
		row("started", "%s", r.Started.Format(time.RFC3339))
		if !r.Ended.IsZero() {
			row("ended", "%s, after %s", r.Ended.Format(time.RFC3339), took(r).Round(time.Second/10))
		}
		row("tool", "%s", r.Tool)
		row("targets", "%s", strings.Join(r.Targets, ", "))
		row("checks", "%s, depth %s", strings.Join(r.Checks, " "), r.Depth)
		row("policy", "%s when it was made", r.Policy)
		row("seed", "%d", r.Seed)
		row("addresses", "%d done, %d alive", r.Progress.Addresses, r.Progress.Alive)
		row("endpoints", "%d asked", r.Progress.Asked)
		row("observations", "%d", r.Observations)
		if !r.Imported.IsZero() {
			row("imported", "%s", r.Imported.Format(time.RFC3339))
		}
		for _, w := range r.Warnings {
			row("warning", "%s", w)
		}
		if !r.Finished() && r.Imported.IsZero() {
			row("go on", "signet scan --resume %s", r.ID)
		}
		return a.print(b.String())
	})
}

func (a *app) runsDelete() *cobra.Command {
	return a.runsSub("delete RUN...", "Delete runs", wantArguments(1, 0, "a RUN, or several; signet runs lists them"), func(ctx context.Context, url string, args []string) error {
		stored, err := a.allRuns(ctx, url)
		if err != nil {
			return err
		}
		defer stored.Close()
		var ids []string
		for _, name := range args { // all are found before any is deleted
			of, err := stored.Find(name)
			if err != nil || name == "" {
				return usage("%v (signet runs lists them)", err)
			}
			ids = append(ids, of.ID)
		}
		return a.deleteRuns(ctx, stored, ids)
	})
}

func (a *app) deleteRuns(ctx context.Context, s *run.Stored, ids []string) error {
	for _, id := range ids {
		if err := s.Store.Delete(ctx, id); err != nil && !errors.Is(err, store.ErrUnknown) {
			return trouble("%v", err)
		}
		fmt.Fprintf(a.Stderr, "signet: run %s is deleted\n", id)
	}
	return nil
}

func (a *app) runsPrune() *cobra.Command {
	var keepN int
	var older string
	cmd := a.runsSub("prune [--keep N] [--older-than AGE]", "Delete old runs, or all but the newest", noArguments("; signet runs delete ARGUMENT deletes one run"),
		func(ctx context.Context, url string, _ []string) error {
			if keepN < 0 && older == "" {
				return usage("prune: say which: --keep N, --older-than AGE (30d, 12h), or both")
			}
			var age time.Duration
			if older != "" {
				var err error
				if age, err = parseAge(older); err != nil {
					return usage("--older-than: %v", err)
				}
			}
			stored, err := a.allRuns(ctx, url)
			if err != nil {
				return err
			}
			defer stored.Close()
			return a.deleteRuns(ctx, stored, stored.Prunable(keepN, older != "", time.Now().Add(-age)))
		})
	cmd.Flags().IntVar(&keepN, "keep", -1, "keep the newest `N` runs, whatever their age")
	cmd.Flags().StringVar(&older, "older-than", "", "delete only runs that began longer ago than `AGE`: 30d, 8w, 12h")
	return cmd
}

// parseAge reads a duration that may be in days or weeks.
func parseAge(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, suffix); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			if err != nil {
				return 0, fmt.Errorf("%q is not a number of days or weeks", s)
			}
			return time.Duration(n) * unit, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not an age: want 30d, 8w or 12h", s)
	}
	return d, nil
}

func (a *app) runsExport() *cobra.Command {
	return a.runsSub("export RUN...", "Write runs as JSON lines to standard output, to import them elsewhere", wantArguments(1, 0, "a RUN, or several; signet runs lists them"),
		func(ctx context.Context, url string, args []string) error {
			for _, name := range args {
				if err := a.exportRun(ctx, url, name); err != nil {
					return err
				}
			}
			return nil
		})
}

func (a *app) exportRun(ctx context.Context, url, name string) error {
	stored, of, err := a.storedRun(ctx, url, name)
	if err != nil {
		return err
	}
	defer stored.Close()
	if err := store.Export(ctx, a.Stdout, stored.Store, of); err != nil {
		return trouble("export %s: %v", of.ID, err)
	}
	return nil
}

func (a *app) runsImport() *cobra.Command {
	return a.runsSub("import FILE...", "Store runs from JSON lines, written by runs export or -o jsonl (- for standard input)", wantArguments(1, 0, "a FILE of JSON lines, or - for standard input"),
		func(ctx context.Context, url string, args []string) error {
			s, err := a.openStore(ctx, url)
			if err != nil {
				return err
			}
			if s == nil {
				return usage("--store none keeps no run")
			}
			defer s.Close()
			for _, path := range args {
				if err := a.importFile(ctx, s, path); err != nil {
					return err
				}
			}
			return nil
		})
}

func (a *app) importFile(ctx context.Context, s store.Store, path string) error {
	in := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usage("import: %v", err)
		}
		defer f.Close()
		in = f
	}
	ids, err := store.Import(ctx, in, s, time.Now())
	for _, id := range ids {
		fmt.Fprintf(a.Stderr, "signet: run %s is stored\n", text.Clean(id))
	}
	if err != nil {
		return trouble("import %s: %v", path, err)
	}
	return nil
}

// took is how long a run took, as far as the store knows.
func took(run *store.Run) time.Duration {
	if run.Ended.IsZero() {
		return 0
	}
	return run.Ended.Sub(run.Started)
}
