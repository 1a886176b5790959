package cli

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"signet/internal/run"
	"signet/internal/store"
)

// resume finds the run of --resume and gives the command its flags and targets. What the user gave with --resume may only
// repeat them: another question is another run. The caller closes what is returned.
func (a *app) resume(cmd *cobra.Command, f *scanFlags) (*run.Stored, *store.Run, error) {
	given := map[string]bool{}
	cmd.Flags().Visit(func(fl *pflag.Flag) { given[fl.Name] = true })
	if err := a.configure(cmd); err != nil {
		return nil, nil, err
	}
	stored, of, err := a.storedRun(cmd.Context(), f.store, f.resume)
	if err != nil {
		return nil, nil, err
	}
	if err := f.adopt(cmd, given, of); err != nil {
		stored.Close()
		return nil, nil, failed(err)
	}
	return stored, of, nil
}

// adopt puts the order of a run in the place of what the configuration or nobody gave.
func (f *scanFlags) adopt(cmd *cobra.Command, given map[string]bool, of *store.Run) error {
	if err := run.Resumable(of); err != nil {
		return err
	}
	order, err := run.OrderOf(of)
	if err != nil {
		return usage("--resume %s: signet scan did not make this run, so there is nothing to continue", of.ID)
	}
	var old scanFlags
	typed := &cobra.Command{}
	old.register(typed)
	old.Order = *order
	own := ownFlags()
	cmd.Flags().VisitAll(func(fl *pflag.Flag) {
		if err != nil || own[fl.Name] {
			return
		}
		is, was := values(fl), values(typed.Flags().Lookup(fl.Name))
		list, isList := fl.Value.(pflag.SliceValue)
		switch {
		case slices.Equal(is, was):
		case given[fl.Name] && asks(fl.Name):
			err = usage("--resume %s: the run began with --%s %q and continues only with the same value", of.ID, fl.Name, was)
		case given[fl.Name]: // how fast and how patiently may change
		case isList:
			err = list.Replace(was)
		default:
			err = fl.Value.Set(was[0])
		}
	})
	if err != nil {
		return err
	}
	if len(f.Targets) == 0 {
		f.Targets = order.Targets
	}
	if f.Seed != 0 && f.Seed != order.Seed {
		return usage("--resume %s: the run began with seed %d, not %d", of.ID, order.Seed, f.Seed)
	}
	f.Seed = order.Seed
	return nil
}

// values are what a flag holds: of a list each of its values.
func values(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

// ownFlags are those that belong to one invocation and not to the run.
func ownFlags() map[string]bool {
	return map[string]bool{"output": true, "by": true, "store": true, "color": true, "no-progress": true, "stats": true, "fail-on": true,
		"resume": true, "yes": true, "help": true, "seed": true, "policy": true, "all": true, "trace": true}
}

// asks tells whether a flag decides what is asked, as against how fast.
func asks(flag string) bool {
	return !slices.Contains([]string{"rate", "in-flight", "timeout", "host-timeout", "retries", "discover"}, flag)
}
