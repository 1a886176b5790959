package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"signet/internal/store"
	"signet/internal/store/reading"
)

// Runs lists runs, newest first.
func (s *Store) Runs(ctx context.Context, after store.Cursor, most int) ([]store.Run, store.Cursor, error) {
	// Damage may make something else than a number of a date: the run comes last then, and scanRun reads 0 as well.
	const when = "iif(typeof(started) = 'integer', started, 0)"
	const order = " ORDER BY " + when + " DESC, key DESC"
	// Rows are sorted by their keys alone, and only those of the page are read whole.
	const query = "SELECT " + runColumns + " FROM run WHERE key IN (SELECT key FROM run WHERE ?1 OR (" + when + ", key) < (?2, ?3)" + order + " LIMIT ?4)" + order
	runs, next, err := store.ListRuns(after, most, func(after store.Cursor, n int) (list []store.Listed, err error) {
		rows, err := s.read.QueryContext(ctx, query, after == store.Cursor{}, after.Started, after.Key, n)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			r, whole, err := scanRun(rows.Scan)
			if err != nil {
				return nil, err
			}
			list = append(list, store.Listed{RunRow: r, Whole: whole})
		}
		return list, rows.Err()
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
	r := store.RunRow{ID: run.ID, Started: run.When().UnixMicro(), Epoch: 1, Head: head, Progress: progress}
	err = s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := find(ctx, tx, run.ID); err == nil || errors.Is(err, store.ErrDamaged) {
			return store.ErrExists
		}
		res, err := tx.ExecContext(ctx, "INSERT INTO run (id, started, epoch, gone, unsealed, count, head, progress) VALUES (?, ?, ?, 0, 0, 0, ?, ?) ON CONFLICT DO NOTHING",
			r.ID, r.Started, r.Epoch, string(r.Head), r.Progress)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(store.ErrExists, err)
		}
		if r.Key, err = res.LastInsertId(); err != nil {
			return err
		}
		if r.Key <= 0 || r.Key > mostKey {
			return fmt.Errorf("the counter of runs is damaged: %w", store.ErrDamaged)
		}
		return save(ctx, tx, &r)
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return &log{s: s, at: store.Standing{Run: r}}, nil
}

// Reopen goes on with a run.
func (s *Store) Reopen(ctx context.Context, id string) (store.Log, error) {
	l := &log{s: s}
	err := s.transact(ctx, func(tx *sql.Tx) (err error) {
		if l.at.Run, err = find(ctx, tx, id); err != nil {
			return err
		}
		l.at.Run.Epoch++
		if err := save(ctx, tx, &l.at.Run); err != nil {
			return err
		}
		from, to := store.Span(l.at.Run.Key)
		var at int64
		var body []byte
		var sum any
		err = tx.QueryRowContext(ctx, "SELECT id, body, sum FROM segment WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", from, to).Scan(&at, &body, &sum)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && !holds(sum, sumSegment(at, body), l.at.Run.Unsealed) {
			err = damagedRows(&l.at.Run, at)
		}
		var r store.Row
		for err == nil && len(body) > 0 {
			body, err = reading.ReadRow(&r, body)
		}
		l.at.Seq = r.Seq
		return err
	})
	if err != nil {
		return nil, s.failed(err)
	}
	return l, nil
}

// Drop removes rows of a run.
func (s *Store) Drop(ctx context.Context, id string, seqs []uint64) error {
	return s.failed(s.transact(ctx, func(tx *sql.Tx) error {
		run, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		from, to := store.Span(run.Key)
		_, err = tx.ExecContext(ctx, "DELETE FROM page WHERE id BETWEEN ? AND ? AND EXISTS (SELECT 1 FROM json_each(?) WHERE value >= page.id AND value < page.id + page.rows)", from, to, list(run.Key, seqs))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM sieve WHERE id BETWEEN ?1 AND ?2 AND id NOT IN (SELECT id FROM page WHERE id BETWEEN ?1 AND ?2)", from, to); err != nil {
			return err
		}
		gone, err := take(ctx, tx, &run, seqs)
		if err != nil {
			return err
		}
		run.Count -= min(run.Count, uint64(gone))
		run.Removed()
		return save(ctx, tx, &run)
	}))
}

// take takes rows out of the segments of a run, and counts them.
func take(ctx context.Context, tx *sql.Tx, run *store.RunRow, seqs []uint64) (gone int, err error) {
	begin, _ := store.Span(run.Key)
	rows, err := tx.QueryContext(ctx, "SELECT id, body, sum "+segmentsOf, begin, list(run.Key, seqs))
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
		var sum any
		if err := rows.Scan(&c.id, &c.body, &sum); err != nil {
			return 0, err
		}
		if !holds(sum, sumSegment(c.id, c.body), run.Unsealed) {
			return 0, damagedRows(run, c.id)
		}
		var r store.Row
		kept := c.body[:0]
		for rest := c.body; len(rest) > 0; {
			row := rest
			if rest, err = reading.ReadRow(&r, row); err != nil {
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
			_, err = tx.ExecContext(ctx, "UPDATE segment SET body = ?, sum = ? WHERE id = ?", c.body, sealed(sumSegment(c.id, c.body)), c.id)
		}
		if err != nil {
			return 0, err
		}
	}
	return gone, nil
}

// deleteAtOnce is how many segments one transaction of a deletion covers, so that a scan under way need not wait for it.
const deleteAtOnce = 300

// Delete removes a run, also one that is damaged.
func (s *Store) Delete(ctx context.Context, id string) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		run, err := find(ctx, tx, id)
		if errors.Is(err, store.ErrDamaged) {
			// Its key may be damaged, and be that of another run, whose rows would go along.
			var same int
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM run WHERE +key = ?", run.Key).Scan(&same); err != nil {
				return err
			}
			if same == 1 && run.Key > 0 && run.Key <= mostKey {
				err = nil
			}
		}
		if err != nil {
			return err
		}
		run.Gone = true
		run.Epoch++
		return erased(ctx, tx, &run)
	})
	if err != nil {
		return s.failed(err)
	}
	return s.fail(s.finishDeletions(ctx))
}

// erased marks a run as being deleted. Of one that was damaged every column is written.
func erased(ctx context.Context, tx *sql.Tx, r *store.RunRow) error {
	if r.Progress == nil {
		r.Progress = []byte{}
	}
	_, err := tx.ExecContext(ctx, "UPDATE run SET id = ?, started = ?, epoch = ?, gone = 1, unsealed = ?, count = ?, head = ?, progress = ?, sum = ? WHERE key = ?",
		r.ID, r.Started, r.Epoch, r.Unsealed, int64(r.Count), string(r.Head), r.Progress, sealed(r.Sum()), r.Key)
	return err
}

// finishDeletions removes what belongs to deleted runs, in bites.
func (s *Store) finishDeletions(ctx context.Context) error {
	any := false
	for {
		key, found, err := s.deleted(ctx)
		if err != nil {
			return err
		}
		if !found {
			break
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

// deleted finds a run that is being deleted. That one is, its checksum has to say too.
func (s *Store) deleted(ctx context.Context) (key int64, found bool, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+runColumns+" FROM run WHERE gone <> 0")
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		if r, whole, err := scanRun(rows.Scan); err != nil || whole {
			return r.Key, err == nil, err
		}
	}
	return 0, false, rows.Err()
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
		for _, table := range []string{"page", "sieve"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE id BETWEEN ? AND ?", from, to); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM kind WHERE run = ?", key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM run WHERE key = ?", key)
		return err
	})
}
