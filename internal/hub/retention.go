package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/internal/desk"
	"signet/internal/store"
)

// tidying takes away what is not to be kept any more, until ctx ends.
func (h *Hub) tidying(ctx context.Context) {
	again := time.NewTicker(time.Hour)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		if err := h.Tidy(ctx); err != nil && ctx.Err() == nil {
			h.Warn(fmt.Sprintf("what is not to be kept any more cannot be taken away: %v", err))
		}
	}
}

// Tidy takes away what the settings and sites say is not to be kept any more: runs, what changed, entries of the audit log. A Hub that works does it
// every hour.
func (h *Hub) Tidy(ctx context.Context) error {
	errs := []error{h.pruneRuns(ctx)}
	keep := h.Desk.Settings().Retention
	day := func(days int) time.Time { return h.Now().AddDate(0, 0, -days) }
	if keep.Changes > 0 {
		errs = append(errs, h.pruneChanges(ctx, day(keep.Changes)), h.Desk.PruneRowNotes(ctx, day(keep.Changes)))
	}
	for keep.Audit > 0 && ctx.Err() == nil {
		n, err := h.Desk.PruneAudit(ctx, day(keep.Audit))
		errs = append(errs, err)
		if n < 1000 {
			break
		}
	}
	return errors.Join(errs...)
}

// pruneRuns deletes the runs that nothing asks to keep.
func (h *Hub) pruneRuns(ctx context.Context) error {
	h.making.Lock() // no reading is made of one meanwhile, and it is compared with nothing
	defer h.making.Unlock()
	h.matching.Lock()
	defer h.matching.Unlock()
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	heads, err := h.headed(ctx)
	if err != nil {
		return err
	}
	of, err := h.placesOfRuns(ctx)
	if err != nil {
		return err
	}
	kept, err := h.keptSample(ctx)
	if err != nil {
		return err
	}
	_, busy := h.places()
	stay := map[string]bool{busy: true}
	for _, k := range h.standing(runs, heads) {
		stay[k.run.ID] = true
	}
	for i := range runs {
		r := &runs[i]
		if r.Finished() && r.Stands() && !h.changes.knows(r.ID) && !h.unlike[r.ID] {
			return nil // it is to be compared with one of these first
		}
		if kept != nil && kept.covers(r.ID) {
			stay[r.ID] = true
		}
	}
	gone := false
	for _, id := range beyond(runs, of, stay, h.Desk.RetentionOf, h.Now()) {
		if err := h.Store.Delete(ctx, id); err != nil && !errors.Is(err, store.ErrUnknown) {
			return err
		}
		gone = true
		if err := h.Desk.Note(ctx, desk.Act{Who: system()}, "run.prune", id, "site", of[id].Site); err != nil {
			return err
		}
	}
	if gone {
		h.Look()
	}
	return nil
}

// beyond are the runs, of those that are ordered the newest first, that go beyond what is to be kept of their sites. One that is damaged, or did
// not end, stays, and so does the newest one of a site that came to its end.
func beyond(runs []store.Run, of map[string]place, stay map[string]bool, keep func(site string) desk.Retention, now time.Time) (ids []string) {
	newer := map[string]int{} // whole runs, by site
	for i := range runs {
		r, at := &runs[i], of[runs[i].ID]
		whole := r.Finished() && r.Stands() && at.Verifies == nil
		n := newer[at.Site]
		if whole {
			newer[at.Site]++
		}
		k := keep(at.Site)
		switch {
		case k == (desk.Retention{}), stay[r.ID], r.Damaged, r.Importing, r.Ended.IsZero(), n == 0,
			k.Runs > 0 && n < k.Runs, k.Days > 0 && !r.Ended.Before(now.AddDate(0, 0, -k.Days)):
			continue
		}
		ids = append(ids, r.ID)
	}
	return ids
}

// pruneChanges takes away what changed in runs that ended before a time. That they were compared stays known for as long as they are stored.
func (h *Hub) pruneChanges(ctx context.Context, before time.Time) error {
	h.matching.Lock()
	defer h.matching.Unlock()
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	stored := map[string]bool{}
	for i := range runs {
		stored[runs[i].ID] = true
	}
	sets, _ := h.ChangeSets(system(), 0)
	var edits []store.Edit
	drop := func(kind, id string) { edits = append(edits, store.Edit{Kind: kind, ID: id, Was: store.AnyRev}) }
	for _, s := range sets {
		if !s.Ended.Before(before) {
			continue
		}
		drop(changeSetKind, setID(s.Seq))
		drop(changeIndexKind, setID(s.Seq))
		for n := range s.Parts {
			drop(changePartKind, changePart(s.Seq, n))
		}
		if !stored[s.Run] {
			drop(comparedKind, s.Run)
		}
	}
	if len(edits) == 0 {
		return nil
	}
	_, err = h.documents.Write(ctx, edits...)
	return errors.Join(err, h.changes.load(ctx, h.documents))
}
