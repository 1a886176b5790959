package reading

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"signet/internal/store"
)

// Rows is store.Store's, of any database.
func Rows(ctx context.Context, b Base, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		var err error
		if which.Order == store.ByAddress {
			err = byAddress(ctx, b, id, which, yield)
		} else {
			err = asStored(ctx, b, id, which, func(r *store.Row, _ []byte) (bool, error) { return yield(r, nil), nil },
				func(d *store.Damage) (bool, error) { return yield(nil, b.Fail(d)), nil })
		}
		if err != nil {
			yield(nil, b.Fail(err))
		}
	}
}

func byAddress(ctx context.Context, b Base, id string, which store.Which, yield func(*store.Row, error) bool) error {
	sorted := sorter{}
	defer sorted.close()
	err := asStored(ctx, b, id, which, func(_ *store.Row, row []byte) (bool, error) { return true, sorted.add(ctx, row) },
		func(d *store.Damage) (bool, error) { return false, d })
	if err != nil {
		return err
	}
	var r store.Row
	return sorted.each(ctx, func(row []byte) (bool, error) {
		_, err := ReadRow(&r, row)
		return err == nil && yield(&r, nil), err
	})
}

// asStored gives rows to f, with their bytes, and what is damaged to bad, until either wants no more.
func asStored(ctx context.Context, b Base, id string, which store.Which, f func(*store.Row, []byte) (more bool, err error), bad func(*store.Damage) (more bool, err error)) error {
	run, err := b.Run(ctx, id)
	if err != nil {
		return err
	}
	part := Part{}
	part.From, part.To = which.Span(run.Key)
	if which.Only != nil {
		part.Only = slices.Sorted(slices.Values(which.Only))
	}
	t := tally{run: &run, whole: which.All()}
	var chunk Chunk
	var r store.Row
	for which.Only == nil || len(part.Only) > 0 {
		chunk = Chunk{Rows: chunk.Rows[:0], Damaged: chunk.Damaged[:0]}
		if err := b.Rows(ctx, &run, part, &chunk); err != nil {
			return err
		}
		if err := unchanged(ctx, b, &run); err != nil {
			return err
		}
		for rest, damaged := chunk.Rows, chunk.Damaged; ; {
			for ; len(damaged) > 0 && damaged[0].At == len(chunk.Rows)-len(rest); damaged = damaged[1:] {
				t.whole = false
				if more, err := bad(damaged[0].Damage); err != nil || !more {
					return err
				}
			}
			if len(rest) == 0 {
				break
			}
			if end, err := t.next(ctx, b); err != nil || end {
				return err
			}
			row := rest
			if rest, err = ReadRow(&r, row); err != nil {
				return err
			}
			if more, err := f(&r, row[:len(row)-len(rest)]); err != nil || !more {
				return err
			}
		}
		if chunk.Next == 0 {
			break
		}
		part.From = chunk.Next
		at, _ := slices.BinarySearch(part.Only, store.Seq(chunk.Next))
		part.Only = part.Only[at:]
	}
	if d := t.short(); d != nil {
		_, err = bad(d)
	}
	return err
}

// tally counts the rows of a run, where all of them are read, against the number that the run had when reading began.
type tally struct {
	run     *store.RunRow
	whole   bool // all rows are read, and none was damaged
	n       uint64
	surplus bool // there are more rows than the run counts
}

// next counts a row. end: the row is one that was appended since reading began.
func (t *tally) next(ctx context.Context, b Base) (end bool, err error) {
	if t.whole && t.n == t.run.Count && !t.surplus {
		now, err := b.Run(ctx, t.run.ID)
		if err != nil {
			return false, err
		}
		if now.Count != t.run.Count {
			return true, nil
		}
		t.surplus = true // and counted to their end, to be told
	}
	t.n++
	return false, nil
}

// short says that a count is wrong.
func (t *tally) short() *store.Damage {
	if !t.whole || t.n == t.run.Count {
		return nil
	}
	return &store.Damage{Run: t.run.ID, What: fmt.Sprintf("%d rows can be found, and it counts %d", t.n, t.run.Count)}
}

// unchanged is an error where what was read of a run up to now may lack rows: it was deleted, or rows were removed. Appending, and
// going on with a run, removes nothing. Whoever removes says so before, or at once with it: what was read before this was called
// is whole.
func unchanged(ctx context.Context, b Base, run *store.RunRow) error {
	epoch, err := b.Epoch(ctx, run.Key)
	if err != nil {
		return err
	}
	if epoch == 0 || store.Removals(epoch) != store.Removals(run.Epoch) {
		return fmt.Errorf("run %s: %w", run.ID, store.ErrChanged)
	}
	return nil
}
