package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"signet/internal/store"
)

// Backup writes the whole database as it stands, while it is in use, into a file of mode 0600 that Open opens and Restore takes. The file
// appears when it is whole and on the disk, in place of one of that name.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.file == "" {
		return s.fail(errors.New("what is in memory alone has no backup"))
	}
	path, err := filepath.Abs(path) // a connection is made to a URL, which knows no present folder
	if err != nil {
		return s.fail(err)
	}
	if err := s.copyTo(ctx, path); err != nil {
		return s.fail(fmt.Errorf("backup %s: %w", path, err))
	}
	return nil
}

// copyTo makes a copy of the database under a name that it has once it is whole.
func (s *Store) copyTo(ctx context.Context, path string) error {
	part := path + partOf
	err := copied(ctx, s.file, part)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
		return err
	}
	return flushFolder(path)
}

// copied makes a database of what stands in another one.
func copied(ctx context.Context, from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := prepare(to, true); err != nil {
		return err
	}
	// A connection of its own: the one that writes goes on, and those that read may write nothing.
	if err := once(ctx, from, "VACUUM INTO ?", to); err != nil {
		return err
	}
	if err := once(ctx, to, "PRAGMA journal_mode = wal"); err != nil { // which a copy is not
		return err
	}
	return flush(to)
}

// once says one thing to a database.
func once(ctx context.Context, path, statement string, args ...any) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(err, db.Close())
}

// flush has the disk take a file.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// flushFolder has the disk take the name of a file.
func flushFolder(path string) error {
	if runtime.GOOS == "windows" { // which opens no folder, and needs not
		return nil
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// beforeRestore is added to the name of what a backup takes the place of.
const beforeRestore = ".before-restore"

// Restore puts what Backup wrote in the place of a database, damaged or not, or where there is none. A backup that is damaged, or of a newer
// Signet, is refused, and so is a place that a process holds (store.ErrHeld); nothing is changed then. What stood there is kept under before,
// which is "" where nothing did.
func Restore(ctx context.Context, backup, path string) (before string, err error) {
	s := &Store{path: path}
	if s.file, err = filepath.Abs(path); err != nil {
		return "", s.fail(err)
	}
	if whole, err := filepath.EvalSymlinks(s.file); err == nil {
		s.file = whole
	}
	_, release, err := s.Hold(ctx, "serve")
	if err != nil {
		return "", err
	}
	defer release()
	part := s.file + ".restored"
	if err := s.examined(ctx, backup, part); err != nil {
		os.Remove(part)
		return "", err
	}
	if before, err = s.setAside(); err == nil {
		err = os.Rename(part, s.file)
	}
	if err != nil {
		os.Remove(part)
		return before, s.fail(err)
	}
	return before, s.fail(flushFolder(s.file))
}

// examined copies a backup, brings the copy to the present schema, and reads all of it.
func (s *Store) examined(ctx context.Context, backup, part string) error {
	of := &Store{path: backup}
	if is, err := os.Stat(backup + "-wal"); err == nil && is.Size() > 0 {
		return of.fail(errors.New("it is in use, or was copied while it was: a backup is one file, made by `signet serve backup`"))
	}
	in, err := os.Open(backup)
	if err != nil {
		return of.fail(err)
	}
	defer in.Close()
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return s.fail(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return s.fail(err)
	}
	copy, err := open(ctx, part, false, true)
	if err != nil {
		return fmt.Errorf("backup %s: %w", backup, err)
	}
	defer copy.Close()
	var told []string
	tell := func(line string) { told = append(told, line) }
	runs, err := store.AllRuns(ctx, copy)
	if err == nil {
		_, err = store.Check(ctx, copy, runs, tell)
	}
	if err == nil {
		err = copy.Verify(ctx, tell)
	}
	if err == nil && len(told) > 0 {
		err = fmt.Errorf("it is damaged, and nothing was restored: %s", told[0])
	}
	if err != nil {
		return fmt.Errorf("backup %s: %w", backup, err)
	}
	return nil
}

// setAside renames the database that stands in the place, and the journal that belongs to it: beside another database that would be
// taken for its own.
func (s *Store) setAside() (before string, err error) {
	before = s.file + beforeRestore
	if _, err := os.Lstat(before); err == nil {
		return "", fmt.Errorf("%s is left of another time: move it away", before)
	}
	for _, part := range []string{"-wal", ""} {
		switch err := os.Rename(s.file+part, before+part); {
		case errors.Is(err, fs.ErrNotExist):
			if part == "" {
				return "", nil
			}
		case err != nil:
			return "", err
		}
	}
	if err := os.Remove(s.file + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return before, err
	}
	return before, nil
}
