package sqlite

import (
	"context"
	"errors"
	"fmt"

	"signet/internal/store"
)

// Kinds gives the kinds of a run.
func (s *Store) Kinds(ctx context.Context, id string) ([]store.Kind, error) {
	run, err := find(ctx, s.read, id)
	if err != nil {
		return nil, s.failed(err)
	}
	kinds, damaged, err := readKinds(ctx, s.read, &run)
	if err == nil && damaged != nil {
		err = damaged
	}
	return kinds, s.failed(err)
}

// readKinds reads the kinds of a run, and says of the first one that is damaged.
func readKinds(ctx context.Context, q querier, run *store.RunRow) (kinds []store.Kind, damaged *store.Damage, err error) {
	rows, err := q.QueryContext(ctx, "SELECT id, name, version, facts, trace, sum FROM kind WHERE run = ? ORDER BY id", run.Key)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k store.Kind
		var sum any
		if err := rows.Scan(&k.ID, &k.Check, &k.Version, &k.Facts, &k.Trace, &sum); err != nil {
			return nil, nil, err
		}
		if !holds(sum, k.Sum(run.Key), false) && damaged == nil {
			damaged = &store.Damage{Run: run.ID, What: fmt.Sprintf("the dictionary of the check %q, by which rows are read, is damaged", k.Check)}
		}
		kinds = append(kinds, k)
	}
	return kinds, damaged, errors.Join(rows.Err(), rows.Close())
}
