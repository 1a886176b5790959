package postgres

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/jackc/pgx/v5"

	"signet/internal/store"
)

// Hold holds a name by a lock that belongs to a connection of its own: the server frees it when that breaks, of a process that dies at
// once, of a machine that does within a minute. A pooler that shares connections between clients (PgBouncer in transaction mode) breaks that.
func (s *Store) Hold(ctx context.Context, name string) (context.Context, func(), error) {
	if err := store.CheckHold(name); err != nil {
		return nil, nil, s.fail(err)
	}
	config := s.pool.Config().ConnConfig.Copy()
	for name, value := range map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, nil, s.fail(err)
	}
	var schema string
	var lock int64
	var got bool
	if err = conn.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err == nil {
		lock = heldLock(schema, name)
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lock).Scan(&got)
	}
	if err == nil && !got {
		err = store.ErrHeld
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, nil, s.fail(err)
	}
	held, end := context.WithCancelCause(ctx)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		for {
			// Nobody notifies: what ends the wait is release, or the end of the connection.
			if _, err := conn.WaitForNotification(held); err != nil {
				end(s.fail(fmt.Errorf("the hold is lost: %w", err)))
				break
			}
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTime)
		defer cancel()
		conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lock) // so that it is free at once; else it is when the server sees the end
		conn.Close(ctx)
	}()
	return held, func() {
		end(context.Canceled)
		<-waited
	}, nil
}

// heldLock is the lock that stands for a name in a schema: the server's locks are a database's.
func heldLock(schema, name string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "signet %s %s", schema, name)
	return int64(h.Sum64())
}
