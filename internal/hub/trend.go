package hub

import (
	"context"
	"slices"
	"time"

	"signet/internal/store"
)

// Trend is a run and those before it that asked the same, the newest first: at most so many. Where the run is not among runs, which are
// ordered so too, there are none.
func Trend(runs []store.Run, newest string, most int) (list []store.Run) {
	at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == newest })
	if at < 0 {
		return nil
	}
	of := &runs[at]
	for i := at; i < len(runs) && len(list) < most; i++ {
		r := &runs[i]
		if r.Finished() && r.Stands() && r.Scope == of.Scope && slices.Equal(r.Checks, of.Checks) && r.Depth == of.Depth && len(r.Verdicts) > 0 {
			list = append(list, *r)
		}
	}
	return list
}

// SiteTrend is the runs of a site that asked the same as its newest one, the newest first.
type SiteTrend struct {
	Runs []store.Run
	// Other is when the newest of its earlier runs began that asked something else (targets, checks or depth), and so is left out; zero: none did.
	Other time.Time
}

// Trends gives the trend of each site among runs that somebody may see, the newest of which come first: of the site's run newest and at most
// so many. What a verification asked is no run of the site's scope.
func (h *Hub) Trends(ctx context.Context, runs []store.Run) (func(site, newest string, most int) SiteTrend, error) {
	of, err := h.placesOfRuns(ctx)
	if err != nil {
		return nil, err
	}
	return func(site, newest string, most int) SiteTrend { return trendOf(runs, of, site, newest, most) }, nil
}

func trendOf(runs []store.Run, of map[string]place, site, newest string, most int) (t SiteTrend) {
	own := slices.DeleteFunc(slices.Clone(runs), func(r store.Run) bool { return of[r.ID].Site != site || of[r.ID].Verifies != nil })
	t.Runs = Trend(own, newest, most)
	at := slices.IndexFunc(own, func(r store.Run) bool { return r.ID == newest })
	if site == "" || at < 0 { // of no site is whatever anybody asked
		return t
	}
	for i := range own[at:] {
		if r := &own[at+i]; r.Finished() && r.Stands() && r.ID != newest && !alike(r, &own[at]) {
			t.Other = r.Started
			break
		}
	}
	return t
}
