package run

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"signet"
	"signet/internal/line"
	"signet/internal/store"
)

// Input is a run that is known already: stored, or in a file of JSON lines.
type Input struct {
	Name string // as it was asked for; of a stored one its ID
	Run  *store.Run
	// Observations gives everything by address, clients too; it may be called again.
	Observations func() iter.Seq2[*signet.Observation, error]
	stored       *Stored // nil for a file
	lent         bool    // the store is somebody else's to close
}

// Close closes the store that the run is in, where it was opened for it.
func (in *Input) Close() {
	if in.stored != nil && !in.lent {
		in.stored.Close()
	}
}

// IsFile tells whether what names a run names a file of JSON lines.
func IsFile(name string) bool {
	return name == "-" || strings.HasSuffix(name, ".jsonl") || strings.ContainsAny(name, "/\\")
}

// Open opens a run: a file of JSON lines (`run.jsonl`, any path, - for standard input), else one of the store of that URL.
func (e *Env) Open(ctx context.Context, url, name string) (*Input, error) {
	if IsFile(name) {
		return e.openLines(name)
	}
	return e.OpenStored(ctx, url, name)
}

// OpenStored opens a run of the store of that URL.
func (e *Env) OpenStored(ctx context.Context, url, name string) (*Input, error) {
	s, err := OpenRuns(ctx, url, e.warn)
	if err != nil {
		return nil, err
	}
	run, err := s.Readable(name, e.warn)
	if err != nil {
		s.Close()
		return nil, err
	}
	in := s.Input(ctx, run)
	in.lent = false
	return in, nil
}

// Input is a run of the store, which stays open when the input is closed.
func (s *Stored) Input(ctx context.Context, run *store.Run) *Input {
	return &Input{
		Name: run.ID, Run: run, stored: s, lent: true,
		Observations: func() iter.Seq2[*signet.Observation, error] {
			return store.Observations(ctx, s.Store, run, store.ByAddress)
		},
	}
}

func (e *Env) openLines(name string) (*Input, error) {
	r := e.stdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, refuse("run", "%v", err)
		}
		defer f.Close()
		r = f
	}
	in, err := ReadLines(r)
	if err != nil {
		return nil, refuse("run", "%s: %v", name, err)
	}
	in.Name = name
	return in, nil
}

// ReadLines reads a run from JSON lines.
func ReadLines(r io.Reader) (*Input, error) {
	run, list, err := readLines(r)
	if err != nil {
		return nil, err
	}
	return &Input{Run: run, Observations: listed(list)}, nil
}

// readLines reads one run. Hosts and paths follow from the observations; clients stand among them as a store keeps them.
// A file that was cut short is a run that was interrupted.
func readLines(r io.Reader) (*store.Run, []signet.Observation, error) {
	var run *store.Run
	var list []signet.Observation
	ended := false
	take := func(o *signet.Observation) error {
		if run == nil {
			return fmt.Errorf("not JSON lines of signet: the first line is no run")
		}
		list = append(list, *o)
		return nil
	}
	err := line.Read(r, line.Handler{
		Run: func(l *line.Run) error {
			if run != nil {
				return fmt.Errorf("a second run begins; give a file one run")
			}
			if err := line.CheckSchema(l.Schema); err != nil {
				return err
			}
			run = &store.Run{ID: l.ID, Tool: l.Tool, Started: l.Started, Ended: l.Ended, Targets: l.Targets, Checks: l.Checks,
				Depth: l.Depth, Policy: l.Policy, Interrupted: l.Interrupted, Warnings: l.Warnings}
			p := &run.Progress // of an export
			p.Addresses, p.Alive, p.Asked, p.Outcomes = l.Progress.Addresses, l.Progress.Alive, l.Progress.Asked, l.Progress.Outcomes
			return nil
		},
		Observation: take,
		Client: func(c *signet.Client) error {
			o, err := c.Observation()
			if err != nil {
				return err
			}
			return take(o)
		},
		Summary: func(l *line.Summary) error {
			ended = true
			if run == nil || l.Ended.IsZero() {
				return nil
			}
			run.Ended, run.Interrupted = l.Ended, l.Interrupted
			run.Progress = progressIn(l.Coverage)
			return nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	if run == nil {
		return nil, nil, fmt.Errorf("not JSON lines of signet: it holds no run")
	}
	run.Interrupted = run.Interrupted || !ended
	run.Observations = uint64(len(list))
	slices.SortStableFunc(list, func(a, b signet.Observation) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port))
	})
	return run, list, nil
}

// listed goes through a run that is in memory, as often as it is asked to.
func listed(list []signet.Observation) func() iter.Seq2[*signet.Observation, error] {
	return func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for i := range list {
				o := list[i] // a reader may decode its facts
				if !yield(&o, nil) {
					return
				}
			}
		}
	}
}

// progressIn is how far a run came, by the coverage in its summary.
func progressIn(c *line.Coverage) (p store.Progress) {
	if c != nil {
		p.Addresses, p.Alive, p.Asked, p.Outcomes = c.Addresses, c.Alive, c.Asked, c.Outcomes
	}
	return p
}
