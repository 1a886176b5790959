package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"net/netip"
	"slices"

	"signet/internal/store"
	"signet/internal/store/reading"
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

// Rows gives rows of a run.
func (s *Store) Rows(ctx context.Context, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return reading.Rows(ctx, base{s}, id, which)
}

// Pages gives the pages of a run.
func (s *Store) Pages(ctx context.Context, id string, of netip.Addr) iter.Seq2[*store.Page, error] {
	return reading.Pages(ctx, base{s}, id, of)
}

// base is the database as the room reading knows it.
type base struct{ s *Store }

var _ reading.Base = base{}

func (b base) Run(ctx context.Context, id string) (store.RunRow, error) {
	return find(ctx, b.s.read, id)
}
func (b base) Fail(err error) error { return b.s.failed(err) }

func (b base) Epoch(ctx context.Context, key int64) (epoch int64, err error) {
	err = b.s.read.QueryRowContext(ctx, "SELECT epoch FROM run WHERE key = ? AND gone = 0", key).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return epoch, err
}

// Rows reads segment by segment. Of the first and the last one not every row may be wanted.
func (b base) Rows(ctx context.Context, run *store.RunRow, part reading.Part, into *reading.Chunk) error {
	begin, _ := store.Span(run.Key)
	query, args := "SELECT id, body, sum "+segmentsBetween, []any{begin, part.From, part.To}
	if part.Only != nil {
		query, args = "SELECT id, body, sum "+segmentsOf, []any{begin, list(run.Key, part.Only)}
	}
	rows, err := b.s.read.QueryContext(ctx, query+" ORDER BY id", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	wanted := func(r *store.Row) bool {
		if id := store.RowID(run.Key, r.Seq); id < part.From || id > part.To {
			return false
		}
		if part.Only == nil {
			return true
		}
		_, ok := slices.BinarySearch(part.Only, r.Seq)
		return ok
	}
	var at int64
	var body sql.RawBytes
	var sum any
	for rows.Next() {
		if err := rows.Scan(&at, &body, &sum); err != nil {
			return err
		}
		if into.Full() {
			into.Next = at
			break
		}
		whole := holds(sum, sumSegment(at, body), run.Unsealed)
		for rest := []byte(body); whole && len(rest) > 0; {
			var r store.Row
			row := rest
			if rest, err = reading.ReadRow(&r, row); err != nil {
				whole = false
			} else if wanted(&r) {
				into.Rows = append(into.Rows, row[:len(row)-len(rest)]...)
			}
		}
		if !whole {
			into.Bad(damagedRows(run, at))
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, d := range into.Damaged { // a segment ends where the next one begins
		var next sql.NullInt64
		b.s.read.QueryRowContext(ctx, "SELECT min(id) FROM segment WHERE id > ? AND id <= ?", store.RowID(run.Key, d.First), part.To).Scan(&next) // for words alone
		if next.Valid {
			d.Last = min(d.First+segmentRows-1, store.Seq(next.Int64)-1)
		}
	}
	return nil
}

// damagedRows is the damage of a segment of which it is not known where the next one begins.
func damagedRows(run *store.RunRow, at int64) *store.Damage {
	d := &store.Damage{Run: run.ID, What: "their checksum does not match", First: store.Seq(at)}
	d.Last = min(d.First+segmentRows-1, max(d.First, run.Count))
	return d
}
