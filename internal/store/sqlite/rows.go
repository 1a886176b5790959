package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
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
		var r store.Row
		give := func(b []byte) (bool, error) {
			_, err := readRow(&r, b)
			return err == nil && yield(&r, nil), err
		}
		var err error
		if which.Order == store.ByAddress {
			sorted := sorter{}
			defer sorted.close()
			bad := func(d *store.Damage) (bool, error) { return false, d }
			if err = s.rows(ctx, id, which, func(b []byte) (bool, error) { return true, sorted.add(ctx, b) }, bad); err == nil {
				err = sorted.each(ctx, give)
			}
		} else {
			bad := func(d *store.Damage) (bool, error) { return yield(nil, s.failed(d)), nil }
			err = s.rows(ctx, id, which, give, bad)
		}
		if err != nil {
			yield(nil, s.failed(err))
		}
	}
}

// rows gives the bytes of rows to f, in the order of storing, and what is damaged to bad, until either wants no more.
func (s *Store) rows(ctx context.Context, id string, which store.Which, f func([]byte) (more bool, err error), bad func(*store.Damage) (more bool, err error)) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // so that the count of the run is that of what is read
	if err != nil {
		return err
	}
	defer tx.Rollback()
	run, err := find(ctx, tx, id)
	if err != nil {
		return err
	}
	from, to := which.Span(run.Key)
	begin, _ := store.Span(run.Key)
	query, args := "SELECT id, body, sum "+segmentsBetween, []any{begin, from, to}
	var only []uint64
	if which.Only != nil {
		only = slices.Sorted(slices.Values(which.Only))
		query, args = "SELECT id, body, sum "+segmentsOf, []any{begin, list(run.Key, only)}
	}
	rows, err := tx.QueryContext(ctx, query+" ORDER BY id", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r store.Row
	var at int64
	var body sql.RawBytes
	var sum any
	n, damaged := uint64(0), false
	for rows.Next() {
		if err := rows.Scan(&at, &body, &sum); err != nil {
			return err
		}
		if !holds(sum, sumSegment(at, body), run.Unsealed) {
			damaged = true
			if more, err := bad(damagedRows(&run, at, s.after(ctx, at, to))); err != nil || !more {
				return err
			}
			continue
		}
		for rest := []byte(body); len(rest) > 0; {
			row := rest
			if rest, err = readRow(&r, row); err != nil {
				return damagedRows(&run, at, s.after(ctx, at, to))
			}
			n++
			if id := store.RowID(run.Key, r.Seq); id < from || id > to {
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
	if err := rows.Err(); err != nil {
		return err
	}
	if which.All() && !damaged && n != run.Count {
		_, err = bad(&store.Damage{Run: id, What: fmt.Sprintf("%d rows can be found, and it counts %d", n, run.Count)})
	}
	return err
}

// damagedRows is the damage of a segment; next is the number of the one behind it, if there is one.
func damagedRows(run *store.RunRow, at, next int64) *store.Damage {
	d := &store.Damage{Run: run.ID, What: "their checksum does not match", First: store.Seq(at)}
	d.Last = min(d.First+segmentRows-1, max(d.First, run.Count))
	if next > at {
		d.Last = min(d.First+segmentRows-1, store.Seq(next)-1)
	}
	return d
}

// after finds the number of the segment behind one, or 0.
func (s *Store) after(ctx context.Context, at, to int64) int64 {
	var next sql.NullInt64
	s.read.QueryRowContext(ctx, "SELECT min(id) FROM segment WHERE id > ? AND id <= ?", at, to).Scan(&next) // for words alone
	return next.Int64
}

// Pages gives the pages of a run, from one snapshot of the database.
func (s *Store) Pages(ctx context.Context, id string) iter.Seq2[*store.Page, error] {
	return func(yield func(*store.Page, error) bool) {
		if err := s.pages(ctx, id, yield); err != nil {
			yield(nil, s.failed(err))
		}
	}
}

func (s *Store) pages(ctx context.Context, id string, yield func(*store.Page, error) bool) error {
	run, err := find(ctx, s.read, id)
	if err != nil {
		return err
	}
	from, to := store.Span(run.Key)
	rows, err := s.read.QueryContext(ctx, "SELECT id, rows, body, sum FROM page WHERE id BETWEEN ? AND ? ORDER BY id", from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var p store.Page
	var at int64
	var body sql.RawBytes
	var sum any
	for rows.Next() {
		if err := rows.Scan(&at, &p.Rows, &body, &sum); err != nil {
			return err
		}
		p.First, p.Body = store.Seq(at), body
		if !holds(sum, store.SumPage(at, p.Rows, body), run.Unsealed) {
			d := &store.Damage{Run: id, What: fmt.Sprintf("the index of the rows from %d on is damaged", p.First)}
			if !yield(nil, s.fail(d)) {
				return nil
			}
			continue
		}
		if !yield(&p, nil) {
			return nil
		}
	}
	return rows.Err()
}
