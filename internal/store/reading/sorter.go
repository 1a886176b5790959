package reading

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	_ "modernc.org/sqlite" // the driver
)

// sorter gives rows back in the order of their bytes. They are kept in memory while they fit. Else what fits is sorted, written as
// a part of its own, and the parts are merged in the end. They lie in a database of their own, a temporary file that SQLite
// makes and removes. The zero value is empty.
type sorter struct {
	rows [][]byte
	leaf []byte // where the last of them lie; those of before lie in leaves of before
	held int    // bytes of rows
	stay bool   // no temporary file can be made: everything stays in memory
	some bool   // something is in the file
	db   *sql.DB
	tx   *sql.Tx

	parts int // that are in the file
}

// Bounds of a sorter: how many bytes it holds in memory, in leaves of what size, and how many bytes of a part are read at once.
const (
	sortHeld  = 8 << 20
	sortLeaf  = 256 << 10
	sortPiece = 32 << 10
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
		if _, err := s.tx.ExecContext(ctx, "CREATE TABLE piece (id INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT"); err != nil {
			return err
		}
	}
	slices.SortFunc(s.rows, bytes.Compare)
	insert, err := s.tx.PrepareContext(ctx, "INSERT INTO piece VALUES (?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	var piece []byte
	number := int64(0)
	for i, row := range s.rows {
		piece = append(binary.AppendUvarint(piece, uint64(len(row))), row...)
		if i < len(s.rows)-1 && len(piece) < sortPiece {
			continue
		}
		if _, err := insert.ExecContext(ctx, pieceID(s.parts, number), piece); err != nil {
			return err
		}
		piece, number = piece[:0], number+1
	}
	s.parts++
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
	read, err := s.tx.PrepareContext(ctx, "SELECT rows FROM piece WHERE id = ?")
	if err != nil {
		return wrap(err)
	}
	defer read.Close()
	m := merge{next: func(part int, number int64) (piece []byte, err error) {
		err = read.QueryRowContext(ctx, pieceID(part, number)).Scan(&piece)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return piece, err
	}}
	for part := range s.parts {
		if err := m.begin(part); err != nil {
			return wrap(err)
		}
	}
	for m.row() != nil {
		if more, err := f(m.row()); err != nil || !more {
			return err
		}
		if err := m.pass(); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// pieceID is the key of a piece of a part.
func pieceID(part int, number int64) int64 { return int64(part)<<32 | number }

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
