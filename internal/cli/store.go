package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/text"
)

// storeUsage describes --store.
const storeUsage = "keep runs in `STORE`: sqlite:PATH, postgres://USER@HOST/DATABASE or none (default: sqlite: in the user's state folder)"

// storeFlag adds --store to a command.
func storeFlag(cmd *cobra.Command, url *string) {
	cmd.Flags().StringVar(url, "store", "", storeUsage)
}

// storeURL is the URL of --store, which is in the user's state folder where nothing else is said. make: it may be made.
func (a *app) storeURL(url string, make bool) (string, error) {
	if url != "" && url != "sqlite:" {
		return url, nil
	}
	dir := a.userDir("XDG_STATE_HOME", filepath.Join(".local", "state"))
	switch {
	case dir != "":
		return "sqlite:" + filepath.Join(dir, "signet.db"), nil
	case url == "" && make:
		return "", trouble("%w", errNoHome)
	}
	return "", usage("--store: %v: write sqlite:PATH", errNoHome)
}

// errNoHome says why there is no store by default.
var errNoHome = errors.New("the environment names no home folder")

// openStore opens the store of --store for writing; nil is none.
func (a *app) openStore(ctx context.Context, url string) (store.Store, error) {
	url, err := a.storeURL(url, true)
	if err != nil {
		return nil, err
	}
	s, err := run.OpenStore(ctx, url, true, a.tell)
	return s, failed(err)
}

// openForRun opens the store of --store for a run that is made. lost: it should be stored, and cannot be, which is said; its report
// needs no store.
func (a *app) openForRun(ctx context.Context, url string) (s store.Store, lost bool, err error) {
	s, err = a.openStore(ctx, url)
	if errors.Is(err, errNoHome) || errors.Is(err, store.ErrUnwritable) {
		a.notStored(err)
		return nil, true, nil
	}
	return s, false, err
}

// notStored says in one line why a run is not stored, or not to its end.
func (a *app) notStored(err error) {
	fmt.Fprintf(a.Stderr, "signet: the run is not stored, but its report is complete: %s (--store none stores nothing)\n", text.Clean(err.Error()))
}

// storedAsFailed says that a run stands for nothing.
func (a *app) storedAsFailed(why string) {
	fmt.Fprintf(a.Stderr, "signet: %s: the run is stored as failed, and `latest` stays what it was\n", text.Clean(why))
}

// openRuns opens the store of --store, and lists its runs.
func (a *app) openRuns(ctx context.Context, url string) (*run.Stored, error) {
	url, err := a.storeURL(url, false)
	if err != nil {
		return nil, err
	}
	s, err := run.OpenRuns(ctx, url, a.tell)
	return s, failed(err)
}

// allRuns is openRuns, where a store that does not exist yet has no run.
func (a *app) allRuns(ctx context.Context, url string) (*run.Stored, error) {
	s, err := a.openRuns(ctx, url)
	if errors.Is(err, store.ErrMissing) {
		return &run.Stored{}, nil
	}
	return s, err
}

// storedRun opens the store of --store and finds a run in it that can be read.
func (a *app) storedRun(ctx context.Context, url, name string) (*run.Stored, *store.Run, error) {
	s, err := a.openRuns(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	of, err := s.Readable(name, a.tell)
	if err != nil {
		s.Close()
		return nil, nil, failed(err)
	}
	return s, of, nil
}

// input opens a run: a file of JSON lines, else one of the store of --store.
func (a *app) input(ctx context.Context, url, name string) (*run.Input, error) {
	if !run.IsFile(name) {
		return a.storedInput(ctx, url, name)
	}
	in, err := a.run.Open(ctx, url, name)
	return in, failed(err)
}

// storedInput opens a run of the store of --store.
func (a *app) storedInput(ctx context.Context, url, name string) (*run.Input, error) {
	url, err := a.storeURL(url, false)
	if err != nil {
		return nil, err
	}
	in, err := a.run.OpenStored(ctx, url, name)
	return in, failed(err)
}
