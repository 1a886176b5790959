package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"signet/internal/store"
)

// Hold holds a name: by a lock on a file beside the database, FILE-NAME.lock, which stays empty and stays. It is itself a database
// that is locked and never written, so that SQLite does the locking on each system, and the lock goes away with the process.
func (s *Store) Hold(ctx context.Context, name string) (context.Context, func(), error) {
	if err := store.CheckHold(name); err != nil {
		return nil, nil, s.fail(err)
	}
	address := fmt.Sprintf("file:/signet-%p-%s?vfs=memdb", s, name) // of a database in memory, which no other process has
	if s.file != "" {
		path, err := filepath.EvalSymlinks(s.file) // by whatever name the database was opened
		if errors.Is(err, fs.ErrNotExist) {
			path, err = s.file, nil // one that is to be restored
		}
		if err != nil {
			return nil, nil, s.fail(err)
		}
		path += "-" + name + ".lock"
		if err := prepare(path, true); err != nil {
			return nil, nil, s.fail(err)
		}
		address = fileURL(path) + "?_pragma=busy_timeout(0)"
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, nil, s.fail(err)
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err != nil {
		err = errors.Join(err, db.Close())
		if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == lib.SQLITE_BUSY {
			err = store.ErrHeld
		}
		return nil, nil, s.fail(err)
	}
	held, end := context.WithCancelCause(ctx)
	return held, func() {
		end(context.Canceled)
		conn.Close()
		db.Close() // with which the lock goes; nothing was written
	}, nil
}
