package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/internal/store"
)

// Runs lists every run, newest first.
func (s *Store) Runs(ctx context.Context) ([]store.Run, error) {
	rows, err := s.pool.Query(ctx, "SELECT head, progress, count FROM run WHERE NOT gone ORDER BY started DESC, key DESC")
	if err != nil {
		return nil, s.fail(err)
	}
	runs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Run, error) {
		var head string
		var progress []byte
		var count int64
		if err := row.Scan(&head, &progress, &count); err != nil {
			return store.Run{}, err
		}
		return store.ParseHead([]byte(head), progress, uint64(count))
	})
	return runs, s.fail(err)
}

// key finds a run.
func (s *Store) key(ctx context.Context, id string) (key int64, err error) {
	err = s.pool.QueryRow(ctx, "SELECT key FROM run WHERE id = $1 AND NOT gone", id).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, store.ErrUnknown
	}
	return key, s.fail(err)
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
	l := &log{s: s, epoch: 1}
	err = s.pool.QueryRow(ctx, "INSERT INTO run (id, started, head, progress) VALUES ($1, $2, $3, $4) RETURNING key", run.ID, run.Started.UnixMicro(), string(head), progress).Scan(&l.key)
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
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var count int64
		err := tx.QueryRow(ctx, "UPDATE run SET epoch = epoch + 1 WHERE id = $1 AND NOT gone RETURNING key, epoch, count", id).Scan(&l.key, &l.epoch, &count)
		if errors.Is(err, pgx.ErrNoRows) {
			return store.ErrUnknown
		}
		if err != nil {
			return err
		}
		l.count = uint64(count)
		first, end := store.Span(l.key)
		var last *int64
		if err := tx.QueryRow(ctx, "SELECT max(id) FROM observation WHERE id BETWEEN $1 AND $2", first, end).Scan(&last); err != nil {
			return err
		}
		if last != nil {
			l.seq = store.Seq(*last)
		}
		return nil
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return l, nil
}

// Kinds gives the kinds of a run.
func (s *Store) Kinds(ctx context.Context, id string) ([]store.Kind, error) {
	rows, err := s.pool.Query(ctx, "SELECT kind.id, name, version, facts, trace FROM kind JOIN run ON run.key = kind.run WHERE run.id = $1 AND NOT gone ORDER BY kind.id", id)
	if err != nil {
		return nil, s.fail(err)
	}
	kinds, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k store.Kind, err error) {
		err = row.Scan(&k.ID, &k.Check, &k.Version, &k.Facts, &k.Trace)
		return k, err
	})
	return kinds, s.fail(err)
}

// Drop removes rows of a run.
func (s *Store) Drop(ctx context.Context, id string, seqs []uint64) error {
	key, err := s.key(ctx, id)
	if err != nil {
		return err
	}
	list := store.RowIDs(key, seqs)
	from, to := store.Span(key)
	return s.fail(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM page WHERE id BETWEEN $1 AND $2 AND EXISTS (SELECT FROM unnest($3::bigint[]) AS seq WHERE seq >= id AND seq < id + rows)", from, to, list)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "DELETE FROM observation WHERE id = ANY($1)", list)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE run SET count = count - $1 WHERE key = $2", tag.RowsAffected(), key)
		return err
	}))
}

// Delete removes a run.
func (s *Store) Delete(ctx context.Context, id string) error {
	tag, err := s.pool.Exec(ctx, "UPDATE run SET gone = true, epoch = epoch + 1 WHERE id = $1 AND NOT gone", id)
	if err != nil {
		return s.fail(err)
	}
	if tag.RowsAffected() == 0 {
		return store.ErrUnknown
	}
	return s.fail(s.finishDeletions(ctx))
}

// finishDeletions removes what belongs to deleted runs.
func (s *Store) finishDeletions(ctx context.Context) error {
	for {
		var key int64
		err := s.pool.QueryRow(ctx, "SELECT key FROM run WHERE gone LIMIT 1").Scan(&key)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			first, last := store.Span(key)
			if _, err := tx.Exec(ctx, "DELETE FROM observation WHERE id BETWEEN $1 AND $2", first, last); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "DELETE FROM page WHERE id BETWEEN $1 AND $2", first, last); err != nil {
				return err
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
