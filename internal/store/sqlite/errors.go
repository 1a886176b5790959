package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

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
			if e.Code() == lib.SQLITE_IOERR_SHMSIZE { // which even who reads has to write
				why = "the disk is full" + kept
			}
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
	return store.Fault("sqlite:"+s.path, why, unwritable, err)
}

// failed is fail for errors that may be about a run and not about the database.
func (s *Store) failed(err error) error { return store.FaultOfRun(s, err, s.fail) }
