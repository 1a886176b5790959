package store

import "context"

// Cursor stands behind a run in the list of runs; the zero value stands before the newest.
type Cursor struct {
	Started int64 // microseconds since 1970, by which runs are ordered
	Key     int64 // the newer of two that began at once has the higher one
}

// AllRuns lists every run, newest first, page by page.
func AllRuns(ctx context.Context, s Store) ([]Run, error) {
	const page = 500
	var all []Run
	for after := (Cursor{}); ; {
		runs, next, err := s.Runs(ctx, after, page)
		if err != nil {
			return nil, err
		}
		all = append(all, runs...)
		if next == (Cursor{}) {
			return all, nil
		}
		after = next
	}
}

// Listed is a run as a database finds it.
type Listed struct {
	RunRow
	Whole bool // its checksum is right
}

// ListRuns makes a page of Store.Runs of what a database reads: at most n runs behind a cursor, in order, with those that are being
// deleted.
func ListRuns(after Cursor, most int, read func(after Cursor, n int) ([]Listed, error)) (runs []Run, next Cursor, err error) {
	most = max(most, 1)
	for {
		n := most + 1 - len(runs) // the one more says whether there are any
		rows, err := read(after, n)
		if err != nil {
			return nil, Cursor{}, err
		}
		for i := range rows {
			r := &rows[i]
			after = Cursor{r.Started, r.Key}
			if r.Gone && r.Whole { // whether it was deleted is not known of one that is damaged
				continue
			}
			if len(runs) == most {
				return runs, next, nil
			}
			runs, next = append(runs, r.Run(r.Whole)), after
		}
		if len(rows) < n {
			return runs, Cursor{}, nil
		}
	}
}
