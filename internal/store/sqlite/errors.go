package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"signet/internal/store"
)

// fail words an error for the user, in one line that names the store.
func (s *Store) fail(err error) error {
	if err == nil {
		return nil
	}
	const kept = "; what was stored before is kept"
	why, unwritable := "", false
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			why = fmt.Sprintf("another process holds it locked for more than %s", busy)
		case lib.SQLITE_FULL:
			why, unwritable = "the disk is full"+kept, true
		case lib.SQLITE_IOERR:
			why, unwritable = "the disk does not take or give the data"+kept, true
		case lib.SQLITE_READONLY:
			why, unwritable = "it cannot be written (read-only)", true
		case lib.SQLITE_CANTOPEN:
			why, unwritable = "it cannot be opened, or its folder cannot be written", true
		case lib.SQLITE_CORRUPT:
			why = "the database is damaged: move it away, or restore it"
		case lib.SQLITE_NOTADB:
			why = "the file is not a database"
		case lib.SQLITE_PERM, lib.SQLITE_AUTH:
			why, unwritable = "access denied", true
		}
	} else if _, ok := errors.AsType[*fs.PathError](err); ok {
		unwritable = !errors.Is(err, fs.ErrNotExist)
	}
	if unwritable {
		err = cannotWrite{err}
	}
	if why != "" {
		return fmt.Errorf("store sqlite:%s: %s (%w)", s.path, why, oneLine{err})
	}
	return fmt.Errorf("store sqlite:%s: %w", s.path, oneLine{err})
}

// failed is fail for errors that may be about a run and not about the database.
func (s *Store) failed(err error) error {
	if errors.Is(err, store.ErrUnknown) {
		return err
	}
	if d, ok := errors.AsType[*store.Damage](err); ok {
		return s.fail(d.Locate(context.Background(), s))
	}
	return s.fail(err)
}

// cannotWrite is an error that is store.ErrUnwritable too.
type cannotWrite struct{ error }

func (e cannotWrite) Is(target error) bool { return target == store.ErrUnwritable }
func (e cannotWrite) Unwrap() error        { return e.error }

// oneLine is an error without line breaks.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }
