package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"signet/internal/store"
)

var _ store.Desk = (*Store)(nil)

// Document gives one document.
func (s *Store) Document(ctx context.Context, kind, id string) (*store.Document, error) {
	d, err := scanDocument(s.read.QueryRowContext(ctx, "SELECT "+documentColumns+" FROM desk WHERE kind = ? AND id = ?", kind, []byte(id)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, store.NoDocument(kind, id)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return d, nil
}

// Documents lists documents of a kind.
func (s *Store) Documents(ctx context.Context, kind, prefix, after string, most int) ([]store.Document, error) {
	from, inclusive, to := store.Behind(prefix, after)
	rows, err := s.read.QueryContext(ctx, "SELECT "+documentColumns+" FROM desk WHERE kind = ?1 AND id >= ?2 AND (?3 OR id > ?2) AND (?4 = x'' OR id < ?4) ORDER BY id LIMIT ?5",
		kind, []byte(from), inclusive, []byte(to), max(most, 1))
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var list []store.Document
	for rows.Next() {
		d, err := scanDocument(rows.Scan)
		if err != nil {
			return nil, s.fail(err)
		}
		list = append(list, *d)
	}
	return list, s.fail(rows.Err())
}

const documentColumns = "kind, id, rev, body, sum"

// scanDocument reads a document, whatever damage made of the types of its columns.
func scanDocument(scan func(...any) error) (*store.Document, error) {
	var v [5]any
	if err := scan(&v[0], &v[1], &v[2], &v[3], &v[4]); err != nil {
		return nil, err
	}
	kind, isText := v[0].(string)
	id, isID := v[1].([]byte)
	rev, isNumber := v[2].(int64)
	body, isBody := v[3].([]byte)
	if body == nil {
		body = []byte{} // nil is no document's
	}
	d := &store.Document{Kind: kind, ID: string(id), Rev: uint64(rev), Body: body}
	if !isText || !isID || !isNumber || !isBody || !holds(v[4], d.Sum(), false) {
		return nil, store.DamagedDocument(kind, string(id))
	}
	return d, nil
}

// Write makes edits.
func (s *Store) Write(ctx context.Context, edits ...store.Edit) (revs []uint64, err error) {
	for i := range edits {
		if err := edits[i].Check(); err != nil {
			return nil, s.fail(err)
		}
	}
	err = s.transactDurably(ctx, func(tx *sql.Tx) error {
		last, err := lastRev(ctx, tx)
		if err != nil {
			return err
		}
		revs = make([]uint64, len(edits))
		for i := range edits {
			e := &edits[i]
			if err := unseat(ctx, tx, e); err != nil {
				return err
			}
			if e.Body == nil {
				continue
			}
			last++
			d := store.Document{Kind: e.Kind, ID: e.ID, Rev: last, Body: e.Body}
			if _, err := tx.ExecContext(ctx, "INSERT INTO desk ("+documentColumns+") VALUES (?,?,?,?,?)", d.Kind, []byte(d.ID), int64(d.Rev), d.Body, sealed(d.Sum())); err != nil {
				return err
			}
			revs[i] = last
		}
		return nil
	})
	if err != nil {
		return nil, s.fail(err)
	}
	return revs, nil
}

// unseat takes away what an edit writes over, if it stands as the edit says.
func unseat(ctx context.Context, tx *sql.Tx, e *store.Edit) error {
	var rev int64
	err := tx.QueryRowContext(ctx, "SELECT rev FROM desk WHERE kind = ? AND id = ?", e.Kind, []byte(e.ID)).Scan(&rev)
	if errors.Is(err, sql.ErrNoRows) {
		if e.Was != 0 && e.Was != store.AnyRev {
			return &store.Stale{Kind: e.Kind, ID: e.ID}
		}
		return nil
	}
	if err != nil {
		return err
	}
	if e.Was != store.AnyRev && e.Was != uint64(rev) {
		return &store.Stale{Kind: e.Kind, ID: e.ID}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM desk WHERE rev = ?", rev)
	return err
}

// lastRev is the last revision that was ever given.
func lastRev(ctx context.Context, tx *sql.Tx) (uint64, error) {
	var last int64
	err := tx.QueryRowContext(ctx, "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'desk'), 0), coalesce((SELECT max(rev) FROM desk), 0))").Scan(&last)
	if err == nil && (last < 0 || last > mostRev) {
		err = fmt.Errorf("the counter of revisions is damaged: %w", store.ErrDamaged)
	}
	return uint64(last), err
}

// mostRev leaves room for what no store will ever write; what is beyond is damage.
const mostRev = int64(1) << 60
