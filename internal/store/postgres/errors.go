package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"signet/internal/store"
)

// fail words an error for the user, in one line that names the store.
func (s *Store) fail(err error) error {
	if err == nil {
		return nil
	}
	const kept = "; what was stored before is kept"
	why, as := "", error(nil)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case e.Code == "53100":
			why, as = "the server's disk is full"+kept, store.ErrUnwritable
		case e.Code == "25006":
			why, as = "it cannot be written (read-only)", store.ErrUnwritable
		case e.Code == "55P03":
			why, as = "another process holds it locked for too long", store.ErrAway
		case strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "53"):
			why, as = "the server cannot go on"+kept, store.ErrAway
		case strings.HasPrefix(e.Code, "28"):
			why = "access denied"
		case e.Code == "XX001" || e.Code == "XX002":
			why = "the database is damaged"
		}
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, ofNet := errors.AsType[net.Error](err)
	switch {
	case why != "":
	case connecting: // whatever the server says to it
		why, as = "no connection", store.ErrAway
	case ofNet, pgconn.SafeToRetry(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		why, as = "the connection was lost"+kept, store.ErrAway
	}
	return store.Fault(s.name, why, as, err)
}

// failed is fail for errors that may be about a run and not about the database.
func (s *Store) failed(err error) error { return store.FaultOfRun(s, err, s.fail) }
