package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"slices"

	"signet/internal/store"
)

// list numbers rows of a run, for json_each.
func list(key int64, seqs []uint64) string {
	b, _ := json.Marshal(store.RowIDs(key, seqs)) // integers can always be written
	return string(b)
}

// The segments of a run that hold certain rows. The first row of one may be gone, its number is not: a row stands in the segment
// whose id is the nearest below.
const (
	segmentsBetween = "FROM segment WHERE id BETWEEN (SELECT coalesce(max(id), ?1) FROM segment WHERE id BETWEEN ?1 AND ?2) AND ?3" // run's first, first, last
	segmentsOf      = "FROM segment WHERE id IN (SELECT (SELECT max(id) FROM segment WHERE id BETWEEN ?1 AND value) FROM json_each(?2))"
)

// Rows gives rows of a run, from one snapshot of the database.
func (s *Store) Rows(ctx context.Context, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		key, err := s.key(ctx, id)
		if err != nil {
			yield(nil, err)
			return
		}
		var r store.Row
		give := func(b []byte) (bool, error) {
			_, err := readRow(&r, b)
			return err == nil && yield(&r, nil), err
		}
		if which.Order == store.ByAddress {
			sorted := sorter{}
			defer sorted.close()
			if err = s.rows(ctx, key, which, func(b []byte) (bool, error) { return true, sorted.add(ctx, b) }); err == nil {
				err = sorted.each(ctx, give)
			}
		} else {
			err = s.rows(ctx, key, which, give)
		}
		if err != nil {
			yield(nil, s.fail(err))
		}
	}
}

// rows gives the bytes of rows to f, in the order of storing, until it wants no more.
func (s *Store) rows(ctx context.Context, key int64, which store.Which, f func([]byte) (more bool, err error)) error {
	from, to := which.Span(key)
	begin, _ := store.Span(key)
	query, args := "SELECT body "+segmentsBetween, []any{begin, from, to}
	var only []uint64
	if which.Only != nil {
		only = slices.Sorted(slices.Values(which.Only))
		query, args = "SELECT body "+segmentsOf, []any{begin, list(key, only)}
	}
	rows, err := s.read.QueryContext(ctx, query+" ORDER BY id", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r store.Row
	var body sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&body); err != nil {
			return err
		}
		for rest := []byte(body); len(rest) > 0; {
			row := rest
			if rest, err = readRow(&r, row); err != nil {
				return err
			}
			if id := store.RowID(key, r.Seq); id < from || id > to {
				continue
			}
			if which.Only != nil {
				if _, ok := slices.BinarySearch(only, r.Seq); !ok {
					continue
				}
			}
			if more, err := f(row[:len(row)-len(rest)]); err != nil || !more {
				return err
			}
		}
	}
	return rows.Err()
}

// Pages gives the pages of a run, from one snapshot of the database.
func (s *Store) Pages(ctx context.Context, id string) iter.Seq2[*store.Page, error] {
	return func(yield func(*store.Page, error) bool) {
		key, err := s.key(ctx, id)
		if err != nil {
			yield(nil, err)
			return
		}
		from, to := store.Span(key)
		rows, err := s.read.QueryContext(ctx, "SELECT id, rows, body FROM page WHERE id BETWEEN ? AND ? ORDER BY id", from, to)
		if err != nil {
			yield(nil, s.fail(err))
			return
		}
		defer rows.Close()
		var p store.Page
		var at int64
		var body sql.RawBytes
		for rows.Next() {
			if err := rows.Scan(&at, &p.Rows, &body); err != nil {
				yield(nil, s.fail(err))
				return
			}
			p.First, p.Body = store.Seq(at), body
			if !yield(&p, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.fail(err))
		}
	}
}
