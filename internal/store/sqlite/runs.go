package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"signet/internal/store"
)

// Runs lists every run, newest first.
func (s *Store) Runs(ctx context.Context) ([]store.Run, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT head, progress, count FROM run WHERE gone = 0 ORDER BY started DESC, key DESC")
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var runs []store.Run
	for rows.Next() {
		var head, progress []byte
		var count uint64
		if err := rows.Scan(&head, &progress, &count); err != nil {
			return nil, s.fail(err)
		}
		run, err := store.ParseHead(head, progress, count)
		if err != nil {
			return nil, s.fail(err)
		}
		runs = append(runs, run)
	}
	return runs, s.fail(rows.Err())
}

// key finds a run.
func (s *Store) key(ctx context.Context, id string) (key int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT key FROM run WHERE id = ? AND gone = 0", id).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
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
	err = s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT INTO run (id, started, head, progress) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", run.ID, run.Started.UnixMicro(), string(head), progress)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(store.ErrExists, err)
		}
		l.key, err = res.LastInsertId()
		return err
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return l, nil
}

// Reopen goes on with a run.
func (s *Store) Reopen(ctx context.Context, id string) (store.Log, error) {
	l := &log{s: s}
	err := s.transact(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, "UPDATE run SET epoch = epoch + 1 WHERE id = ? AND gone = 0 RETURNING key, epoch, count", id)
		if err := row.Scan(&l.key, &l.epoch, &l.count); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return store.ErrUnknown
			}
			return err
		}
		var last sql.NullInt64
		from, to := store.Span(l.key)
		if err := tx.QueryRowContext(ctx, "SELECT max(id) FROM observation WHERE id BETWEEN ? AND ?", from, to).Scan(&last); err != nil {
			return err
		}
		l.seq = store.Seq(last.Int64)
		return nil
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return l, nil
}

// Kinds gives the kinds of a run.
func (s *Store) Kinds(ctx context.Context, id string) ([]store.Kind, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind.id, name, version, facts, trace FROM kind JOIN run ON run.key = kind.run WHERE run.id = ? AND gone = 0 ORDER BY kind.id", id)
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var kinds []store.Kind
	for rows.Next() {
		var k store.Kind
		if err := rows.Scan(&k.ID, &k.Check, &k.Version, &k.Facts, &k.Trace); err != nil {
			return nil, s.fail(err)
		}
		kinds = append(kinds, k)
	}
	return kinds, s.fail(rows.Err())
}

// Drop removes rows of a run.
func (s *Store) Drop(ctx context.Context, id string, seqs []uint64) error {
	key, err := s.key(ctx, id)
	if err != nil {
		return err
	}
	ids := list(key, seqs)
	from, to := store.Span(key)
	return s.fail(s.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM page WHERE id BETWEEN ? AND ? AND EXISTS (SELECT 1 FROM json_each(?) WHERE value >= page.id AND value < page.id + page.rows)", from, to, ids)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "DELETE FROM observation WHERE id IN (SELECT value FROM json_each(?))", ids)
		if err != nil {
			return err
		}
		gone, err := res.RowsAffected()
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE run SET count = count - ? WHERE key = ?", gone, key)
		return err
	}))
}

// deleteAtOnce is how many ids one transaction of a deletion covers, so that a scan under way need not wait for it.
const deleteAtOnce = 20000

// Delete removes a run.
func (s *Store) Delete(ctx context.Context, id string) error {
	res, err := s.write.ExecContext(ctx, "UPDATE run SET gone = 1, epoch = epoch + 1 WHERE id = ? AND gone = 0", id)
	if err != nil {
		return s.fail(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(store.ErrUnknown, err)
	}
	return s.fail(s.finishDeletions(ctx))
}

// finishDeletions removes what belongs to deleted runs, in bites.
func (s *Store) finishDeletions(ctx context.Context) error {
	any := false
	for {
		var key int64
		err := s.read.QueryRowContext(ctx, "SELECT key FROM run WHERE gone = 1 LIMIT 1").Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return err
		}
		if err := s.erase(ctx, key); err != nil {
			return err
		}
		any = true
	}
	if !any {
		return nil
	}
	rows, err := s.write.QueryContext(ctx, "PRAGMA incremental_vacuum") // a row for each page that is given back
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (s *Store) erase(ctx context.Context, key int64) error {
	from, to := store.Span(key)
	for {
		res, err := s.write.ExecContext(ctx, "DELETE FROM observation WHERE id IN (SELECT id FROM observation WHERE id BETWEEN ? AND ? LIMIT ?)", from, to, deleteAtOnce)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM page WHERE id BETWEEN ? AND ?", from, to); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM kind WHERE run = ?", key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM run WHERE key = ?", key)
		return err
	})
}
