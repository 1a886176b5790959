package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
)

var _ store.Desk = (*Store)(nil)

// writersLock is held by whoever writes documents, in its transaction: who writes two of them in another order would wait for ever.
const writersLock = 1399287413

// Document gives one document.
func (s *Store) Document(ctx context.Context, kind, id string) (*store.Document, error) {
	if !store.IsKind(kind) { // of which not all can be text to the server
		return nil, store.NoDocument(kind, id)
	}
	d, err := scanDocument(s.pool.QueryRow(ctx, "SELECT "+documentColumns+" FROM desk WHERE kind = $1 AND id = $2", kind, []byte(id)).Scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, store.NoDocument(kind, id)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return d, nil
}

// Documents lists documents of a kind.
func (s *Store) Documents(ctx context.Context, kind, prefix, after string, most int) ([]store.Document, error) {
	if !store.IsKind(kind) {
		return nil, nil
	}
	from, inclusive, to := store.Behind(prefix, after)
	rows, err := s.pool.Query(ctx, "SELECT "+documentColumns+" FROM desk WHERE kind = $1 AND id >= $2 AND ($3 OR id > $2) AND ($4 = ''::bytea OR id < $4) ORDER BY id LIMIT $5",
		kind, []byte(from), inclusive, []byte(to), max(most, 1))
	if err != nil {
		return nil, s.fail(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Document, error) {
		d, err := scanDocument(row.Scan)
		if err != nil {
			return store.Document{}, err
		}
		return *d, nil
	})
	return list, s.fail(err)
}

const documentColumns = "kind, id, rev, body, sum"

func scanDocument(scan func(...any) error) (*store.Document, error) {
	var d store.Document
	var id []byte
	var rev int64
	var sum int32
	if err := scan(&d.Kind, &id, &rev, &d.Body, &sum); err != nil {
		return nil, err
	}
	d.ID, d.Rev = string(id), uint64(rev)
	if !holds(&sum, d.Sum(), false) {
		return nil, store.DamagedDocument(d.Kind, d.ID)
	}
	return &d, nil
}

// Write makes edits.
func (s *Store) Write(ctx context.Context, edits ...store.Edit) (revs []uint64, err error) {
	for i := range edits {
		if err := edits[i].Check(); err != nil {
			return nil, s.fail(err)
		}
	}
	// Read committed, whatever the database's default is: what is read after the lock is what stands then.
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(writersLock)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = on"); err != nil { // which the address, or the database, may have turned off
			return err
		}
		if err := s.holding(ctx, tx); err != nil {
			return err
		}
		revs = make([]uint64, len(edits))
		for i := range edits {
			if revs[i], err = edit(ctx, tx, &edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return revs, nil
}

// edit makes one edit.
func edit(ctx context.Context, tx pgx.Tx, e *store.Edit) (uint64, error) {
	var was, next int64 // was stays 0 where there is none
	err := tx.QueryRow(ctx, "SELECT coalesce((SELECT rev FROM desk WHERE kind = $1 AND id = $2), 0), CASE WHEN $3 THEN nextval('desk_rev') ELSE 0 END",
		e.Kind, []byte(e.ID), e.Body != nil).Scan(&was, &next)
	if err != nil {
		return 0, err
	}
	if e.Was != store.AnyRev && e.Was != uint64(was) {
		return 0, &store.Stale{Kind: e.Kind, ID: e.ID}
	}
	if e.Body == nil {
		_, err := tx.Exec(ctx, "DELETE FROM desk WHERE kind = $1 AND id = $2", e.Kind, []byte(e.ID))
		return 0, err
	}
	d := store.Document{Kind: e.Kind, ID: e.ID, Rev: uint64(next), Body: e.Body}
	_, err = tx.Exec(ctx, "INSERT INTO desk ("+documentColumns+") VALUES ($1,$2,$3,$4,$5) ON CONFLICT (kind, id) DO UPDATE SET rev = excluded.rev, body = excluded.body, sum = excluded.sum",
		d.Kind, []byte(d.ID), next, d.Body, sealed(d.Sum()))
	return d.Rev, err
}

// mostTold bounds how many damaged documents are told.
const mostTold = 50

// verifyDesk tells of each document that is not as it was written.
func (s *Store) verifyDesk(ctx context.Context, tell func(string)) error {
	rows, err := s.pool.Query(ctx, "SELECT "+documentColumns+" FROM desk ORDER BY kind, id")
	if err == nil {
		defer rows.Close()
		for told := 0; rows.Next() && told < mostTold; {
			if _, err := scanDocument(rows.Scan); err != nil {
				told++
				tell(err.Error())
			}
		}
		err = rows.Err()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		tell(s.fail(err).Error())
	}
	return nil
}
