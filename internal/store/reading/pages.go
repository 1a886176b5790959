package reading

import (
	"context"
	"iter"

	"signet/internal/store"
)

// Pages is store.Store's, of any database.
func Pages(ctx context.Context, b Base, id string) iter.Seq2[*store.Page, error] {
	return func(yield func(*store.Page, error) bool) {
		if err := pages(ctx, b, id, yield); err != nil {
			yield(nil, b.Fail(err))
		}
	}
}

func pages(ctx context.Context, b Base, id string, yield func(*store.Page, error) bool) error {
	run, err := b.Run(ctx, id)
	if err != nil {
		return err
	}
	from, _ := store.Span(run.Key)
	for {
		list, err := b.Pages(ctx, &run, from)
		if err != nil {
			return err
		}
		if err := unchanged(ctx, b, &run); err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			p := &list[i]
			if p.Damaged != nil {
				if !yield(nil, b.Fail(p.Damaged)) {
					return nil
				}
			} else if !yield(&p.Page, nil) {
				return nil
			}
		}
		from = store.RowID(run.Key, list[len(list)-1].First) + 1
	}
}
