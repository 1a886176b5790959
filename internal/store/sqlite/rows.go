package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"net/netip"

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
		query := "SELECT id, addr, port, kind, state, at, took, body, trace FROM observation WHERE id BETWEEN ? AND ? ORDER BY "
		if order == store.ByAddress {
			query += "length(addr), addr, port, id"
		} else {
			query += "id"
		}
		rows, err := s.read.QueryContext(ctx, query, key<<seqBits, key<<seqBits|(1<<seqBits-1))
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
			r.Seq = uint64(at) & (1<<seqBits - 1)
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
