package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"signet/internal/calendar"
	"signet/internal/desk"
	"signet/internal/store"
)

// CheckSchedule tells what is wrong with when a schedule is due: a *desk.FieldError.
func CheckSchedule(s *desk.Schedule) error {
	if err := checkRecipients(s); err != nil || s.After != "" {
		return err
	}
	_, err := calendar.New(s.Cron, s.Zone, s.Blackouts)
	var f *calendar.FieldError
	if errors.As(err, &f) {
		return &desk.FieldError{Field: f.Field, Text: f.Why}
	}
	return err
}

// Next gives the next times of a schedule, at most n of them, in its zone.
func Next(s *desk.Schedule, after time.Time, n int) (list []time.Time) {
	if s.After != "" {
		return nil
	}
	c, err := calendar.New(s.Cron, s.Zone, s.Blackouts)
	if err != nil || s.Paused {
		return nil
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil
	}
	for t := c.Next(after); !t.IsZero() && len(list) < n; t = c.Next(t) {
		list = append(list, t.In(zone))
	}
	return list
}

// mostAhead is how far ahead of the clock a schedule may have been dealt with: whoever set the clock a year ahead, and back, would else have
// it wait for a year.
const mostAhead = 24 * time.Hour

// lookEvery is how often the clock is looked at, whatever is due: it may have jumped, or the machine have stood still.
const lookEvery = 20 * time.Second

// timed is a schedule as the clock knows it.
type timed struct {
	rev  uint64
	when *calendar.Schedule
	next time.Time // nothing is to be done before
	at   time.Time // when that was found
	late time.Time // the time that could not be begun for want of a store that takes it; it was said
}

// clock starts what is due, until ctx ends.
func (h *Hub) clock(ctx context.Context) {
	known := map[string]*timed{}
	defer h.copying.Wait()
	for ctx.Err() == nil {
		soon := h.tick(ctx, known)
		wait := time.NewTimer(min(max(soon.Sub(h.Now()), 0), lookEvery))
		select {
		case <-ctx.Done():
		case <-wait.C:
		case <-h.timetable:
		}
		wait.Stop()
	}
}

// tick does what is due now, and says when something is to be done again at the latest.
func (h *Hub) tick(ctx context.Context, known map[string]*timed) (soon time.Time) {
	now := h.Now()
	soon = now.Add(lookEvery)
	here, ran := map[string]bool{}, sync.OnceValue(h.askedWhole)
	for _, s := range h.Desk.Schedules(system()) {
		here[s.ID] = true
		if s.Paused {
			continue
		}
		if s.After != "" {
			if at := h.reportAfter(ctx, &s, ran()[s.Site], now); at.Before(soon) {
				soon = at
			}
			continue
		}
		t := known[s.ID]
		if t == nil || t.rev != s.Rev || now.Before(t.at) { // the clock went back
			when, err := calendar.New(s.Cron, s.Zone, s.Blackouts)
			if err != nil { // its zone is not known to this machine
				h.Warn(fmt.Sprintf("schedule %s: it cannot be told when it is due: %v", s.ID, err))
				known[s.ID] = &timed{rev: s.Rev, next: now.Add(time.Hour), at: now}
				continue
			}
			t = &timed{rev: s.Rev, when: when}
			known[s.ID] = t
		}
		if t.when != nil && !now.Before(t.next) {
			t.next, t.at = h.due(ctx, &s, t, now), now
		}
		if t.next.Before(soon) {
			soon = t.next
		}
	}
	h.Jobs.mind(h.Grace)
	for id := range known {
		if !here[id] {
			delete(known, id)
		}
	}
	return soon
}

// due does what a schedule has to do now, and says before when nothing is to be done again.
func (h *Hub) due(ctx context.Context, s *desk.Schedule, t *timed, now time.Time) time.Time {
	soon := now.Add(lookEvery)
	if s.Until.Sub(now) > mostAhead {
		h.Warn(fmt.Sprintf("schedule %s was dealt with until %s, which is yet to come: it begins again now", s.ID, s.Until.Format(time.RFC3339)))
		return h.passed(ctx, s, now, desk.Kept{})
	}
	missed := calendar.Once
	if s.Missed == "skip" {
		missed = calendar.Skip
	}
	d := t.when.Since(s.Until, now, missed)
	did := desk.Kept{Due: d.At, At: now, Missed: d.Missed}
	switch {
	case d.At.IsZero():
		if next := t.when.Next(later(now, s.Until)); !next.IsZero() {
			return next
		}
		return now.Add(time.Hour)
	case d.Wait:
		return soon
	case !d.Start:
		did.Did, did.Why = "missed", "nobody was there, and missed times are left out"
		return h.passed(ctx, s, now, did)
	case s.Kind == desk.BackupKind:
		return h.backUp(ctx, s, now, did)
	case s.Kind == desk.ReportKind:
		return h.report(ctx, s, now, now, did)
	}
	if s.Overlap == "skip" {
		for _, j := range h.Desk.Jobs(system()) {
			if j.Site == s.Site && !j.State.Ended() && !h.verifies(&j) {
				did.Did, did.Why, did.Job = "skipped", "a job of the site had not ended", j.ID
				return h.passed(ctx, s, now, did)
			}
		}
	}
	did.Did = "started"
	if err := h.launchDue(ctx, s, now, did); err != nil {
		did.Did, did.Why = "failed", err.Error()
		switch {
		case ctx.Err() != nil || errors.Is(err, store.ErrStale):
			return soon
		case errors.Is(err, store.ErrUnwritable) || errors.Is(err, store.ErrAway): // nobody was there who could write it: it is made up for, or missed
			if !t.late.Equal(d.At) {
				t.late = d.At
				h.Warn(fmt.Sprintf("schedule %s: nothing can be started yet: %v", s.ID, err))
			}
			return soon
		}
		h.Warn(fmt.Sprintf("schedule %s: nothing was started: %v", s.ID, err))
		return h.passed(ctx, s, now, did)
	}
	return now
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// verifies tells whether a job asks one endpoint again, which keeps no site from being asked.
func (h *Hub) verifies(j *desk.Job) bool {
	var o Ordered
	return json.Unmarshal(j.Order, &o) == nil && o.Verifies != nil
}

// launchDue queues the job of a schedule.
func (h *Hub) launchDue(ctx context.Context, s *desk.Schedule, now time.Time, did desk.Kept) error {
	site, err := h.Desk.Site(system(), s.Site)
	if err != nil {
		return err
	}
	return h.Jobs.launchScheduled(ctx, s, now, did, &Ordered{Order: h.orderOf(&site)})
}

// passed writes that the times of a schedule until now are dealt with, and says before when nothing is to be done again.
func (h *Hub) passed(ctx context.Context, s *desk.Schedule, now time.Time, did desk.Kept) time.Time {
	if err := h.Desk.PassScheduled(ctx, s, now, did); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrUnknown) {
		h.Warn(fmt.Sprintf("schedule %s: what was done cannot be written: %v", s.ID, err))
		return now.Add(lookEvery)
	}
	return now
}

// Scheduled has the clock looked at: a schedule was made, changed or removed.
func (h *Hub) Scheduled() {
	select {
	case h.timetable <- struct{}{}:
	default:
	}
}

// heldBack tells whether a job has to wait for the end of a window of its schedule.
func (h *Hub) heldBack(j *desk.Job) bool {
	if j.Schedule == "" {
		return false
	}
	s, err := h.Desk.Schedule(system(), j.Schedule)
	if err != nil || len(s.Blackouts) == 0 {
		return false
	}
	when, err := calendar.New(s.Cron, s.Zone, s.Blackouts)
	if err != nil {
		return false
	}
	_, _, in := when.Blackout(h.Now())
	return in
}
