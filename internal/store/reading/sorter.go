package reading

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// sorter gives rows back in the order of their bytes. They are kept in memory while they fit, and else in a database of
// their own: a temporary file that SQLite makes, sorts and removes. The zero value is empty.
type sorter struct {
	rows [][]byte
	leaf []byte // where the last of them lie; those of before lie in leaves of before
	held int    // bytes of rows
	stay bool   // no temporary file can be made: everything stays in memory
	some bool   // something is in the file
	db   *sql.DB
	tx   *sql.Tx
}

// Bounds of a sorter: how many bytes it holds in memory, in leaves of what size, and how many rows one statement inserts.
const (
	sortHeld   = 8 << 20
	sortLeaf   = 256 << 10
	sortAtOnce = 100
)

// add takes a row. It is copied.
func (s *sorter) add(ctx context.Context, row []byte) error {
	if s.held+len(row) > sortHeld && s.held > 0 && !s.stay {
		if err := s.spill(ctx); err != nil && !s.some && ctx.Err() == nil {
			s.close() // a full disk, or none that can be written: memory is what is left
			s.tx, s.db, s.stay = nil, nil, true
		} else if err != nil {
			return fmt.Errorf("sorting in a temporary file: %w", err)
		}
	}
	if cap(s.leaf)-len(s.leaf) < len(row) {
		s.leaf = make([]byte, 0, max(sortLeaf, len(row)))
	}
	at := len(s.leaf)
	s.leaf = append(s.leaf, row...)
	s.rows = append(s.rows, s.leaf[at:])
	s.held += len(row)
	return nil
}

// spill moves what is in memory into the file.
func (s *sorter) spill(ctx context.Context) error {
	if s.tx == nil {
		db, err := sql.Open("sqlite", "file:?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=temp_store(file)&_pragma=cache_size(-4096)")
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		s.db = db
		if s.tx, err = db.BeginTx(ctx, nil); err != nil { // and none of it is ever committed
			return err
		}
		if _, err := s.tx.ExecContext(ctx, "CREATE TABLE row (bytes BLOB NOT NULL) STRICT"); err != nil {
			return err
		}
	}
	args := make([]any, 0, sortAtOnce)
	for at := 0; at < len(s.rows); {
		args = args[:0]
		for ; at < len(s.rows) && len(args) < sortAtOnce; at++ {
			args = append(args, s.rows[at])
		}
		if _, err := s.tx.ExecContext(ctx, "INSERT INTO row VALUES (?)"+strings.Repeat(",(?)", len(args)-1), args...); err != nil {
			return err
		}
	}
	s.some = true
	clear(s.rows)
	s.rows, s.leaf, s.held = s.rows[:0], s.leaf[:0], 0
	return nil
}

// each gives every row to f, until it wants no more. A row's bytes hold until the next one.
func (s *sorter) each(ctx context.Context, f func([]byte) (more bool, err error)) error {
	if s.tx == nil {
		slices.SortFunc(s.rows, bytes.Compare)
		for _, row := range s.rows {
			if more, err := f(row); err != nil || !more {
				return err
			}
		}
		return nil
	}
	wrap := func(err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("sorting in a temporary file: %w", err)
	}
	if err := s.spill(ctx); err != nil {
		return wrap(err)
	}
	rows, err := s.tx.QueryContext(ctx, "SELECT bytes FROM row ORDER BY bytes")
	if err != nil {
		return wrap(err)
	}
	defer rows.Close()
	var row sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&row); err != nil {
			return wrap(err)
		}
		if more, err := f(row); err != nil || !more {
			return err
		}
	}
	return wrap(rows.Err())
}

// close removes the file.
func (s *sorter) close() error {
	var errs []error
	if s.tx != nil {
		errs = append(errs, s.tx.Rollback())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}
