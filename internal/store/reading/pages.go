package reading

import (
	"context"
	"iter"
	"net/netip"

	"signet/internal/store"
)

// Pages is store.Store's, of any database.
func Pages(ctx context.Context, b Base, id string, of netip.Addr) iter.Seq2[*store.Page, error] {
	return func(yield func(*store.Page, error) bool) {
		if err := pages(ctx, b, id, of, yield); err != nil {
			yield(nil, b.Fail(err))
		}
	}
}

func pages(ctx context.Context, b Base, id string, of netip.Addr, yield func(*store.Page, error) bool) error {
	run, err := b.Run(ctx, id)
	if err != nil {
		return err
	}
	from, _ := store.Span(run.Key)
	for {
		var list []Page
		if of.IsValid() {
			list, err = b.Sieved(ctx, &run, from, of)
		} else {
			list, err = b.Pages(ctx, &run, from)
		}
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

// Through reads the bodies of those pages that may speak of an address. One whose row was removed meanwhile stays without: that, the
// epoch of the run tells.
func Through(list []Page, of netip.Addr, read func(first uint64) ([]Page, error)) error {
	for i := range list {
		p := &list[i]
		if p.Damaged != nil || !store.MayHold(p.Sieve, of) {
			continue
		}
		whole, err := read(p.First)
		if err != nil {
			return err
		}
		if len(whole) == 1 {
			*p = whole[0]
		}
	}
	return nil
}
