package cli

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"signet/internal/store"
	"signet/internal/text"
)

func (a *app) runsCheck() *cobra.Command {
	return a.runsSub("check [RUN...]", "Verify every stored row against its checksum (exit 1: some are damaged)", cobra.ArbitraryArgs, a.checkRuns)
}

// checkRuns verifies some runs, or all of a store and what lies beside them.
func (a *app) checkRuns(ctx context.Context, url string, names []string) error {
	stored, err := a.allRuns(ctx, url)
	if err != nil {
		return err
	}
	defer stored.Close()
	some := stored.Runs
	if len(names) > 0 {
		some = nil
		for _, name := range names {
			of, err := stored.Find(name)
			if err != nil {
				return failed(err)
			}
			some = append(some, *of)
		}
	}
	ctx, release := a.interruptible(ctx, "telling what was checked", false)
	defer release()
	w := bufio.NewWriter(a.Stdout)
	damaged := 0
	tell := func(line string) {
		damaged++
		fmt.Fprintln(w, text.Clean(line))
	}
	var done store.Checked
	if s := stored.Store; s != nil {
		done, err = store.Check(ctx, s, some, tell)
		if err == nil && len(names) == 0 {
			err = s.Verify(ctx, tell)
		}
	}
	if damaged == 0 && err == nil {
		fmt.Fprintf(w, "%s, %s: nothing is damaged\n", text.Count(done.Runs, "run", "runs"), text.Count(done.Rows, "row", "rows"))
	}
	if done.Unsealed > 0 {
		fmt.Fprintf(w, "%s begun by a version that kept no checksums: such rows can be read, and no more is known of them\n", text.Count(done.Unsealed, "run was", "runs were"))
	}
	if flushed := w.Flush(); flushed != nil {
		return trouble("output: %v", flushed)
	}
	switch {
	case ctx.Err() != nil:
		return &exitError{code: exitInterrupted}
	case err != nil:
		return trouble("%v", err)
	case damaged > 0:
		return trouble("stored rows are damaged: restore the store from a copy, or delete the runs and scan again")
	}
	return nil
}
