package postgres

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"signet/internal/reach"
	"signet/internal/store"
)

// connectTime is how long a server may take to answer, lockTime how long another process may hold a lock.
const (
	connectTime = 10 * time.Second
	lockTime    = 10 * time.Second
)

// Store is one database.
type Store struct {
	name string // without what is secret
	pool *pgxpool.Pool

	holds sync.Map // of *hold: the names that are held by it
}

var _ store.Store = (*Store)(nil)

//go:embed migrations/0001_runs.sql
var runsSQL string

//go:embed migrations/0002_hosts.sql
var hostsSQL string

//go:embed migrations/0003_pages.sql
var pagesSQL string

//go:embed migrations/0004_no_hosts.sql
var noHostsSQL string

//go:embed migrations/0005_sums.sql
var sumsSQL string

//go:embed migrations/0006_sieves.sql
var sievesSQL string

//go:embed migrations/0007_desk.sql
var deskSQL string

// step is SQL, and what SQL by itself cannot do.
type step struct {
	sql  string
	then func(context.Context, pgx.Tx) error
}

// steps lead from an empty schema to the present one. A step that was released is never changed: a later one corrects it.
var steps = [...]step{{sql: runsSQL}, {sql: hostsSQL}, {sql: pagesSQL}, {sql: noHostsSQL}, {sumsSQL, toSums}, {sql: sievesSQL}, {sql: deskSQL}}

// Open connects to `postgres://USER@HOST:PORT/DATABASE`. A password comes from the URL, PGPASSWORD or ~/.pgpass, and is in no
// message.
func Open(ctx context.Context, address string) (*Store, error) { return open(ctx, address, 6) }

func open(ctx context.Context, address string, conns int32) (*Store, error) {
	s := &Store{name: redacted(address)}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("store %s: the address cannot be read: want postgres://USER@HOST:PORT/DATABASE", s.name)
	}
	secure(&config.ConnConfig.Config)
	config.MaxConns = conns
	config.ConnConfig.ConnectTimeout = connectTime
	config.ConnConfig.RuntimeParams["application_name"] = "signet"
	for name, value := range map[string]string{
		"lock_timeout": fmt.Sprint(lockTime.Milliseconds()),
		// A server that loses its power may forget the last second, position and observations alike, as an SQLite file
		// would; a commit waits for no disk in return.
		"synchronous_commit": "off",
	} {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, s.fail(err)
	}
	if err := s.migrate(ctx, len(steps)); err != nil {
		s.pool.Close()
		return nil, s.fail(err)
	}
	return s, nil
}

// secure names versions and suites of whatever TLS an address asks for. A server whose certificate nobody should believe is refused where
// the address insists on TLS; where it takes what there is (sslmode prefer, allow), that would lead to no TLS at all.
func secure(c *pgconn.Config) {
	all := []*tls.Config{c.TLSConfig}
	for _, f := range c.Fallbacks {
		all = append(all, f.TLSConfig)
	}
	insists := !slices.Contains(all, nil)
	for _, t := range all {
		if t == nil {
			continue
		}
		if reach.Guard(t); !insists {
			t.VerifyConnection = nil
		}
	}
}

// redacted is an address without its password and options.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	u.RawQuery, u.Fragment = "", ""
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return u.String()
}

// Close closes every connection.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// migrate brings the schema to a version, one process at a time and all of it or nothing.
func (s *Store) migrate(ctx context.Context, to int) error {
	const counter = "SELECT version FROM signet_schema"
	version := 0
	err := s.pool.QueryRow(ctx, counter).Scan(&version)
	if err == nil && version == to {
		return nil
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || e.Code != "42P01") { // undefined_table
		return err
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const setUp = `SELECT pg_advisory_xact_lock(1399287412);
			CREATE TABLE IF NOT EXISTS signet_schema (version integer NOT NULL);
			INSERT INTO signet_schema SELECT 0 WHERE NOT EXISTS (SELECT FROM signet_schema)`
		if _, err := tx.Exec(ctx, setUp); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, counter).Scan(&version); err != nil {
			return err
		}
		if version > len(steps) {
			return fmt.Errorf("it was written by a newer Signet (its schema is %d, this version knows %d): use that one, or another --store", version, len(steps))
		}
		for ; version < to; version++ {
			_, err := tx.Exec(ctx, steps[version].sql)
			if then := steps[version].then; err == nil && then != nil {
				err = then(ctx, tx)
			}
			if err != nil {
				return fmt.Errorf("schema %d: %w", version+1, err)
			}
		}
		_, err := tx.Exec(ctx, "UPDATE signet_schema SET version = $1", version)
		return err
	})
}
