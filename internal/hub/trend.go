package hub

import (
	"slices"

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
