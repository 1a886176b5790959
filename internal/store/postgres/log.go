package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
)

// log is a run that is being written.
type log struct {
	s     *Store
	key   int64
	epoch int64
	seq   uint64 // of the last row
	count uint64
	buf   []byte
}

// Append commits a batch.
func (l *log) Append(ctx context.Context, b *store.Batch) error {
	run := *b.Run
	run.Observations = l.count + uint64(len(b.Rows))
	head, progress, err := store.AppendHead(&run)
	if err != nil {
		return l.s.fail(err)
	}
	for i := range b.Rows {
		b.Rows[i].Seq = l.seq + uint64(i) + 1
	}
	err = pgx.BeginFunc(ctx, l.s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "UPDATE run SET head = $1, progress = $2, count = $3 WHERE key = $4 AND epoch = $5", string(head), progress, int64(run.Observations), l.key, l.epoch)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return store.ErrTaken
		}
		for i := range b.Kinds {
			k := &b.Kinds[i]
			_, err := tx.Exec(ctx, "INSERT INTO kind (run, id, name, version, facts, trace) VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT (run, id) DO UPDATE SET facts = excluded.facts, trace = excluded.trace",
				l.key, int32(k.ID), k.Check, k.Version, k.Facts, k.Trace)
			if err != nil {
				return err
			}
		}
		if len(b.Rows) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, "INSERT INTO page (id, rows, body) VALUES ($1,$2,$3)", store.RowID(l.key, l.seq+1), int64(len(b.Rows)), b.Page); err != nil {
			return err
		}
		l.buf = appendCopy(l.buf[:0], l.key, b.Rows)
		tag, err = tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.buf), copyRows)
		if err == nil && tag.RowsAffected() != int64(len(b.Rows)) {
			err = errors.New("the server took fewer rows than it was given")
		}
		return err
	})
	if err != nil {
		return l.s.fail(err)
	}
	l.seq, l.count, b.Run.Observations = l.seq+uint64(len(b.Rows)), run.Observations, run.Observations
	return nil
}
