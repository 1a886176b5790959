package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"net/netip"

	"signet/internal/store"
)

// list numbers rows of a run, for json_each.
func list(key int64, seqs []uint64) string {
	b, _ := json.Marshal(store.RowIDs(key, seqs)) // integers can always be written
	return string(b)
}

// Rows gives rows of a run, from one snapshot of the database.
func (s *Store) Rows(ctx context.Context, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		key, err := s.key(ctx, id)
		if err != nil {
			yield(nil, err)
			return
		}
		from, to := which.Span(key)
		args := []any{from, to}
		query := "SELECT id, addr, port, kind, state, at, took, body, trace FROM observation WHERE id BETWEEN ? AND ?"
		if which.Only != nil {
			query += " AND id IN (SELECT value FROM json_each(?))"
			args = append(args, list(key, which.Only))
		}
		if which.Order == store.ByAddress {
			query += " ORDER BY length(addr), addr, port, id"
		} else {
			query += " ORDER BY id"
		}
		rows, err := s.read.QueryContext(ctx, query, args...)
		if err != nil {
			yield(nil, s.fail(err))
			return
		}
		defer rows.Close()
		var r store.Row
		var at int64
		var addr, body, trace sql.RawBytes
		for rows.Next() {
			if err := rows.Scan(&at, &addr, &r.Port, &r.Kind, &r.State, &r.At, &r.Took, &body, &trace); err != nil {
				yield(nil, s.fail(err))
				return
			}
			r.Seq = store.Seq(at)
			r.Addr, _ = netip.AddrFromSlice(addr)
			r.Body, r.Trace = body, trace
			if !yield(&r, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.fail(err))
		}
	}
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
