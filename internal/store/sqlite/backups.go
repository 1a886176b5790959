package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The names of backups in a folder, by the time they were made, UTC. What has another name is none of ours.
const (
	backupName = "signet-20060102T150405Z.db"
	partOf     = ".part"
)

// madeAt is when a backup of a name was made.
func madeAt(name string) (at time.Time, ok bool) {
	at, err := time.Parse(backupName, name)
	return at, err == nil && at.Format(backupName) == name
}

// BackupInto writes a backup, as Backup does, into a folder that is there, named by the time at, and then removes the oldest of those that
// stand there so that keep of them, at least one, are left; that one is among them. name is its file's; "": there is none. With a name, an
// error is that others could not be removed.
func (s *Store) BackupInto(ctx context.Context, folder string, at time.Time, keep int) (name string, err error) {
	if _, err := os.ReadDir(folder); err != nil { // of a disk that is not mounted: it is not made anew on another one
		return "", s.fail(err)
	}
	name = at.UTC().Format(backupName)
	err = s.Backup(ctx, filepath.Join(folder, name))
	if left := s.sweepBackups(folder, name, keep); err == nil {
		return name, left
	}
	return "", err
}

// sweepBackups removes what processes that were killed left of backups in a folder and, where one of a name is there, the oldest beyond keep.
func (s *Store) sweepBackups(folder, name string, keep int) error {
	list, err := os.ReadDir(folder)
	if err != nil {
		return s.fail(err)
	}
	var all []string
	var errs []error
	remove := func(name string) {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			errs = append(errs, err)
		}
	}
	whole := false
	for _, f := range list {
		if !f.Type().IsRegular() {
			continue
		}
		of, rest, part := strings.Cut(f.Name(), partOf)
		_, ours := madeAt(of)
		switch {
		case ours && part && !strings.Contains(rest, "."): // and its journal
			remove(f.Name())
		case ours && !part && f.Name() == name:
			whole = true
		case ours && !part:
			all = append(all, f.Name())
		}
	}
	if whole {
		slices.Sort(all) // the oldest first
		for _, old := range all[:max(len(all)-max(keep-1, 0), 0)] {
			remove(old)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s.fail(fmt.Errorf("what is older than backup %s was not all removed: %w", name, err))
	}
	return nil
}
