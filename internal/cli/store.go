package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/store"
	"signet/internal/store/postgres"
	"signet/internal/store/sqlite"
)

// storeUsage describes --store.
const storeUsage = "where runs are kept: sqlite:PATH, `postgres://…` or none (default: sqlite: in the user's state folder)"

// storeFlag adds --store to a command.
func storeFlag(cmd *cobra.Command, url *string) {
	cmd.Flags().StringVar(url, "store", "", storeUsage)
}

// openStore opens the store of --store; nil is none. With create a database that is not there is made.
func (a *app) openStore(ctx context.Context, url string, create bool) (store.Store, error) {
	if url == "" || url == "sqlite:" {
		dir := a.userDir("XDG_STATE_HOME", filepath.Join(".local", "state"))
		switch {
		case dir != "":
			url = "sqlite:" + filepath.Join(dir, "signet.db")
		case url == "" && create:
			fmt.Fprintln(a.Stderr, "signet: the run is not stored: the environment names no home folder (see --store)")
			return nil, nil
		default:
			return nil, usage("--store: the environment names no home folder: give sqlite:PATH")
		}
	}
	if url == "none" {
		return nil, nil
	}
	s, err := connect(ctx, url, create)
	switch {
	case errors.Is(err, store.ErrMissing):
		return nil, trouble("no run is stored yet: %w", err)
	case err != nil && ctx.Err() != nil:
		return nil, &exitError{code: exitInterrupted}
	}
	return s, err
}

func connect(ctx context.Context, url string, create bool) (store.Store, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		s, err := sqlite.Open(ctx, path, create)
		if err != nil {
			return nil, trouble("%w", err)
		}
		return s, nil
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		s, err := postgres.Open(ctx, url)
		if err != nil {
			return nil, trouble("%w", err)
		}
		return s, nil
	}
	kind, _, _ := strings.Cut(url, ":") // what follows may hold a password
	return nil, usage("--store %s: want sqlite:PATH, postgres://USER@HOST/DATABASE or none", kind)
}

// storedRun opens the store and finds a run in it.
func (a *app) storedRun(ctx context.Context, url, name string) (store.Store, *store.Run, error) {
	s, err := a.openStore(ctx, url, false)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		return nil, nil, usage("--store none keeps no run")
	}
	runs, err := s.Runs(ctx)
	if err != nil {
		s.Close()
		return nil, nil, trouble("%v", err)
	}
	run, err := store.Find(runs, name)
	if err != nil {
		s.Close()
		return nil, nil, usage("%v (signet runs lists them)", err)
	}
	return s, run, nil
}
