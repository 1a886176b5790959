package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"

	"signet/internal/store"
)

//go:embed migrations/0001_runs.sql
var runsSQL string

//go:embed migrations/0002_hosts.sql
var hostsSQL string

//go:embed migrations/0003_pages.sql
var pagesSQL string

//go:embed migrations/0004_no_hosts.sql
var noHostsSQL string

//go:embed migrations/0005_segments.sql
var segmentsSQL string

//go:embed migrations/0006_sums.sql
var sumsSQL string

//go:embed migrations/0007_sieves.sql
var sievesSQL string

//go:embed migrations/0008_desk.sql
var deskSQL string

// step is SQL, and what SQL by itself cannot do.
type step struct {
	sql  string
	then func(context.Context, *sql.Tx) error
}

// steps lead from an empty database to the present one. A step that was released is never changed: a later one corrects
// it. The database counts them in user_version, in their transaction.
var steps = [...]step{{sql: runsSQL}, {sql: hostsSQL}, {sql: pagesSQL}, {sql: noHostsSQL}, {segmentsSQL, toSegments}, {sumsSQL, toSums}, {sql: sievesSQL}, {sql: deskSQL}}

// application is "Sgnt", so that the database of another program is not taken for ours.
const application = 0x53676e74

// migrate brings the schema to a version.
func (s *Store) migrate(ctx context.Context, to int) error {
	var version, app, tables int
	row := s.write.QueryRowContext(ctx, "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)")
	if err := row.Scan(&version, &app, &tables); err != nil {
		return err
	}
	switch {
	case app != application && (app != 0 || tables > 0):
		return fmt.Errorf("the file is a database of another program")
	case version > len(steps):
		return fmt.Errorf("it was written by a newer Signet (its schema is %d, this version knows %d): use that one, or another --store", version, len(steps))
	case version >= to:
		return nil
	}
	if version == 0 {
		// Neither can change inside a transaction, and both do nothing to a database that has them.
		for _, p := range []string{"PRAGMA auto_vacuum = incremental", "PRAGMA journal_mode = wal"} {
			if _, err := s.write.ExecContext(ctx, p); err != nil {
				return err
			}
		}
	}
	err := s.transact(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT user_version FROM pragma_user_version").Scan(&version); err != nil {
			return err // and what another process did meanwhile is done
		}
		if err := s.keep(ctx, version, to); err != nil {
			return err
		}
		for ; version < to; version++ {
			_, err := tx.ExecContext(ctx, steps[version].sql)
			if then := steps[version].then; err == nil && then != nil {
				err = then(ctx, tx)
			}
			if err != nil {
				return fmt.Errorf("schema %d: %w", version+1, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", version, application))
		return err
	})
	if err != nil && s.old != "" { // the file is as it was, and who tries again makes another copy
		err = errors.Join(err, os.Remove(s.old))
		s.old = ""
	}
	return err
}

// Before is the file that holds the database as it was before Open changed its schema, for whoever goes back to the version of Signet before;
// "" where Open had nothing to change.
func (s *Store) Before() string { return s.old }

// keep copies a database that holds something before its schema is changed. Whoever calls it holds the lock of writers, so that nothing
// comes in between.
func (s *Store) keep(ctx context.Context, from, to int) error {
	if from == 0 || from >= to || s.file == "" || s.bare {
		return nil
	}
	path := fmt.Sprintf("%s.before-schema-%d", s.file, to)
	for n := 2; ; n++ { // one that is there is of another time
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
		path = fmt.Sprintf("%s.before-schema-%d-%d", s.file, to, n)
	}
	if err := s.copyTo(ctx, path); err != nil {
		return fmt.Errorf("it is of an older Signet, and is changed only once a copy stands in %s: %w", path, err)
	}
	s.old = path
	return nil
}

// transact runs f in a writing transaction.
func (s *Store) transact(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, s.write, f)
}

// transactDurably is transact that returns when the disk has what was written, and all that was before: SQLite then writes its
// journal through (synchronous = FULL), which is said to a connection and cannot be inside a transaction.
func (s *Store) transactDurably(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = full"); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = normal") // where that fails, commits wait that need not
	return transact(ctx, conn, f)
}

// transact runs f in a transaction of a database or of one connection.
func transact(ctx context.Context, db interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback() // the first error is the one to tell
		return err
	}
	return tx.Commit()
}

// toSegments moves the rows of before into segments, a bite at a time: the room of those that are moved is that of the next
// segments, so that the file does not grow.
func toSegments(ctx context.Context, tx *sql.Tx) error {
	const bite = 8192
	var body []byte
	for {
		key, last, rows, err := oldRows(ctx, tx, bite)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM observation WHERE id <= ?", last); err != nil {
			return err
		}
		for len(rows) > 0 { // as they were inserted then
			id := store.RowID(key, rows[0].Seq)
			body, rows = segment(body[:0], rows)
			if _, err := tx.ExecContext(ctx, "INSERT INTO segment (id, body) VALUES (?,?)", id, body); err != nil {
				return err
			}
		}
	}
	_, err := tx.ExecContext(ctx, "DROP TABLE observation")
	return err
}

// oldRows reads the first rows of the table of before, n at most, and of one run.
func oldRows(ctx context.Context, tx *sql.Tx, n int) (key, last int64, list []store.Row, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, addr, port, kind, state, at, took, body, trace FROM observation ORDER BY id LIMIT ?", n)
	if err != nil {
		return 0, 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r store.Row
		var id int64
		var addr []byte
		if err := rows.Scan(&id, &addr, &r.Port, &r.Kind, &r.State, &r.At, &r.Took, &r.Body, &r.Trace); err != nil {
			return 0, 0, nil, err
		}
		var ok bool
		if r.Addr, ok = netip.AddrFromSlice(addr); !ok {
			return 0, 0, nil, store.ErrDamaged
		}
		if len(list) == 0 {
			key = store.Key(id)
		} else if store.Key(id) != key {
			break
		}
		r.Seq, last = store.Seq(id), id
		list = append(list, r)
	}
	return key, last, list, errors.Join(rows.Err(), rows.Close())
}
