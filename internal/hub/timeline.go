package hub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
)

// Event is one thing that became of a host: of a row of the board, or of an endpoint between two runs.
type Event struct {
	At     time.Time
	Row    *estate.Row   // nil: it is a Change
	Closed bool          // the row was seen not to be there any more; else it appeared, or Said says what was said of it
	Said   *desk.RowNote // nil: it was observed
	Change *Change
}

// mostEvents bounds the changes of a timeline: the newest.
const mostEvents = 500

// Timeline is what became of a host, the newest first: of its findings, what was said of them, and what changed from run to run.
func (h *Hub) Timeline(ctx context.Context, who desk.Who, of *estate.Host) ([]Event, error) {
	board := h.View(who).Board
	var list []Event
	for after := ""; ; {
		got, err := board.Page(&estate.RowFilter{Host: of.ID}, after, estate.MostPage)
		if err != nil {
			return nil, err
		}
		for i := range got.Items {
			r := &got.Items[i]
			if list = append(list, Event{At: r.First, Row: r}); !r.Closed.IsZero() {
				list = append(list, Event{At: r.Closed, Row: r, Closed: true})
			}
			notes, err := h.Desk.RowNotes(ctx, r.ID.String())
			if err != nil {
				return nil, err
			}
			for n := range notes {
				list = append(list, Event{At: notes[n].At, Row: r, Said: &notes[n]})
			}
		}
		if after = got.Next; after == "" {
			break
		}
	}
	changes, err := h.HostChanges(ctx, who, of, mostEvents)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		list = append(list, Event{At: changes[i].Set.Ended, Change: &changes[i]})
	}
	rank := func(e *Event) int { // of what happened in one second, which is all that is remembered of rows
		switch {
		case e.Change != nil:
			return 0
		case e.Closed:
			return 1
		case e.Said != nil:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(a, b Event) int {
		return cmp.Or(b.At.Truncate(time.Second).Compare(a.At.Truncate(time.Second)), cmp.Compare(rank(&a), rank(&b)), b.At.Compare(a.At))
	})
	return list, nil
}
