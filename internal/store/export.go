package store

import (
	"bufio"
	"context"
	"io"
	"time"

	"signet/internal/line"
)

// Export writes a run as JSON lines that Import reads: a run line, an endpoint line for each observation in the order of
// storing, a summary line. Judgements are no part of a store, nor of its lines.
func Export(ctx context.Context, w io.Writer, s Store, run *Run) error {
	out := bufio.NewWriterSize(w, 64<<10)
	plain := *run
	plain.Imported = time.Time{} // which is of this store
	b := append(line.AppendStoredRun(nil, plain.Line()), '\n')
	if _, err := out.Write(b); err != nil {
		return err
	}
	n := uint64(0)
	for o, err := range Observations(ctx, s, run, AsStored) {
		if err != nil {
			return err
		}
		b = append(line.AppendObservation(b[:0], run.ID, o), '\n')
		if _, err := out.Write(b); err != nil {
			return err
		}
		n++
	}
	b = append(line.AppendStoredSummary(b[:0], run.ID, n), '\n')
	if _, err := out.Write(b); err != nil {
		return err
	}
	return out.Flush()
}

// Line is the run as a line says it.
func (r *Run) Line() *line.Run {
	return &line.Run{
		ID: r.ID, Tool: r.Tool, Started: r.Started, Ended: r.Ended, Targets: r.Targets, Checks: r.Checks, Depth: r.Depth, Policy: r.Policy,
		Interrupted: r.Interrupted, Failed: r.Failed, Warnings: r.Warnings, Unresolved: r.Unresolved, Seed: r.Seed, Scope: r.Scope, Flags: r.Flags,
		Progress: line.Progress(r.Progress), Observations: r.Observations, Verdicts: r.Verdicts, Imported: r.Imported, Importing: r.Importing,
	}
}

// runOf is the way back.
func runOf(l *line.Run) *Run {
	return &Run{
		ID: l.ID, Tool: l.Tool, Started: l.Started, Ended: l.Ended, Targets: l.Targets, Checks: l.Checks, Depth: l.Depth, Policy: l.Policy,
		Interrupted: l.Interrupted, Failed: l.Failed, Warnings: l.Warnings, Unresolved: l.Unresolved, Seed: l.Seed, Scope: l.Scope, Flags: l.Flags,
		Progress: Progress(l.Progress), Observations: l.Observations, Verdicts: l.Verdicts, Imported: l.Imported, Importing: l.Importing,
	}
}
