package store

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"signet"
)

// Observations reads a run. Memory does not grow with its size; after an error nothing follows.
func Observations(ctx context.Context, s Store, run *Run, order Order) iter.Seq2[*signet.Observation, error] {
	return func(yield func(*signet.Observation, error) bool) {
		for o, err := range numbered(ctx, s, run, Which{Order: order}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(o.Observation, nil) {
				return
			}
		}
	}
}

// Numbered is an observation and its Seq.
type Numbered struct {
	*signet.Observation
	Seq uint64
}

// NumberedObservations reads a run in the order of storing, each observation with its Seq.
func NumberedObservations(ctx context.Context, s Store, run *Run) iter.Seq2[Numbered, error] {
	return numbered(ctx, s, run, Which{})
}

func numbered(ctx context.Context, s Store, run *Run, which Which) iter.Seq2[Numbered, error] {
	return func(yield func(Numbered, error) bool) {
		d := &decoder{started: run.Started, reload: func() ([]Kind, error) { return s.Kinds(ctx, run.ID) }}
		for r, err := range s.Rows(ctx, run.ID, which) {
			var o *signet.Observation
			if err == nil {
				if o, err = d.observation(r); err != nil {
					err = fmt.Errorf("run %s: row %d: %w", run.ID, r.Seq, err)
				}
			}
			if err != nil {
				yield(Numbered{}, err)
				return
			}
			if !yield(Numbered{o, r.Seq}, nil) {
				return
			}
		}
	}
}

// Find names a run: by its ID, a unique prefix of it, `latest` or `previous`, which are the newest of those that stand. Empty means
// latest. runs is newest first.
func Find(runs []Run, name string) (*Run, error) {
	switch name {
	case "", "latest":
		return newest(runs, 0)
	case "previous":
		return newest(runs, 1)
	}
	var found []*Run
	for i := range runs {
		if runs[i].ID == name {
			return &runs[i], nil
		}
		if strings.HasPrefix(runs[i].ID, name) {
			found = append(found, &runs[i])
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w as %q", ErrUnknown, name)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%q is the beginning of %d runs, %s and %s among them", name, len(found), found[0].ID, found[1].ID)
}

// newest is the newest run that stands but some.
func newest(runs []Run, but int) (*Run, error) {
	n := 0
	for i := range runs {
		if runs[i].Stands() {
			if n++; n > but {
				return &runs[i], nil
			}
		}
	}
	switch {
	case len(runs) == 0:
		return nil, fmt.Errorf("%w: there is none yet", ErrUnknown)
	case n == 0:
		return nil, fmt.Errorf("%w: those that are stored failed or are damaged", ErrUnknown)
	}
	return nil, fmt.Errorf("%w: there is only one%s", ErrUnknown, map[bool]string{true: " that did not fail"}[len(runs) > 1])
}
