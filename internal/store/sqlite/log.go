package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"signet/internal/store"
)

// log is a run that is being written.
type log struct {
	s     *Store
	key   int64
	epoch int64
	seq   uint64 // of the last row
	count uint64
	args  []driver.NamedValue
}

// atOnce is how many rows one statement inserts, and columns how many values each has.
const (
	atOnce  = 100
	columns = 9
)

// insert is a statement of n rows.
func insert(n int) string {
	return "INSERT INTO observation (id, addr, port, kind, state, at, took, body, trace) VALUES " +
		strings.Repeat("(?,?,?,?,?,?,?,?,?),", n-1) + "(?,?,?,?,?,?,?,?,?)"
}

// Append commits a batch.
func (l *log) Append(ctx context.Context, b *store.Batch) error {
	run := *b.Run
	run.Observations = l.count + uint64(len(b.Rows))
	head, progress, err := store.AppendHead(&run)
	if err != nil {
		return l.s.fail(err)
	}
	seq := l.seq
	err = l.s.on(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE run SET head = ?, progress = ?, count = ? WHERE key = ? AND epoch = ?", string(head), progress, run.Observations, l.key, l.epoch)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return store.ErrTaken
		}
		for i := range b.Kinds {
			k := &b.Kinds[i]
			_, err := tx.ExecContext(ctx, "INSERT INTO kind (run, id, name, version, facts, trace) VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET facts = excluded.facts, trace = excluded.trace",
				l.key, k.ID, k.Check, k.Version, k.Facts, k.Trace)
			if err != nil {
				return err
			}
		}
		if len(b.Rows) > 0 {
			if _, err := tx.ExecContext(ctx, "INSERT INTO page (id, rows, body) VALUES (?,?,?)", store.RowID(l.key, seq+1), len(b.Rows), b.Page); err != nil {
				return err
			}
		}
		return conn.Raw(func(c any) (err error) {
			seq, err = l.insert(ctx, c.(driver.Conn), b.Rows, seq)
			return err
		})
	})
	if err != nil {
		return l.s.fail(err)
	}
	l.seq, l.count, b.Run.Observations = seq, run.Observations, run.Observations
	return nil
}

// insert adds rows by a hundred, then the rest one by one. It speaks to the driver itself: what database/sql makes of nine
// hundred arguments costs a tenth of the insert.
func (l *log) insert(ctx context.Context, conn driver.Conn, rows []store.Row, seq uint64) (uint64, error) {
	if l.args == nil {
		l.args = make([]driver.NamedValue, atOnce*columns)
		for i := range l.args {
			l.args[i].Ordinal = i + 1
		}
	}
	for _, n := range []int{atOnce, 1} {
		if len(rows) < n {
			continue
		}
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, insert(n))
		if err != nil {
			return 0, err
		}
		defer stmt.Close()
		exec := stmt.(driver.StmtExecContext)
		for len(rows) >= n {
			for i := range rows[:n] {
				seq++
				rows[i].Seq = seq
				l.bind(l.args[i*columns:], &rows[i])
			}
			if _, err := exec.ExecContext(ctx, l.args[:n*columns]); err != nil {
				return 0, err
			}
			rows = rows[n:]
		}
	}
	return seq, nil
}

func (l *log) bind(args []driver.NamedValue, r *store.Row) {
	args[0].Value = store.RowID(l.key, r.Seq)
	args[1].Value = r.Addr.AsSlice()
	args[2].Value = int64(r.Port)
	args[3].Value = int64(r.Kind)
	args[4].Value = int64(r.State)
	args[5].Value = r.At
	args[6].Value = r.Took
	args[7].Value = r.Body
	args[8].Value = nil
	if r.Trace != nil {
		args[8].Value = r.Trace
	}
}
