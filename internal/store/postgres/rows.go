package postgres

import (
	"context"
	"fmt"
	"iter"
	"net/netip"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"signet/internal/store"
)

// Rows gives rows of a run, from one snapshot of the database.
func (s *Store) Rows(ctx context.Context, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		if err := s.rows(ctx, id, which, yield); err != nil {
			yield(nil, s.failed(err))
		}
	}
}

// snapshot is a transaction that reads, all of it at one moment.
func snapshot() pgx.TxOptions {
	return pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
}

func (s *Store) rows(ctx context.Context, id string, which store.Which, yield func(*store.Row, error) bool) error {
	tx, err := s.pool.BeginTx(ctx, snapshot()) // so that the count of the run is that of what is read
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	run, err := find(ctx, tx, id, "")
	if err != nil {
		return err
	}
	from, to := which.Span(run.Key)
	args := []any{from, to}
	query := "SELECT id, at, took, port, kind, state, addr, body, trace, sum FROM observation WHERE id BETWEEN $1 AND $2"
	if which.Only != nil {
		query += " AND id = ANY($3)"
		args = append(args, store.RowIDs(run.Key, which.Only))
	}
	if which.Order == store.ByAddress {
		query += " ORDER BY length(addr), addr, port, id"
	} else {
		query += " ORDER BY id"
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r store.Row
	var at int64
	var state int16
	var addr, body, trace pgtype.DriverBytes
	var sum pgtype.Int4
	n := uint64(0)
	for rows.Next() {
		if err := rows.Scan(&at, &r.At, &r.Took, &r.Port, &r.Kind, &state, &addr, &body, &trace, &sum); err != nil {
			return err
		}
		n++
		r.Seq, r.State = store.Seq(at), uint8(state)
		r.Addr, _ = netip.AddrFromSlice(addr)
		r.Body, r.Trace = body, trace
		whole := sum.Valid && sum.Int32 == sealed(r.Sum(run.Key)) && int16(r.State) == state
		if !whole && (sum.Valid || !run.Unsealed) {
			d := &store.Damage{Run: id, What: "its checksum does not match", First: r.Seq, Last: r.Seq}
			if which.Order == store.ByAddress {
				return d
			}
			if !yield(nil, s.failed(d)) {
				return nil
			}
			continue
		}
		if !yield(&r, nil) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if which.All() && n != run.Count {
		return &store.Damage{Run: id, What: fmt.Sprintf("%d rows can be found, and it counts %d", n, run.Count)}
	}
	return nil
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
	run, err := find(ctx, s.pool, id, "")
	if err != nil {
		return err
	}
	from, to := store.Span(run.Key)
	rows, err := s.pool.Query(ctx, "SELECT id, rows, body, sum FROM page WHERE id BETWEEN $1 AND $2 ORDER BY id", from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var p store.Page
	var at, n int64
	var body pgtype.DriverBytes
	var sum *int32
	for rows.Next() {
		if err := rows.Scan(&at, &n, &body, &sum); err != nil {
			return err
		}
		p.First, p.Rows, p.Body = store.Seq(at), uint64(n), body
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
