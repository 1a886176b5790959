package hub

import (
	"context"
	"io"
	"slices"

	"signet/internal/desk"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// Runs gives the runs that somebody may see, the newest first.
func (h *Hub) Runs(ctx context.Context, who desk.Who) ([]store.Run, error) {
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return nil, err
	}
	sites, err := h.sitesOfRuns(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(runs, func(r store.Run) bool { return !desk.Allow(who, desk.Look, sites[r.ID]) }), nil
}

// sitesOfRuns says to which site a run belongs, of those that do.
func (h *Hub) sitesOfRuns(ctx context.Context) (map[string]string, error) {
	heads, err := h.headed(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for id, head := range heads {
		of[id] = head.Site
	}
	jobs, _ := h.places() // those that have no reading yet
	for id, p := range jobs {
		of[id] = p.Site
	}
	return of, nil
}

// opened is a run that somebody may see, and the judge of its site.
func (h *Hub) opened(ctx context.Context, who desk.Who, name string) (*run.Input, *run.Replay, error) {
	runs, err := h.Runs(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	s := &run.Stored{Store: h.Store, Runs: runs}
	r, err := s.Readable(name, h.Warn)
	if err != nil {
		return nil, nil, err
	}
	sites, err := h.sitesOfRuns(ctx)
	if err != nil {
		return nil, nil, err
	}
	j, err := h.judgeOf(sites[r.ID])
	if err != nil {
		return nil, nil, err
	}
	return s.Input(ctx, r), &run.Replay{Judge: j}, nil
}

// Report writes a run that somebody may see, by its ID, in a format: what `signet report` writes under the policy of its site.
func (h *Hub) Report(ctx context.Context, who desk.Who, id string, f report.Format, w io.Writer) error {
	in, r, err := h.opened(ctx, who, id)
	if err != nil {
		return err
	}
	_, err = h.Env.Report(ctx, in, r, f.Run(w, &report.Options{Checks: h.Env.Checks, Width: 100}))
	return err
}

// Import stores runs of JSON lines, which belong to no site.
func (h *Hub) Import(ctx context.Context, act desk.Act, r io.Reader) (ids []string, err error) {
	if !desk.Allow(act.Who, desk.Import, "") {
		return nil, desk.ErrForbidden
	}
	ids, err = store.Import(ctx, r, h.Store, h.Now())
	if len(ids) > 0 {
		h.Look()
	}
	return ids, err
}
