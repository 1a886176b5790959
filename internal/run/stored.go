package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
	"signet/internal/store/postgres"
	"signet/internal/store/sqlite"
	"signet/internal/text"
)

// OpenStore opens the store of a URL: sqlite:PATH, postgres://…, or none, which is nil. With create a database that is not
// there is made; without, its error is store.ErrMissing. One of an older Signet is changed to what this one writes: tell is told where a
// copy of it stands, as it was.
func OpenStore(ctx context.Context, url string, create bool, tell func(string)) (s store.Store, err error) {
	path, file := strings.CutPrefix(url, "sqlite:")
	switch {
	case url == "none":
		return nil, nil
	case file:
		s, err = sqlite.Open(ctx, path, create)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		s, err = postgres.Open(ctx, url)
	default:
		kind, _, _ := strings.Cut(url, ":") // what follows may hold a password
		meant := ""
		if kind == url && strings.ContainsAny(url, `./\`) {
			meant = "; did you mean sqlite:" + url + "?"
		}
		return nil, refuse("store", "{store} %s: want sqlite:PATH, postgres://USER@HOST/DATABASE or none%s", kind, meant)
	}
	switch {
	case errors.Is(err, store.ErrMissing):
		return nil, fmt.Errorf("no run is stored yet: %w", err)
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	if f, ok := s.(*sqlite.Store); ok && f.Before() != "" {
		tell("the store was written by an older Signet and has been changed: as it was it stands in " + f.Before())
	}
	return s, nil
}

// Backup writes the store of a URL into a file, while it is in use; one that stands there is replaced by a whole one.
func Backup(ctx context.Context, url, file string, tell func(string)) error {
	if _, err := databaseFile(url); err != nil {
		return err
	}
	s, err := OpenStore(ctx, url, false, tell)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.(*sqlite.Store).Backup(ctx, file)
}

// Backups gives what writes backups of the open store of a URL, each under a name with its time, into a folder, of which the newest keep stay
// (at least one). The folder is made where it is missing. With a name, an error of that is of older ones that could not be removed.
func Backups(s store.Store, url, folder string, keep int) (func(ctx context.Context, at time.Time) (name string, err error), error) {
	if _, err := databaseFile(url); err != nil {
		return nil, err
	}
	if keep < 1 {
		return nil, refuse("backup_keep", "{backup_keep} %d: want at least 1", keep)
	}
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return nil, refuse("backup_dir", "{backup_dir}: %v", err)
	}
	return func(ctx context.Context, at time.Time) (string, error) {
		return s.(*sqlite.Store).BackupInto(ctx, folder, at, keep)
	}, nil
}

// Restore puts what Backup wrote in the place of the store of a URL, which no `signet serve` may hold. before names the file in which what
// stood there is kept, if anything did.
func Restore(ctx context.Context, file, url string) (before string, err error) {
	path, err := databaseFile(url)
	if err != nil {
		return "", err
	}
	return sqlite.Restore(ctx, file, path)
}

// databaseFile is the file that a URL names. Other databases have programs of their own for what is done to a file.
func databaseFile(url string) (path string, err error) {
	path, file := strings.CutPrefix(url, "sqlite:")
	if file {
		return path, nil
	}
	kind, _, _ := strings.Cut(url, ":") // what follows may hold a password
	return "", refuse("store", "{store} %s: only sqlite:PATH is backed up and restored here; of PostgreSQL, pg_dump and pg_restore do it", kind)
}

// Stored is a store that is open, and the runs in it, newest first.
type Stored struct {
	Store store.Store
	Runs  []store.Run
}

// OpenRuns opens a store that exists, as OpenStore does, and lists its runs. The caller closes it.
func OpenRuns(ctx context.Context, url string, tell func(string)) (*Stored, error) {
	s, err := OpenStore(ctx, url, false, tell)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, refuse("store", "{store} none keeps no run")
	}
	runs, err := store.AllRuns(ctx, s)
	if err != nil {
		s.Close()
		return nil, err
	}
	return &Stored{s, runs}, nil
}

// Close closes the store; of none it is nothing.
func (s *Stored) Close() error {
	if s.Store == nil {
		return nil
	}
	return s.Store.Close()
}

// Find is the run of an ID, of the beginning of one, or of a word: latest (which the empty name is, too) or previous.
func (s *Stored) Find(name string) (*store.Run, error) {
	r, err := store.Find(s.Runs, name)
	if err != nil {
		return nil, &NotFoundError{fmt.Errorf("%w%s", err, meantRun(name))}
	}
	return r, nil
}

// meantRun says what a name that is no run's most likely stands for.
func meantRun(name string) string {
	switch name {
	case "last", "newest", "current":
		return "; did you mean latest?"
	case "prev", "last-but-one", "before":
		return "; did you mean previous?"
	}
	return text.DidYouMean(name, []string{"latest", "previous"})
}

// Readable is Find for who reads the run; one of which nothing, or not all, can be read is an error. A damaged run may be the one
// that is meant by a word, since when it was made is not known any more: where another is taken, warn hears of it.
func (s *Stored) Readable(name string, warn func(string)) (*store.Run, error) {
	r, err := s.Find(name)
	word := name == "" || name == "latest" || name == "previous"
	if i := slices.IndexFunc(s.Runs, func(r store.Run) bool { return r.Damaged }); i >= 0 && word {
		if err != nil {
			r, err = &s.Runs[i], nil
		} else {
			warn(fmt.Sprintf("run %s is skipped: its stored rows are damaged (signet runs check names them)", s.Runs[i].ID))
		}
	}
	switch {
	case err != nil:
		return nil, err
	case r.Damaged:
		return nil, fmt.Errorf("run %s: its stored rows are damaged: restore the store from a copy, or delete the run (signet runs check names them)", r.ID)
	case r.Importing:
		return nil, fmt.Errorf("run %s: its import is under way or was cut short: import it again", r.ID)
	}
	return r, nil
}

// Prunable names the runs that are older than the newest keep and, with byAge, began before a moment. Runs that came to nothing
// take no place among the newest: they go with those they are older than. One that is damaged stays.
func (s *Stored) Prunable(keep int, byAge bool, before time.Time) (ids []string) {
	newer := 0
	for i := range s.Runs {
		r := &s.Runs[i]
		if newer >= keep && !r.Damaged && (!byAge || r.When().Before(before)) {
			ids = append(ids, r.ID)
		}
		if r.Stands() {
			newer++
		}
	}
	return ids
}

// State says how a run stands. One that was killed is not told from one that is being made.
func State(r *store.Run) string {
	switch {
	case r.Damaged:
		return "damaged"
	case r.Importing:
		return "importing"
	case r.Failed != "":
		return "failed"
	case r.Finished():
		return "done"
	case r.Interrupted:
		return "interrupted"
	}
	return "not ended"
}
