package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"signet/internal/store"
)

// busy is how long a writer waits for another one.
const busy = 10 * time.Second

// Store is one database file.
type Store struct {
	path  string  // as it was given
	file  string  // the whole path; "" in memory
	old   string  // a copy of the file as it was before its schema was changed; "" where it was not
	bare  bool    // no such copy is made
	write *sql.DB // one connection
	read  *sql.DB
}

var _ store.Store = (*Store)(nil)

// Open opens the database at path. With create it is made if it is not there, mode 0600, and its folder, mode 0700; without,
// that is store.ErrMissing. One of an older Signet is copied first, as Before says, and then changed to the present schema; where there is
// no room for the copy it stays as it is, and that is the error.
func Open(ctx context.Context, path string, create bool) (*Store, error) {
	return open(ctx, path, create, false)
}

// open is Open, with a copy or, of what is a copy itself, without.
func open(ctx context.Context, path string, create, bare bool) (*Store, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store sqlite:%s: %w", path, err)
	}
	s := &Store{path: path, file: full, bare: bare}
	if err := prepare(full, create); err != nil {
		return nil, s.fail(err)
	}
	// Rows are appended and leave the cache for good: four times this was no faster, and stood in memory to the end of the run.
	err = s.connect(dsn(full, "_txlock=immediate", "_pragma=synchronous(normal)", "_pragma=cache_size(-4096)"), dsn(full, "_pragma=query_only(1)", "_pragma=cache_size(-4096)"))
	if err != nil {
		return nil, s.fail(err)
	}
	if err := s.migrate(ctx, len(steps)); err != nil {
		err = s.fail(err)
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenMemory opens a database in memory, which goes away with Close. It holds a gigabyte at most.
func OpenMemory(ctx context.Context) (*Store, error) {
	s := &Store{path: "memory"}
	name := fmt.Sprintf("file:/signet-%p?vfs=memdb&_pragma=temp_store(memory)&_pragma=busy_timeout(%d)", s, busy.Milliseconds())
	if err := s.connect(name+"&_txlock=immediate&_pragma=synchronous(off)", name); err != nil {
		return nil, s.fail(err)
	}
	// While no connection is open there is nothing: the one that writes stays.
	s.write.SetConnMaxIdleTime(0)
	if err := s.migrate(ctx, len(steps)); err != nil {
		err = s.fail(err)
		s.Close()
		return nil, err
	}
	return s, nil
}

// connect sets up the connection that writes and those that read.
func (s *Store) connect(write, read string) (err error) {
	if s.write, err = sql.Open("sqlite", write); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", read); err != nil {
		return errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(4)
	return nil
}

// prepare makes the file, so that it is never readable by others, not even for a moment.
func prepare(path string, create bool) error {
	is, err := os.Stat(path)
	if err == nil && !is.Mode().IsRegular() {
		return errors.New("it is a folder or a device, and no database: give a file")
	}
	if err == nil && is.Size() == 0 && !create {
		return store.ErrMissing // looking does not make one of it
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !create {
		return store.ErrMissing
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// fileURL is a path as SQLite takes it.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: path}
	return u.String()
}

func dsn(path string, more ...string) string {
	options := append([]string{
		fmt.Sprintf("_pragma=busy_timeout(%d)", busy.Milliseconds()), "_pragma=temp_store(file)",
	}, more...)
	return fileURL(path) + "?" + strings.Join(options, "&")
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} { // the writer last: it takes the journal along
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s.fail(err)
	}
	return nil
}
