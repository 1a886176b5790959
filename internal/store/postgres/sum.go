package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/internal/store"
)

// sealed is a checksum as it is stored.
func sealed(s store.Sum) int32 { return int32(s) }

// holds tells whether a stored checksum is that of what was read. unsealed: there may be none.
func holds(stored *int32, s store.Sum, unsealed bool) bool {
	if stored == nil {
		return unsealed
	}
	return *stored == sealed(s)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// runColumns are what scanRun reads.
const runColumns = "key, id, started, epoch, gone, unsealed, count, head, progress, sum"

// scanRun reads a run. whole: its checksum is right.
func scanRun(scan func(...any) error) (r store.RunRow, whole bool, err error) {
	var head string
	var count int64
	var sum *int32
	if err := scan(&r.Key, &r.ID, &r.Started, &r.Epoch, &r.Gone, &r.Unsealed, &count, &head, &r.Progress, &sum); err != nil {
		return r, false, err
	}
	r.Count, r.Head = uint64(count), []byte(head)
	return r, holds(sum, r.Sum(), false), nil
}

// find finds a run. One that is damaged is given with its *store.Damage. more is added to the question: FOR UPDATE.
func find(ctx context.Context, q querier, id, more string) (store.RunRow, error) {
	r, whole, err := scanRun(q.QueryRow(ctx, "SELECT "+runColumns+" FROM run WHERE id = $1 "+more, id).Scan)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, store.ErrUnknown
	case err != nil:
		return r, err
	case !whole:
		return r, &store.Damage{Run: id, What: "the record of the run itself is damaged"}
	case r.Gone:
		return r, store.ErrUnknown
	}
	return r, nil
}

// save writes a run that find gave, with its checksum.
func save(ctx context.Context, q querier, r *store.RunRow) error {
	_, err := q.Exec(ctx, "UPDATE run SET epoch = $1, gone = $2, count = $3, sum = $4 WHERE key = $5", r.Epoch, r.Gone, int64(r.Count), sealed(r.Sum()), r.Key)
	return err
}

// toSums gives runs and kinds of before their checksums. Rows are many, and stay as they are.
func toSums(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, "SELECT "+runColumns+" FROM run")
	if err != nil {
		return err
	}
	runs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.RunRow, error) {
		r, _, err := scanRun(row.Scan)
		return r, err
	})
	if err != nil {
		return err
	}
	for i := range runs {
		if err := save(ctx, tx, &runs[i]); err != nil {
			return err
		}
		kinds, _, err := readKinds(ctx, tx, &runs[i])
		if err != nil {
			return err
		}
		for k := range kinds {
			if _, err := tx.Exec(ctx, "UPDATE kind SET sum = $1 WHERE run = $2 AND id = $3", sealed(kinds[k].Sum(runs[i].Key)), runs[i].Key, int32(kinds[k].ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readKinds reads the kinds of a run, and says of the first one that is damaged.
func readKinds(ctx context.Context, q querier, run *store.RunRow) (kinds []store.Kind, damaged *store.Damage, err error) {
	rows, err := q.Query(ctx, "SELECT id, name, version, facts, trace, sum FROM kind WHERE run = $1 ORDER BY id", run.Key)
	if err != nil {
		return nil, nil, err
	}
	kinds, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k store.Kind, err error) {
		var sum *int32
		err = row.Scan(&k.ID, &k.Check, &k.Version, &k.Facts, &k.Trace, &sum)
		if err == nil && !holds(sum, k.Sum(run.Key), false) && damaged == nil {
			damaged = &store.Damage{Run: run.ID, What: fmt.Sprintf("the dictionary of the check %q, by which rows are read, is damaged", k.Check)}
		}
		return k, err
	})
	return kinds, damaged, err
}

// Verify tells of rows that belong to no run, and of documents that are damaged. What the server keeps besides, its own checksums guard (initdb --data-checksums).
func (s *Store) Verify(ctx context.Context, tell func(string)) error {
	for _, q := range []struct{ table, query string }{
		{"observation", "SELECT count(*) FROM observation WHERE id >> 40 NOT IN (SELECT key FROM run)"},
		{"page", "SELECT count(*) FROM page WHERE id >> 40 NOT IN (SELECT key FROM run)"},
		{"sieve", "SELECT count(*) FROM sieve WHERE id NOT IN (SELECT id FROM page)"},
		{"kind", "SELECT count(*) FROM kind WHERE run NOT IN (SELECT key FROM run)"},
	} {
		var n int64
		if err := s.pool.QueryRow(ctx, q.query).Scan(&n); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			tell(s.fail(err).Error())
		}
		if n > 0 {
			tell(fmt.Sprintf("%d records of the table %s belong to no run", n, q.table))
		}
	}
	return s.verifyDesk(ctx, tell)
}
