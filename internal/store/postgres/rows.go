package postgres

import (
	"context"
	"errors"
	"iter"
	"net/netip"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"signet/internal/store"
	"signet/internal/store/reading"
)

// Rows gives rows of a run.
func (s *Store) Rows(ctx context.Context, id string, which store.Which) iter.Seq2[*store.Row, error] {
	return reading.Rows(ctx, &base{s: s}, id, which)
}

// Pages gives the pages of a run.
func (s *Store) Pages(ctx context.Context, id string, of netip.Addr) iter.Seq2[*store.Page, error] {
	return reading.Pages(ctx, &base{s: s}, id, of)
}

// base is the database as the room reading knows it, for one reading.
type base struct {
	s    *Store
	fits int // rows that fit into a chunk, by what the last one held
}

var _ reading.Base = (*base)(nil)

func (b *base) Run(ctx context.Context, id string) (store.RunRow, error) {
	return find(ctx, b.s.pool, id, "")
}
func (b *base) Fail(err error) error { return b.s.failed(err) }

func (b *base) Epoch(ctx context.Context, key int64) (epoch int64, err error) {
	err = b.s.pool.QueryRow(ctx, "SELECT epoch FROM run WHERE key = $1 AND NOT gone", key).Scan(&epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return epoch, err
}

// Rows reads as many rows as are expected to fill the chunk: what is asked for is sent, wanted or not.
func (b *base) Rows(ctx context.Context, run *store.RunRow, part reading.Part, into *reading.Chunk) error {
	if b.fits == 0 {
		b.fits = into.Fits(0)
	}
	query, args := "SELECT id, at, took, port, kind, state, addr, body, trace, sum FROM observation WHERE id BETWEEN $1 AND $2", []any{part.From, part.To, b.fits}
	if part.Only != nil {
		query += " AND id = ANY($4)"
		args = append(args, store.RowIDs(run.Key, part.Only))
	}
	rows, err := b.s.pool.Query(ctx, query+" ORDER BY id LIMIT $3", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r store.Row
	var at int64
	var state int16
	var addr, body, trace pgtype.DriverBytes
	var sum pgtype.Int4
	n := 0
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
			into.Bad(&store.Damage{Run: run.ID, What: "its checksum does not match", First: r.Seq, Last: r.Seq})
			continue
		}
		into.Rows = reading.AppendRow(into.Rows, &r)
	}
	if n == b.fits {
		into.Next = at + 1
	}
	b.fits = into.Fits(n)
	return rows.Err()
}
