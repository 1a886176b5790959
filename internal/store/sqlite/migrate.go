package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

//go:embed migrations/0001_runs.sql
var runsSQL string

//go:embed migrations/0002_hosts.sql
var hostsSQL string

//go:embed migrations/0003_pages.sql
var pagesSQL string

//go:embed migrations/0004_no_hosts.sql
var noHostsSQL string

// steps lead from an empty database to the present one. A step that was released is never changed: a later one corrects
// it. The database counts them in user_version, in their transaction.
var steps = [...]string{runsSQL, hostsSQL, pagesSQL, noHostsSQL}

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
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT user_version FROM pragma_user_version").Scan(&version); err != nil {
			return err // and what another process did meanwhile is done
		}
		for ; version < to; version++ {
			if _, err := tx.ExecContext(ctx, steps[version]); err != nil {
				return fmt.Errorf("schema %d: %w", version+1, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", version, application))
		return err
	})
}

// transact runs f in a writing transaction.
func (s *Store) transact(ctx context.Context, f func(*sql.Tx) error) error {
	return s.on(ctx, func(_ *sql.Conn, tx *sql.Tx) error { return f(tx) })
}

// on is transact, with the connection of the transaction.
func (s *Store) on(ctx context.Context, f func(*sql.Conn, *sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(conn, tx); err != nil {
		tx.Rollback() // the first error is the one to tell
		return err
	}
	return tx.Commit()
}
