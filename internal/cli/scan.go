package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"signet/internal/run"
	"signet/internal/store"
)

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [flags] TARGET...",
		Short: "Scan targets",
		Long: `Scan every TARGET: an address, a CIDR block, a range (10.0.0.1-10.0.0.99, 10.0.0-3.1-254), a host name, or any of
them with a port (10.0.0.5:8530).

At the default depth no logon fails and no account can lock. signet checks lists what each check sends and what the
target will log; signet targets lists what a scan would ask, and asks nobody.`,
		Example: "  signet scan 10.0.10.0/24 ca1.corp.example\n  signet scan -f hosts.txt --exclude-file never.txt -o text -o html=report.html\n  signet scan --rate 200 --fail-on high 10.0.0.0/16",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Targets = args
			if !cmd.Flags().Changed("resume") {
				if err := a.configure(cmd); err != nil {
					return err
				}
				return a.scan(cmd.Context(), &f, nil)
			}
			stored, of, err := a.resume(cmd, &f)
			if err != nil {
				return err
			}
			defer stored.Close()
			return a.scan(cmd.Context(), &f, &resumed{stored.Store, of})
		},
	}
	f.register(cmd)
	return cmd
}

// resumed is a run that is gone on with, and the store that it is in.
type resumed struct {
	store store.Store
	run   *store.Run
}

// scan is the main job. r is nil, or the run to go on with.
func (a *app) scan(ctx context.Context, f *scanFlags, r *resumed) error {
	failOn, fail, err := f.settle()
	if err != nil {
		return err
	}
	s, err := a.run.Prepare(ctx, &f.Order)
	if err != nil {
		return failed(err)
	}
	asked, lost := false, false // the run should be stored, and is not
	into := run.Into{Failed: a.storedAsFailed, Lost: func(err error) {
		a.notStored(err)
		lost = true
	}}
	if r == nil { // one that is gone on with was let pass when it was begun, and asks the same
		if asked, err = a.consent(ctx, f, size{s.Addresses(), s.Dangers(), s.Estimate()}); err != nil {
			return err
		}
		if into.Store, lost, err = a.openForRun(ctx, f.store); err != nil {
			return err
		}
		if into.Store != nil {
			defer into.Store.Close()
		}
	}
	counters, err := openStatistics(f.stats)
	if err != nil {
		return err
	}
	defer counters.Close()
	if r != nil {
		if err := s.Resume(ctx, r.store, r.run); err != nil {
			return failed(err)
		}
	}
	out, err := a.open(f.outputs, look{f.color, f.by, keptBy(f.store, f.Policy, into.Store != nil || r != nil)}, f.besides()...) // last: what cannot begin makes no file
	if err != nil {
		return err
	}
	defer out.close()
	drain := make(chan struct{})
	into.Flush, into.Drain = out.flush, drain
	if err := s.Begin(ctx, into, out); err != nil {
		return failed(err)
	}
	if takes := s.Estimate(); takes != "" && !asked {
		a.tell(takes)
	}
	err = a.drive(ctx, s, drain, &watching{counters: counters, progress: !f.noProgress})
	interrupted := s.Interrupted() || a.unread()
	if err != nil && !interrupted {
		s.Abandon(err)
		out.abandon(true)
		return failed(err)
	}
	if interrupted && !s.Learned() && out.spareOlder() {
		a.tell("the run learned nothing: older files stay as they were")
	}
	summary, tally, err := s.End(interrupted)
	if err != nil {
		return failed(err)
	}
	for _, text := range summary.Lost.Sums() {
		fmt.Fprintln(a.Stderr, "signet: "+text)
	}
	switch {
	case interrupted:
		return &exitError{code: exitInterrupted}
	case s.Watch().Total == 0 && s.Unresolved() > 0:
		return trouble("no target has an address")
	case lost: // which was said
		return &exitError{code: exitTrouble}
	}
	return exit(tally.Exit(failOn, fail), fail && s.Unresolved() > 0)
}
