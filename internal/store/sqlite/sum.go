package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"signet/internal/store"
)

// sealed is a checksum as it is stored: the high bit makes it eight bytes long whatever it is, so that no change of one bit in the
// head of a record makes NULL of its type, which is what rows of before have.
func sealed(s store.Sum) int64 { return 1<<62 | int64(s) }

// holds tells whether a stored checksum is that of what was read. unsealed: there may be none.
func holds(stored any, s store.Sum, unsealed bool) bool {
	if stored == nil {
		return unsealed
	}
	return stored == any(sealed(s))
}

func sumSegment(id int64, body []byte) store.Sum { return store.Sum(0).Number(id).Bytes(body) }

// runColumns are what scanRun reads.
const runColumns = "key, id, started, epoch, gone, unsealed, count, head, progress, sum"

// scanRun reads a run, whatever damage made of the types of its columns. whole: its checksum is right.
func scanRun(scan func(...any) error) (r store.RunRow, whole bool, err error) {
	var v [10]any
	into := make([]any, len(v))
	for i := range v {
		into[i] = &v[i]
	}
	if err := scan(into...); err != nil {
		return r, false, err
	}
	whole = true
	number := func(v any) int64 {
		n, ok := v.(int64)
		whole = whole && ok
		return n
	}
	text := func(v any) string {
		s, ok := v.(string)
		whole = whole && ok
		return s
	}
	flag := func(v any) bool {
		n := number(v)
		whole = whole && n>>1 == 0
		return n != 0
	}
	r = store.RunRow{
		Key: number(v[0]), ID: text(v[1]), Started: number(v[2]), Epoch: number(v[3]), Gone: flag(v[4]), Unsealed: flag(v[5]), Count: uint64(number(v[6])),
		Head: []byte(text(v[7])),
	}
	var ok bool
	r.Progress, ok = v[8].([]byte)
	whole = whole && ok && holds(v[9], r.Sum(), false)
	return r, whole, nil
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// find finds a run. One that is damaged is given with its *store.Damage.
func find(ctx context.Context, q querier, id string) (store.RunRow, error) {
	r, whole, err := scanRun(q.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE id = ?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) { // which the index says, and not yet the table
		r, _, err = scanRun(q.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run NOT INDEXED WHERE id = ?", id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return r, store.ErrUnknown
		}
		if err == nil {
			err = &store.Damage{Run: id, What: "the index of runs does not lead to it"}
		}
		return r, err
	}
	switch {
	case err != nil:
		return r, err
	case !whole:
		return r, &store.Damage{Run: id, What: "the record of the run itself is damaged"}
	case r.Gone:
		return r, store.ErrUnknown
	}
	return r, nil
}

// save writes a run that find gave, with its checksum.
func save(ctx context.Context, tx *sql.Tx, r *store.RunRow) error {
	_, err := tx.ExecContext(ctx, "UPDATE run SET epoch = ?, gone = ?, count = ?, sum = ? WHERE key = ?", r.Epoch, r.Gone, int64(r.Count), sealed(r.Sum()), r.Key)
	return err
}

// toSums gives runs and kinds of before their checksums. Rows are many, and stay as they are.
func toSums(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+runColumns+" FROM run")
	if err != nil {
		return err
	}
	defer rows.Close()
	var runs []store.RunRow
	for rows.Next() {
		r, _, err := scanRun(rows.Scan)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for i := range runs {
		if err := save(ctx, tx, &runs[i]); err != nil {
			return err
		}
		kinds, _, err := readKinds(ctx, tx, &runs[i])
		if err != nil {
			return err
		}
		for k := range kinds {
			if _, err := tx.ExecContext(ctx, "UPDATE kind SET sum = ? WHERE run = ? AND id = ?", sealed(kinds[k].Sum(runs[i].Key)), runs[i].Key, kinds[k].ID); err != nil {
				return err
			}
		}
	}
	return nil
}
