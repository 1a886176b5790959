package postgres

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
	"signet/internal/store/reading"
)

// joined are pages and their sieves.
const joined = "FROM page LEFT JOIN sieve USING (id)"

// Pages reads pages with their bodies.
func (b *base) Pages(ctx context.Context, run *store.RunRow, from int64) ([]reading.Page, error) {
	_, to := store.Span(run.Key)
	return b.pages(ctx, run, true, "SELECT id, rows, page.body, page.sum, sieve.body, sieve.sum "+joined+" WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3", from, to, reading.ChunkPages)
}

// Sieved reads sieves, and the bodies of the pages that they let through.
func (b *base) Sieved(ctx context.Context, run *store.RunRow, from int64, of netip.Addr) ([]reading.Page, error) {
	_, to := store.Span(run.Key)
	list, err := b.pages(ctx, run, false, "SELECT id, rows, NULL::bytea, NULL::integer, sieve.body, sieve.sum "+joined+" WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3", from, to, reading.ChunkPages)
	if err != nil {
		return nil, err
	}
	return list, reading.Through(list, of, func(first uint64) ([]reading.Page, error) {
		return b.pages(ctx, run, true, "SELECT id, rows, body, sum, NULL::bytea, NULL::integer FROM page WHERE id = $1", store.RowID(run.Key, first))
	})
}

// pages reads pages, whose bodies are among what is selected or not.
func (b *base) pages(ctx context.Context, run *store.RunRow, bodies bool, query string, args ...any) ([]reading.Page, error) {
	rows, err := b.s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p reading.Page, err error) {
		var at, n int64
		var sum, sieveSum *int32
		err = row.Scan(&at, &n, &p.Body, &sum, &p.Sieve, &sieveSum)
		p.First, p.Rows = store.Seq(at), uint64(n)
		if bodies && p.Body == nil {
			p.Body = []byte{} // which none is
		}
		if bodies && !holds(sum, store.SumPage(at, p.Rows, p.Body), run.Unsealed) || p.Sieve != nil && !holds(sieveSum, store.SumSieve(at, p.Sieve), false) {
			p.Damaged = &store.Damage{Run: run.ID, What: fmt.Sprintf("the index of the rows from %d on is damaged", p.First)}
		}
		return p, err
	})
}
