package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"signet/internal/store"
)

// mostTold bounds how much of one sort of damage is told.
const mostTold = 50

// Verify has SQLite check its own structure, and looks at what lies beside the rows of runs: the schema, the header of the file,
// and rows that belong to no run.
func (s *Store) Verify(ctx context.Context, tell func(string)) error {
	// What damage keeps from being looked at is told as what it is.
	look := func(query string, each func(scan func(...any) error) error) {
		rows, err := s.read.QueryContext(ctx, query)
		if err == nil {
			defer rows.Close()
			for err == nil && rows.Next() {
				err = each(rows.Scan)
			}
			if err == nil {
				err = rows.Err()
			}
		}
		if err != nil && ctx.Err() == nil {
			tell(s.fail(err).Error())
		}
	}
	look(fmt.Sprintf("PRAGMA integrity_check(%d)", mostTold), func(scan func(...any) error) error {
		var line string
		err := scan(&line)
		if line = strings.Join(strings.Fields(line), " "); err == nil && line != "ok" {
			tell("the database: " + line)
		}
		return err
	})
	want, err := schema(ctx)
	if err != nil {
		return err
	}
	var have []string
	look("SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema", func(scan func(...any) error) error {
		var line string
		err := scan(&line)
		have = append(have, line)
		return err
	})
	if slices.Sort(have); !slices.Equal(have, want) {
		tell("the schema of the database is not the one it was made with")
	}
	for _, table := range []string{"segment", "page"} {
		look("SELECT count(*) FROM "+table+" WHERE id >> 40 NOT IN (SELECT key FROM run)", orphans(tell, table))
	}
	look("SELECT count(*) FROM sieve WHERE id NOT IN (SELECT id FROM page)", orphans(tell, "sieve"))
	look("SELECT count(*) FROM kind WHERE run NOT IN (SELECT key FROM run)", orphans(tell, "kind"))
	for _, counter := range []struct{ what, query string }{
		{"runs", fmt.Sprintf("SELECT count(*) FROM sqlite_sequence WHERE name = 'run' AND seq NOT BETWEEN (SELECT coalesce(max(key), 0) FROM run) AND %d OR name NOT IN ('run', 'desk')", mostKey)},
		{"revisions", fmt.Sprintf("SELECT count(*) FROM sqlite_sequence WHERE name = 'desk' AND seq NOT BETWEEN (SELECT coalesce(max(rev), 0) FROM desk) AND %d", mostRev)},
	} {
		look(counter.query, func(scan func(...any) error) error {
			var n int
			err := scan(&n)
			if n > 0 {
				tell("the counter of " + counter.what + " is damaged")
			}
			return err
		})
	}
	told := 0
	look("SELECT "+documentColumns+" FROM desk ORDER BY rev", func(scan func(...any) error) error {
		if _, err := scanDocument(scan); errors.Is(err, store.ErrDamaged) {
			if told++; told <= mostTold {
				tell(err.Error())
			}
		} else if err != nil {
			return err
		}
		return nil
	})
	look("SELECT data FROM sqlite_dbpage WHERE pgno = 1", func(scan func(...any) error) error {
		var page []byte
		if err := scan(&page); err != nil {
			return err
		}
		if what := oddHeader(page); what != "" {
			tell("the header of the file: " + what)
		}
		return nil
	})
	// A process that dies while the file grows leaves its journal, from which the next one mends it.
	if is, err := os.Stat(s.path); err == nil && is.Size()%pageBytes != 0 {
		if wal, err := os.Stat(s.path + "-wal"); err != nil || wal.Size() == 0 {
			tell(fmt.Sprintf("the file is cut short: its last page lacks %d bytes", pageBytes-is.Size()%pageBytes))
		}
	}
	return ctx.Err()
}

// pageBytes is SQLite's default size of a page, which ours have.
const pageBytes = 4096

// orphans tells of rows of a table that belong to no run.
func orphans(tell func(string), table string) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var n int
		err := scan(&n)
		if n > 0 {
			tell(fmt.Sprintf("%d records of the table %s belong to no run", n, table))
		}
		return err
	}
}

// schema is what the steps make of an empty database.
func schema(ctx context.Context) ([]string, error) {
	s := &Store{path: ":memory:"}
	if err := s.connect("file::memory:?_txlock=immediate", "file::memory:"); err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.migrate(ctx, len(steps)); err != nil {
		return nil, err
	}
	rows, err := s.write.QueryContext(ctx, "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list, rows.Err()
}

// oddHeader says what of a database's header (SQLite's "Database File Format", 1.3) is not as SQLite writes it for us; what it reads
// itself, it checks itself.
func oddHeader(page []byte) string {
	if len(page) < 100 {
		return "it is cut short"
	}
	for _, field := range []struct {
		what     string
		from, to int
		want     string
	}{
		{"versions of the format", 18, 20, "\x02\x02"},
		{"default size of the cache", 48, 52, "\x00\x00\x00\x00"},
		{"encoding of text", 56, 60, "\x00\x00\x00\x01"},
		{"incremental vacuum", 64, 68, "\x00\x00\x00\x01"},
		{"room for later use", 72, 92, strings.Repeat("\x00", 20)},
	} {
		if string(page[field.from:field.to]) != field.want {
			return field.what
		}
	}
	if string(page[24:28]) != string(page[92:96]) {
		return "counter of changes"
	}
	return ""
}

// mostKey is the last key that leaves room for the numbers of a run's rows.
const mostKey = int64(1)<<(63-40) - 1
