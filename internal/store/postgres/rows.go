package postgres

import (
	"context"
	"iter"
	"net/netip"

	"github.com/jackc/pgx/v5/pgtype"

	"signet/internal/store"
)

// Rows gives the rows of a run, from one snapshot of the database.
func (s *Store) Rows(ctx context.Context, id string, order store.Order) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		key, err := s.key(ctx, id)
		if err != nil {
			yield(nil, err)
			return
		}
		query := "SELECT id, at, took, port, kind, state, addr, body, trace FROM observation WHERE id BETWEEN $1 AND $2 ORDER BY "
		if order == store.ByAddress {
			query += "length(addr), addr, port, id"
		} else {
			query += "id"
		}
		first, last := span(key)
		rows, err := s.pool.Query(ctx, query, first, last)
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
			r.Seq, r.State = uint64(at)&(1<<seqBits-1), uint8(state)
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
