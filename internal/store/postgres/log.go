package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/internal/store"
)

// log is a run that is being written.
type log struct {
	s   *Store
	at  store.Standing
	buf []byte
}

// Append commits a batch.
func (l *log) Append(ctx context.Context, b *store.Batch) error {
	next, err := l.at.Next(b)
	if err == nil {
		err = l.commit(ctx, b, &next.Run)
	}
	if err != nil {
		return l.s.fail(err)
	}
	l.at, b.Run.Observations = next, next.Run.Count
	return nil
}

// commit is one transaction in three exchanges with the server: while the processors are busy packing, each of them waits for
// its turn longer than the server takes for what it carries.
func (l *log) commit(ctx context.Context, b *store.Batch, row *store.RunRow) error {
	conn, err := l.s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // inside a transaction it is closed, which ends that
	var begin pgx.Batch
	begin.Queue("BEGIN")
	if b.Durable {
		begin.Queue("SET LOCAL synchronous_commit = on") // which the address, or the database, may have turned off
	}
	taken := true
	begin.Queue("UPDATE run SET head = $1, progress = $2, count = $3, sum = $4 WHERE key = $5 AND epoch = $6",
		string(row.Head), row.Progress, int64(row.Count), sealed(row.Sum()), row.Key, row.Epoch).Exec(func(tag pgconn.CommandTag) error {
		taken = tag.RowsAffected() == 0
		return nil
	})
	for i := range b.Kinds {
		k := &b.Kinds[i]
		begin.Queue("INSERT INTO kind (run, id, name, version, facts, trace, sum) VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (run, id) DO UPDATE SET facts = excluded.facts, trace = excluded.trace, sum = excluded.sum",
			row.Key, int32(k.ID), k.Check, k.Version, k.Facts, k.Trace, sealed(k.Sum(row.Key)))
	}
	if len(b.Rows) > 0 && b.Page != nil {
		id, n := store.RowID(row.Key, b.Rows[0].Seq), uint64(len(b.Rows))
		begin.Queue("INSERT INTO page (id, rows, body, sum) VALUES ($1,$2,$3,$4)", id, int64(n), b.Page, sealed(store.SumPage(id, n, b.Page)))
		begin.Queue("INSERT INTO sieve (id, body, sum) VALUES ($1,$2,$3)", id, b.Sieve, sealed(store.SumSieve(id, b.Sieve)))
	}
	if err := conn.SendBatch(ctx, &begin).Close(); err != nil {
		return err
	}
	if taken {
		return store.ErrTaken
	}
	if len(b.Rows) > 0 {
		l.buf = appendCopy(l.buf[:0], row.Key, b.Rows)
		tag, err := conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.buf), copyRows)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(len(b.Rows)) {
			return errors.New("the server took fewer rows than it was given")
		}
	}
	tag, err := conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() != "COMMIT" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}
