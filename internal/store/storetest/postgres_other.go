//go:build !linux

package storetest

import "testing"

// Postgres is a PostgreSQL server of a test's own, on Linux alone.
type Postgres struct{ Address string }

// StartPostgres skips the test.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	t.Skip("a PostgreSQL server of the test's own needs Linux")
	return nil
}

// Database gives none.
func (p *Postgres) Database(testing.TB) string { return p.Address }

// Start and Stop do nothing to what never runs.
func (p *Postgres) Start(testing.TB) {}
func (p *Postgres) Stop()            {}
