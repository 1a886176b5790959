package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"signet/internal/desk"
	"signet/internal/store"
)

// Means is what a server has for schedules that ask nothing. The zero value is of one that has none of it.
type Means struct {
	// BackUp writes a copy of the store, made at a time, where the flags say, and gives the name of its file; with one, an error says what went
	// wrong beside it. nil: NoBackup says why there are none.
	BackUp   func(ctx context.Context, at time.Time) (name string, err error)
	NoBackup string

	Mail bool // mail goes out to any address: a server for it is named
	// Report says what became of a site's board, or ("") of all, since a time, with a file of that format; nil: there are no reports.
	Report func(ctx context.Context, site string, since time.Time, format string) (*Report, error)
}

// CheckSchedule tells what is wrong with a schedule on a server of these means: a *desk.FieldError.
func (m *Means) CheckSchedule(s *desk.Schedule) error {
	if why := m.WhyNoBackup(); why != "" && s.Kind == desk.BackupKind {
		return &desk.FieldError{Field: "kind", Text: why}
	}
	if addresses, _ := recipients(s); len(addresses) > 0 && !m.Mail {
		return &desk.FieldError{Field: "to", Text: "this server was started without --smtp: only channels of mail that have a server of their own can be written to"}
	}
	return CheckSchedule(s)
}

// WhyNoBackup says why no backups are written; "": they are.
func (m *Means) WhyNoBackup() string {
	if m.BackUp == nil {
		return cmp.Or(m.NoBackup, "this server writes no backups")
	}
	return ""
}

// copying is the backups of schedules: one is written at a time, while the clock goes on.
type copying struct {
	sync.WaitGroup
	mu   sync.Mutex
	of   string               // ID of the schedule whose backup is written; empty: none is
	done map[string]desk.Kept // what was done for schedules, while the store does not take that
}

// begin tells whether a backup may begin, and for whom something is to be written first.
func (c *copying) begin(id string) (did desk.Kept, written, may bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if did, written = c.done[id]; written || c.of != "" {
		return did, written, false
	}
	c.of = id
	return desk.Kept{}, false, true
}

// end is that it came to its end; one without a Did came to none.
func (c *copying) end(id string, did desk.Kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of = ""
	if did.Did == "" {
		return
	}
	if c.done == nil {
		c.done = map[string]desk.Kept{}
	}
	c.done[id] = did
}

func (c *copying) wrote(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.done, id)
}

// backUp has a backup written for a schedule that is due, and says before when nothing is to be done about it. Its times are dealt with once
// the backup is there: whoever comes after a process that was killed meanwhile writes it.
func (h *Hub) backUp(ctx context.Context, s *desk.Schedule, now time.Time, did desk.Kept) time.Time {
	soon := now.Add(lookEvery)
	if h.Means.BackUp == nil {
		did.Did, did.Why = "failed", h.Means.WhyNoBackup()
		return h.passed(ctx, s, now, did)
	}
	before, written, may := h.copying.begin(s.ID)
	if written { // which would else be written again and again
		h.backedUp(ctx, s.ID, before)
		return soon
	}
	if !may {
		return soon
	}
	h.copying.Go(func() {
		name, err := h.Means.BackUp(ctx, now)
		if ctx.Err() != nil && name == "" {
			h.copying.end(s.ID, desk.Kept{})
			return
		}
		switch did.Did, did.File = "written", name; {
		case name == "":
			did.Did, did.Why = "failed", err.Error()
			h.Warn(fmt.Sprintf("schedule %s: no backup was written: %v", s.ID, err))
		case err != nil:
			did.Why = err.Error()
			h.Warn(fmt.Sprintf("schedule %s: %v", s.ID, err))
		}
		if did.At = now; s.Overlap == "skip" { // what came due while it was written
			did.At = later(now, h.Now())
		}
		h.copying.end(s.ID, did)
		h.backedUp(context.WithoutCancel(ctx), s.ID, did)
		h.Scheduled()
		h.Ring()
	})
	return soon
}

// backedUp writes what came of a backup, over whatever became of its schedule meanwhile.
func (h *Hub) backedUp(ctx context.Context, id string, did desk.Kept) {
	for {
		s, err := h.Desk.Schedule(system(), id)
		if err == nil {
			err = h.Desk.PassScheduled(ctx, &s, later(did.At, s.Until), did)
		}
		switch {
		case errors.Is(err, store.ErrStale):
			continue
		case err == nil || errors.Is(err, store.ErrUnknown):
			h.copying.wrote(id)
		default:
			h.Warn(fmt.Sprintf("schedule %s: what was done cannot be written: %v", id, err))
		}
		return
	}
}
