//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"signet/bench/company"
	"signet/internal/store"
	"signet/internal/store/postgres"
	"signet/internal/store/sqlite"
)

// database is a store with documents.
type database interface {
	store.Store
	store.Desk
}

// openStore opens a store by its URL.
func openStore(ctx context.Context, url string) (database, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqlite.Open(ctx, path, true)
	}
	return postgres.Open(ctx, url)
}

// changedOf is how many hosts there are to one that differs between the two large runs.
const changedOf = 100

// smallHosts are those of each small run: half of the runs are of addresses that the large ones know, too.
const smallHosts = 40

// fillStore stores run1, run2, or the small runs.
func fillStore(ctx context.Context, url string, which []string, hosts, small int) error {
	s, err := openStore(ctx, url)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, what := range which {
		switch what {
		case "run1":
			err = company.Store(ctx, s, company.Nth(1, hosts, changedOf))
		case "run2":
			err = company.Store(ctx, s, company.Nth(2, hosts, changedOf))
		case "small":
			for i := range small {
				r := company.Run{ID: fmt.Sprintf("small%02d", i), Scope: fmt.Sprintf("small %d", i), Hosts: smallHosts, First: 1_000_000 + i*smallHosts,
					Started: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * 2 * time.Hour)}
				if i%2 == 0 {
					r.First = i * smallHosts
				}
				if err = company.Store(ctx, s, r); err != nil {
					return err
				}
			}
		default:
			err = fmt.Errorf("%q is no run", what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readingBytes is how much the reading of a run takes in the store.
func readingBytes(ctx context.Context, url, run string) (n int, err error) {
	s, err := openStore(ctx, url)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	for after := ""; ; {
		list, err := s.Documents(ctx, "reading-part", run+"/", after, 100)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for i := range list {
			after = list[i].ID
			n += len(list[i].Body)
		}
	}
}
