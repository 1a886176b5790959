package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/text"
)

// backupFlags are the flags of backups that a server writes by itself.
type backupFlags struct {
	dir  string
	keep int
}

func (f *backupFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "backup-dir", "", "let schedules write backups of the store into `DIR`, which is made where it is missing")
	fl.IntVar(&f.keep, "backup-keep", 7, "keep the newest `N` backups of --backup-dir")
}

// backups adds what writes the backups of a server's store to its means, or why there are none.
func (a *app) backups(m *hub.Means, f *backupFlags, kept store.Store, storeURL string) error {
	url, err := a.storeURL(storeURL, true)
	switch {
	case err != nil:
		return err
	case f.dir != "":
		m.BackUp, err = run.Backups(kept, url, f.dir, f.keep)
		return failed(err)
	case strings.HasPrefix(url, "sqlite:"):
		m.NoBackup = "this server was started without --backup-dir, the folder that backups go to"
	default:
		m.NoBackup = "this store is in PostgreSQL, whose own pg_dump makes backups"
	}
	return nil
}

// serveStore are the commands for the store that a server is over.
func (a *app) serveStore() []*cobra.Command {
	sub := func(use, short, long string, args cobra.PositionalArgs, do func(ctx context.Context, url string, args []string) error) *cobra.Command {
		var url string
		cmd := &cobra.Command{Use: use, Short: short, Long: long, Args: args,
			RunE: func(cmd *cobra.Command, args []string) error {
				if err := a.configure(cmd); err != nil {
					return err
				}
				return do(cmd.Context(), url, args)
			},
		}
		storeFlag(cmd, &url)
		return cmd
	}
	return []*cobra.Command{
		sub("backup FILE", "Write the store into FILE while it is in use",
			"Backup writes runs, users, sites, owners of findings and the audit log into FILE, which holds what FILE of another name would: a SQLite store. The server may run meanwhile. PostgreSQL has pg_dump.",
			wantArguments(1, 1, "the file to write to"), a.backup),
		sub("restore FILE", "Put a backup in the place of the store",
			"Restore puts what backup wrote in the place of the store, while no server runs over it. What stood there is kept in a file beside it, which is named.",
			wantArguments(1, 1, "the file that backup wrote"), a.restore),
		sub("check", "Verify every stored row and the audit log (exit 1: something was altered)",
			"Check holds every stored row against its checksum, as `signet runs check` does, and the audit log against its chain of hashes.",
			noArguments(""), func(ctx context.Context, url string, _ []string) error { return a.checkServed(ctx, url) }),
	}
}

func (a *app) backup(ctx context.Context, url string, args []string) error {
	url, err := a.storeURL(url, true)
	if err != nil {
		return err
	}
	if err := run.Backup(ctx, url, args[0], a.tell); err != nil {
		return failed(err)
	}
	return a.print("The store is in " + text.Clean(args[0]) + ".\n")
}

func (a *app) restore(ctx context.Context, url string, args []string) error {
	url, err := a.storeURL(url, true)
	if err != nil {
		return err
	}
	before, err := run.Restore(ctx, args[0], url)
	if err != nil {
		return failed(err)
	}
	said := "The store is that of " + text.Clean(args[0]) + ".\n"
	if before != "" {
		said += "What stood there is in " + text.Clean(before) + ".\n"
	}
	return a.print(said)
}

// checkServed verifies all that a server keeps.
func (a *app) checkServed(ctx context.Context, url string) error {
	if err := a.checkRuns(ctx, url, nil); err != nil {
		return err
	}
	kept, err := a.openStore(ctx, url)
	if err != nil {
		return err
	}
	if kept == nil {
		return nil
	}
	defer kept.Close()
	documents, ok := kept.(store.Desk)
	if !ok {
		return nil
	}
	entries, err := desk.VerifyAudit(ctx, documents)
	if err != nil {
		return trouble("the audit log was altered or cut short: %v", err)
	}
	return a.print(fmt.Sprintf("%s of the audit log: the chain is whole\n", text.Count(entries, "entry", "entries")))
}

// sweep takes away what has ended, now and then.
func (a *app) sweep(ctx context.Context, d *desk.Desk) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := d.Sweep(ctx); err != nil && ctx.Err() == nil {
				a.tell(err.Error())
			}
		}
	}
}
