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
	why, as := "", error(nil)
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			why, as = fmt.Sprintf("another process holds it locked for more than %s", busy), store.ErrAway
		case lib.SQLITE_FULL:
			why, as = "the disk is full"+kept, store.ErrUnwritable
		case lib.SQLITE_IOERR:
			why, as = "the disk does not take or give the data"+kept, store.ErrUnwritable
			if e.Code() == lib.SQLITE_IOERR_SHMSIZE { // which even who reads has to write
				why = "the disk is full" + kept
			}
		case lib.SQLITE_READONLY:
			why, as = "it cannot be written (read-only)", store.ErrUnwritable
		case lib.SQLITE_CANTOPEN:
			why, as = "it cannot be opened, or its folder cannot be written", store.ErrUnwritable
		case lib.SQLITE_CORRUPT:
			why = "the database is damaged: move it away, or restore it"
		case lib.SQLITE_NOTADB:
			why = "the file is not a database"
		case lib.SQLITE_PERM, lib.SQLITE_AUTH:
			why, as = "access denied", store.ErrUnwritable
		}
	} else if _, ok := errors.AsType[*fs.PathError](err); ok {
		if !errors.Is(err, fs.ErrNotExist) {
			as = store.ErrUnwritable
		}
	}
	return store.Fault("sqlite:"+s.path, why, as, err)
}

// failed is fail for errors that may be about a run and not about the database.
func (s *Store) failed(err error) error { return store.FaultOfRun(s, err, s.fail) }
