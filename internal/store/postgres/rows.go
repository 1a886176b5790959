package postgres

import (
	"context"
	"iter"
	"net/netip"

	"github.com/jackc/pgx/v5/pgtype"

	"signet/internal/store"
)

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
		query := "SELECT id, at, took, port, kind, state, addr, body, trace FROM observation WHERE id BETWEEN $1 AND $2"
		if which.Only != nil {
			query += " AND id = ANY($3)"
			args = append(args, store.RowIDs(key, which.Only))
		}
		if which.Order == store.ByAddress {
			query += " ORDER BY length(addr), addr, port, id"
		} else {
			query += " ORDER BY id"
		}
		rows, err := s.pool.Query(ctx, query, args...)
		if err != nil {
			yield(nil, s.fail(err))
			return
		}
		defer rows.Close()
		var r store.Row
		var at int64
		var state int16
		var addr, body, trace pgtype.DriverBytes
		for rows.Next() {
			if err := rows.Scan(&at, &r.At, &r.Took, &r.Port, &r.Kind, &state, &addr, &body, &trace); err != nil {
				yield(nil, s.fail(err))
				return
			}
			r.Seq, r.State = store.Seq(at), uint8(state)
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
		rows, err := s.pool.Query(ctx, "SELECT id, rows, body FROM page WHERE id BETWEEN $1 AND $2 ORDER BY id", from, to)
		if err != nil {
			yield(nil, s.fail(err))
			return
		}
		defer rows.Close()
		var p store.Page
		var at, n int64
		var body pgtype.DriverBytes
		for rows.Next() {
			if err := rows.Scan(&at, &n, &body); err != nil {
				yield(nil, s.fail(err))
				return
			}
			p.First, p.Rows, p.Body = store.Seq(at), uint64(n), body
			if !yield(&p, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.fail(err))
		}
	}
}
