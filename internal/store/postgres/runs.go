package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/internal/store"
)

// Runs lists runs, newest first.
func (s *Store) Runs(ctx context.Context, after store.Cursor, most int) ([]store.Run, store.Cursor, error) {
	const query = "SELECT " + runColumns + " FROM run WHERE $1 OR (started, key) < ($2, $3) ORDER BY started DESC, key DESC LIMIT $4"
	runs, next, err := store.ListRuns(after, most, func(after store.Cursor, n int) ([]store.Listed, error) {
		rows, err := s.pool.Query(ctx, query, after == store.Cursor{}, after.Started, after.Key, n)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l store.Listed, err error) {
			l.RunRow, l.Whole, err = scanRun(row.Scan)
			return l, err
		})
	})
	return runs, next, s.fail(err)
}

// Create begins a run.
func (s *Store) Create(ctx context.Context, run *store.Run) (store.Log, error) {
	if err := s.finishDeletions(ctx); err != nil {
		return nil, s.fail(err)
	}
	head, progress, err := store.AppendHead(run)
	if err != nil {
		return nil, s.fail(err)
	}
	l := &log{s: s, at: store.Standing{Run: store.RunRow{ID: run.ID, Started: run.When().UnixMicro(), Epoch: 1, Head: head, Progress: progress}}}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "INSERT INTO run (id, started, head, progress) VALUES ($1, $2, $3, $4) RETURNING key", run.ID, l.at.Run.Started, string(head), progress).Scan(&l.at.Run.Key)
		if err != nil {
			return err
		}
		return save(ctx, tx, &l.at.Run)
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "23505" { // unique_violation
		return nil, s.fail(store.ErrExists)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return l, nil
}

// Reopen goes on with a run.
func (s *Store) Reopen(ctx context.Context, id string) (store.Log, error) {
	l := &log{s: s}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if l.at.Run, err = find(ctx, tx, id, "FOR UPDATE"); err != nil {
			return err
		}
		l.at.Run.Epoch++
		if err := save(ctx, tx, &l.at.Run); err != nil {
			return err
		}
		first, end := store.Span(l.at.Run.Key)
		var last *int64
		if err := tx.QueryRow(ctx, "SELECT max(id) FROM observation WHERE id BETWEEN $1 AND $2", first, end).Scan(&last); err != nil {
			return err
		}
		if last != nil {
			l.at.Seq = store.Seq(*last)
		}
		return nil
	})
	if err != nil {
		return nil, s.failed(err)
	}
	return l, nil
}

// Kinds gives the kinds of a run.
func (s *Store) Kinds(ctx context.Context, id string) ([]store.Kind, error) {
	run, err := find(ctx, s.pool, id, "")
	if err != nil {
		return nil, s.failed(err)
	}
	kinds, damaged, err := readKinds(ctx, s.pool, &run)
	if err == nil && damaged != nil {
		err = damaged
	}
	return kinds, s.failed(err)
}

// Drop removes rows of a run.
func (s *Store) Drop(ctx context.Context, id string, seqs []uint64) error {
	return s.failed(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		run, err := find(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		list := store.RowIDs(run.Key, seqs)
		from, to := store.Span(run.Key)
		_, err = tx.Exec(ctx, "DELETE FROM page WHERE id BETWEEN $1 AND $2 AND EXISTS (SELECT FROM unnest($3::bigint[]) AS seq WHERE seq >= id AND seq < id + rows)", from, to, list)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM sieve WHERE id BETWEEN $1 AND $2 AND id NOT IN (SELECT id FROM page WHERE id BETWEEN $1 AND $2)", from, to); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "DELETE FROM observation WHERE id = ANY($1)", list)
		if err != nil {
			return err
		}
		run.Count -= min(run.Count, uint64(tag.RowsAffected()))
		run.Removed()
		return save(ctx, tx, &run)
	}))
}

// Delete removes a run, also one that is damaged.
func (s *Store) Delete(ctx context.Context, id string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		run, err := find(ctx, tx, id, "FOR UPDATE")
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return err
		}
		run.Gone = true
		run.Epoch++
		return save(ctx, tx, &run)
	})
	if err != nil {
		return s.failed(err)
	}
	return s.fail(s.finishDeletions(ctx))
}

// finishDeletions removes what belongs to deleted runs.
func (s *Store) finishDeletions(ctx context.Context) error {
	for {
		key, err := s.deleted(ctx)
		if err != nil || key == 0 {
			return err
		}
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			first, last := store.Span(key)
			if _, err := tx.Exec(ctx, "DELETE FROM observation WHERE id BETWEEN $1 AND $2", first, last); err != nil {
				return err
			}
			for _, table := range []string{"page", "sieve"} {
				if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE id BETWEEN $1 AND $2", first, last); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, "DELETE FROM kind WHERE run = $1", key); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "DELETE FROM run WHERE key = $1", key)
			return err
		})
		if err != nil {
			return err
		}
	}
}

// deleted finds a run that is being deleted, or 0. That one is, its checksum has to say too.
func (s *Store) deleted(ctx context.Context) (key int64, err error) {
	rows, err := s.pool.Query(ctx, "SELECT "+runColumns+" FROM run WHERE gone")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if r, whole, err := scanRun(rows.Scan); err != nil || whole {
			return r.Key, err
		}
	}
	return 0, rows.Err()
}
