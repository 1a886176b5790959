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
		from, to := store.Span(l.key)
		var body []byte
		err := tx.QueryRowContext(ctx, "SELECT body FROM segment WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", from, to).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		var r store.Row
		for err == nil && len(body) > 0 {
			body, err = readRow(&r, body)
		}
		l.seq = r.Seq
		return err
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
		gone, err := take(ctx, tx, key, seqs)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE run SET count = count - ? WHERE key = ?", gone, key)
		return err
	}))
}

// take takes rows out of the segments of a run, and counts them.
func take(ctx context.Context, tx *sql.Tx, key int64, seqs []uint64) (gone int, err error) {
	begin, _ := store.Span(key)
	rows, err := tx.QueryContext(ctx, "SELECT id, body "+segmentsOf, begin, list(key, seqs))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	drop := map[uint64]bool{}
	for _, seq := range seqs {
		drop[seq] = true
	}
	type changed struct {
		id   int64
		body []byte
	}
	var segments []changed
	for rows.Next() {
		var c changed
		if err := rows.Scan(&c.id, &c.body); err != nil {
			return 0, err
		}
		var r store.Row
		kept := c.body[:0]
		for rest := c.body; len(rest) > 0; {
			row := rest
			if rest, err = readRow(&r, row); err != nil {
				return 0, err
			}
			if drop[r.Seq] {
				gone++
			} else {
				kept = append(kept, row[:len(row)-len(rest)]...)
			}
		}
		if len(kept) < len(c.body) {
			segments = append(segments, changed{c.id, kept})
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	for _, c := range segments {
		if len(c.body) == 0 {
			_, err = tx.ExecContext(ctx, "DELETE FROM segment WHERE id = ?", c.id)
		} else {
			_, err = tx.ExecContext(ctx, "UPDATE segment SET body = ? WHERE id = ?", c.body, c.id)
		}
		if err != nil {
			return 0, err
		}
	}
	return gone, nil
}

// deleteAtOnce is how many segments one transaction of a deletion covers, so that a scan under way need not wait for it.
const deleteAtOnce = 300

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
		res, err := s.write.ExecContext(ctx, "DELETE FROM segment WHERE id IN (SELECT id FROM segment WHERE id BETWEEN ? AND ? LIMIT ?)", from, to, deleteAtOnce)
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
