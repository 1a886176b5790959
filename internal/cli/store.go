package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet/internal/store"
	"signet/internal/store/postgres"
	"signet/internal/store/sqlite"
	"signet/internal/text"
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
			return nil, trouble("%w", errNoHome)
		default:
			return nil, usage("--store: %v: give sqlite:PATH", errNoHome)
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

// errNoHome says why there is no store by default.
var errNoHome = errors.New("the environment names no home folder")

// openForRun opens the store of --store for a run that is made. lost: it should be stored, and cannot be, which is said; its report
// needs no store.
func (a *app) openForRun(ctx context.Context, url string) (s store.Store, lost bool, err error) {
	s, err = a.openStore(ctx, url, true)
	if errors.Is(err, errNoHome) || errors.Is(err, store.ErrUnwritable) {
		a.notStored(err)
		return nil, true, nil
	}
	return s, false, err
}

// notStored says in one line why a run is not stored, or not to its end.
func (a *app) notStored(err error) {
	fmt.Fprintf(a.Stderr, "signet: the run is not stored, its report is complete all the same: %s (--store none never stores)\n", text.Clean(err.Error()))
}

// storedAsFailed says that a run stands for nothing.
func (a *app) storedAsFailed(why string) {
	fmt.Fprintf(a.Stderr, "signet: %s: the run is stored as failed, and `latest` stays what it was\n", text.Clean(why))
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
	// The damaged one may be what is meant by a word: when it was made is not known any more.
	if i := slices.IndexFunc(runs, func(r store.Run) bool { return r.Damaged }); i >= 0 && (name == "" || name == "latest" || name == "previous") {
		if err != nil {
			run, err = &runs[i], nil
		} else {
			fmt.Fprintf(a.Stderr, "signet: run %s is passed over: what is stored of it is damaged (signet runs check says what is)\n", text.Clean(runs[i].ID))
		}
	}
	if err != nil {
		s.Close()
		return nil, nil, usage("%v (signet runs lists them)", err)
	}
	if err := legible(run); err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, run, nil
}

// legible refuses a run of which nothing, or not all, can be read.
func legible(run *store.Run) error {
	switch {
	case run.Damaged:
		return trouble("run %s: what is stored of it is damaged: restore the store from a copy, or delete the run (signet runs check says what is)", run.ID)
	case run.Importing:
		return trouble("run %s: its import is under way or was cut short: import it again", run.ID)
	}
	return nil
}
