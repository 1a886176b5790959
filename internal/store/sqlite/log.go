package sqlite

import (
	"context"
	"database/sql"

	"signet/internal/store"
)

// log is a run that is being written.
type log struct {
	s    *Store
	at   store.Standing
	body []byte // of a segment
}

// Append commits a batch.
func (l *log) Append(ctx context.Context, b *store.Batch) error {
	next, err := l.at.Next(b)
	if err != nil {
		return l.s.fail(err)
	}
	row := &next.Run
	transact := l.s.transact
	if b.Durable {
		transact = l.s.transactDurably
	}
	err = transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE run SET head = ?, progress = ?, count = ?, sum = ? WHERE key = ? AND epoch = ?",
			string(row.Head), row.Progress, int64(row.Count), sealed(row.Sum()), row.Key, row.Epoch)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return store.ErrTaken
		}
		for i := range b.Kinds {
			k := &b.Kinds[i]
			_, err := tx.ExecContext(ctx, "INSERT INTO kind (run, id, name, version, facts, trace, sum) VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET facts = excluded.facts, trace = excluded.trace, sum = excluded.sum",
				row.Key, k.ID, k.Check, k.Version, k.Facts, k.Trace, sealed(k.Sum(row.Key)))
			if err != nil {
				return err
			}
		}
		if len(b.Rows) == 0 {
			return nil
		}
		if b.Page != nil {
			id, n := store.RowID(row.Key, b.Rows[0].Seq), uint64(len(b.Rows))
			if _, err := tx.ExecContext(ctx, "INSERT INTO page (id, rows, body, sum) VALUES (?,?,?,?)", id, int64(n), b.Page, sealed(store.SumPage(id, n, b.Page))); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO sieve (id, body, sum) VALUES (?,?,?)", id, b.Sieve, sealed(store.SumSieve(id, b.Sieve))); err != nil {
				return err
			}
		}
		l.body, err = insert(ctx, tx, l.body, row.Key, b.Rows)
		return err
	})
	if err != nil {
		return l.s.fail(err)
	}
	l.at, b.Run.Observations = next, row.Count
	return nil
}

// insert adds rows of the run of that key, in segments. body is for them to be written in; it is given back grown.
func insert(ctx context.Context, tx *sql.Tx, body []byte, key int64, rows []store.Row) ([]byte, error) {
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO segment (id, body, sum) VALUES (?,?,?)")
	if err != nil {
		return body, err
	}
	defer stmt.Close()
	for len(rows) > 0 {
		id := store.RowID(key, rows[0].Seq)
		body, rows = segment(body[:0], rows)
		if _, err := stmt.ExecContext(ctx, id, body, sealed(sumSegment(id, body))); err != nil {
			return body, err
		}
	}
	return body, nil
}
