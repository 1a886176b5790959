package postgres

import (
	"errors"
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
	why, unwritable := "", false
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case e.Code == "53100":
			why, unwritable = "the server's disk is full"+kept, true
		case e.Code == "25006":
			why, unwritable = "it cannot be written (read-only)", true
		case e.Code == "55P03":
			why = "another process holds it locked for too long"
		case strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "53"):
			why = "the server cannot go on" + kept
		case strings.HasPrefix(e.Code, "28"):
			why = "access denied"
		case e.Code == "XX001" || e.Code == "XX002":
			why = "the database is damaged"
		}
	} else if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		why = "no connection"
	}
	return store.Fault(s.name, why, unwritable, err)
}

// failed is fail for errors that may be about a run and not about the database.
func (s *Store) failed(err error) error { return store.FaultOfRun(s, err, s.fail) }
