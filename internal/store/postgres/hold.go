package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
)

// holdKind is the kind of the documents that say who holds a name: each holder writes one anew, so that its revision is that holder's alone.
const holdKind = "hold"

// errTaken is why a hold cannot be had back.
var errTaken = errors.New("another process took it meanwhile")

// Hold holds a name by a lock that belongs to a connection of its own: the server frees it when that breaks, of a process that dies at
// once, of a machine that does within a minute. A pooler that shares connections between clients (PgBouncer in transaction mode) breaks that.
//
// A connection that breaks is made again, for as long as it takes: the hold goes on where nobody else took it meanwhile, which the document
// tells that each holder writes. Write asks for it too, so that who lost the name without knowing it yet writes nothing.
func (s *Store) Hold(ctx context.Context, name string) (context.Context, func(), error) {
	if err := store.CheckHold(name); err != nil {
		return nil, nil, s.fail(err)
	}
	h := &hold{s: s, name: name}
	if err := h.take(ctx); err != nil {
		return nil, nil, s.fail(err)
	}
	held, end := context.WithCancelCause(ctx)
	h.lost = func(why error) { end(s.fail(fmt.Errorf("the hold is lost: %w", why))) }
	s.holds.Store(h, true)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		h.keep(held)
		s.holds.Delete(h)
		h.free(context.WithoutCancel(ctx))
	}()
	return held, func() {
		end(context.Canceled)
		<-waited
	}, nil
}

// hold is a name that is held.
type hold struct {
	s    *Store
	name string
	lost func(why error)

	conn *pgx.Conn // nil: it is broken; of whoever keeps the hold
	lock int64
	mark uint64 // the revision of the document; 0: none could be written
}

// lockOf is the lock that stands for a name in a schema: the server's locks are a database's.
func lockOf(schema, name string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "signet %s %s", schema, name)
	return int64(h.Sum64())
}

// connect makes a connection and tries the lock on it.
func (h *hold) connect(ctx context.Context) (got bool, err error) {
	config := h.s.pool.Config().ConnConfig.Copy()
	for name, value := range map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[name] = value
	}
	if h.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		h.conn = nil
		return false, err
	}
	var schema string
	if err = h.conn.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return false, err
	}
	h.lock = lockOf(schema, h.name)
	err = h.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", h.lock).Scan(&got)
	return got, err
}

// take takes the name, which nobody may have.
func (h *hold) take(ctx context.Context) error {
	got, err := h.connect(ctx)
	if err == nil && !got {
		err = store.ErrHeld
	}
	if err == nil {
		err = h.sign(ctx)
	}
	if err != nil {
		h.free(context.WithoutCancel(ctx))
	}
	return err
}

// sign writes the document of this holder. A database that takes nothing written has none, and the hold ends with its connection.
func (h *hold) sign(ctx context.Context) error {
	revs, err := h.s.Write(ctx, store.Edit{Kind: holdKind, ID: h.name, Was: store.AnyRev, Body: []byte(h.name)})
	if errors.Is(err, store.ErrUnwritable) {
		return nil
	}
	if err == nil {
		h.mark = revs[0]
	}
	return err
}

// keep keeps the hold until held ends, or until it cannot be had back.
func (h *hold) keep(held context.Context) {
	for {
		// Nobody notifies: what ends the wait is release, or the end of the connection.
		_, err := h.conn.WaitForNotification(held)
		if err == nil {
			continue
		}
		if held.Err() != nil {
			return
		}
		if err := h.again(held, err); err != nil {
			h.lost(err)
			return
		}
	}
}

// staleTime is for how long the lock may be another's who wrote no document: the server's own end of a connection that broke, as long as
// keepalives take to tell.
const staleTime = 2 * time.Minute

// again takes the hold again once its connection broke.
func (h *hold) again(held context.Context, broke error) error {
	if h.mark == 0 {
		return broke
	}
	begin := time.Now()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		h.free(held)
		err := h.retake(held)
		switch {
		case err == nil, errors.Is(err, errTaken), held.Err() != nil:
			return err
		case !errors.Is(err, store.ErrHeld):
			begin = time.Now() // the lock could not be asked for
		case time.Since(begin) > staleTime:
			return err
		}
		select {
		case <-held.Done():
			return held.Err()
		case <-time.After(wait):
		}
	}
}

// retake takes the lock, where the document is still this holder's.
func (h *hold) retake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTime+lockTime)
	defer cancel()
	got, err := h.connect(ctx)
	if err != nil {
		return err
	}
	if err := h.ours(ctx, h.conn); err != nil {
		return err
	}
	if !got {
		return store.ErrHeld
	}
	return nil
}

// rower is a connection or a transaction.
type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ours is errTaken where the document is another holder's.
func (h *hold) ours(ctx context.Context, in rower) error {
	var ours bool
	err := in.QueryRow(ctx, "SELECT EXISTS (SELECT FROM desk WHERE kind = $1 AND id = $2 AND rev = $3)", holdKind, []byte(h.name), int64(h.mark)).Scan(&ours)
	if err == nil && !ours {
		return errTaken
	}
	return err
}

// free lets go of the connection, and of the lock at once where it still answers; else the server does when it sees the end.
func (h *hold) free(ctx context.Context) {
	if h.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	if !h.conn.IsClosed() {
		h.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", h.lock)
	}
	h.conn.Close(ctx)
	h.conn = nil
}

// holding refuses a write of who lost a name that it holds, and has that known.
func (s *Store) holding(ctx context.Context, tx pgx.Tx) (err error) {
	s.holds.Range(func(key, _ any) bool {
		h := key.(*hold)
		if h.mark != 0 {
			err = h.ours(ctx, tx)
		}
		if errors.Is(err, errTaken) {
			h.lost(err)
		}
		return err == nil
	})
	return err
}
