package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/calendar"
	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/outbox"
	"signet/internal/store"
)

// CheckChannel tells what is wrong with where a channel leads: a *desk.FieldError.
func CheckChannel(c *desk.Channel, secret string) error {
	n := notify.Channel{Kind: c.Kind, URL: c.URL, Secret: secret, Template: c.Template}
	var f *notify.FieldError
	if err := n.Check(); errors.As(err, &f) {
		return &desk.FieldError{Field: f.Field, Text: f.Why}
	} else if err != nil {
		return err
	}
	if c.Digest == "" {
		return nil
	}
	_, err := calendar.New(c.Digest, c.Zone, nil)
	var when *calendar.FieldError
	if errors.As(err, &when) {
		if when.Field == "cron" {
			when.Field = "digest"
		}
		return &desk.FieldError{Field: when.Field, Text: when.Why}
	}
	return err
}

// send sends a message to a channel, as it is now.
func (h *Hub) send(ctx context.Context, id string, m *notify.Message) (notify.Result, error) {
	if to, ok := strings.CutPrefix(id, reports); ok {
		addresses, channel, err := h.reader(to)
		if err != nil {
			return notify.Result{Status: err.Error()}, err
		}
		if channel == "" {
			return h.Send(ctx, notify.Channel{Kind: notify.MailKind, URL: mailto(addresses)}, m)
		}
		id = channel
	}
	c, secret, err := h.Desk.OpenChannel(id)
	switch {
	case errors.Is(err, store.ErrUnknown):
		return notify.Result{}, outbox.ErrNoChannel
	case err == nil && c.Paused && m.Kind != notify.Test:
		err = errors.New("it is paused")
	}
	if err != nil {
		return notify.Result{Status: err.Error()}, err
	}
	return h.Send(ctx, notify.Channel{Kind: c.Kind, URL: c.URL, Secret: secret, Template: c.Template}, m)
}

// TestChannel sends a message that says that it is a test, and tells how that went: no error of sending is one of this.
func (h *Hub) TestChannel(ctx context.Context, act desk.Act, id string) (notify.Result, bool, error) {
	if !desk.Allow(act.Who, desk.Administer, "") {
		return notify.Result{}, false, desk.ErrForbidden
	}
	if err := h.Desk.Note(ctx, act, "channel.test", id); err != nil {
		return notify.Result{}, false, err
	}
	now := h.Now().UTC()
	r, err := h.send(ctx, id, &notify.Message{ID: fmt.Sprintf("msg_test_%x", now.UnixMilli()), At: now.Truncate(time.Second), Kind: notify.Test, Title: "This is a test of Signet: messages arrive", Link: h.page("/")})
	if errors.Is(err, outbox.ErrNoChannel) {
		return r, false, store.NoDocument("channel", id)
	}
	if err == nil { // what waits for it need not wait any more
		h.Outbox.Again(id)
	}
	return r, err == nil, nil
}

// event is something that happened once.
type event struct {
	id   string // of which it is told once
	site string
	m    notify.Message
}

// tellEvents tells of jobs that failed, of times that schedules missed, and of exceptions that end soon, once each.
func (h *Hub) tellEvents(ctx context.Context) error {
	a := &h.alerts
	here := map[string]bool{}
	for _, e := range slices.Concat(h.failures(), h.missedTimes(), h.endings()) {
		here[e.id] = true
		if _, told := a.of[e.id]; told {
			continue
		}
		var p posts
		if err := h.post(&p, e.site, e.m); err != nil {
			return err
		}
		n := len(p.edits)
		revs, err := h.documents.Write(ctx, append(slices.Clip(p.edits), store.Edit{Kind: toldOfKind, ID: e.id, Body: []byte("1")})...)
		if err != nil {
			return err
		}
		a.of[e.id] = revs[n]
		h.Outbox.Posted(p.letters, revs[:n])
	}
	for id, rev := range a.of { // what it was about is gone
		if here[id] {
			continue
		}
		if _, err := h.documents.Write(ctx, store.Edit{Kind: toldOfKind, ID: id, Was: rev}); err != nil {
			return err
		}
		delete(a.of, id)
	}
	return nil
}

// failures are jobs that failed since the hub tells of anything.
func (h *Hub) failures() (list []event) {
	for _, j := range h.Desk.Jobs(system()) {
		if j.State == desk.Failed && j.Ended.After(h.alerts.at.Since) {
			list = append(list, event{"job/" + j.ID, j.Site, notify.Message{Kind: notify.JobFailed, Severity: "medium", Run: j.Run, Title: "A job failed" + at(h.siteName(j.Site)),
				Rows: []notify.Row{{Text: j.Failed}}, Link: h.page("/jobs/" + j.ID)}})
		}
	}
	return list
}

// missedTimes are those of schedules at which nothing was begun.
func (h *Hub) missedTimes() (list []event) {
	for _, s := range h.Desk.Schedules(system()) {
		l := s.Last
		if l.Missed == 0 && l.Did != "missed" && l.Did != "failed" {
			continue
		}
		m := notify.Message{Kind: notify.JobMissed, Severity: "medium", Link: h.page("/schedules"), Title: fmt.Sprintf("%d scheduled times were missed%s", max(l.Missed, 1), at(h.siteName(s.Site)))}
		if max(l.Missed, 1) == 1 {
			m.Title = "A scheduled time was missed" + at(h.siteName(s.Site))
		}
		if s.Kind == desk.BackupKind && l.Did == "failed" {
			m.Kind, m.Title = notify.JobFailed, "A backup failed"
		} else if s.Kind == desk.ReportKind && l.Did == "failed" {
			m.Kind, m.Title = notify.JobFailed, "A report could not be made"+at(h.siteName(s.Site))
		} else if s.Kind == desk.ReportKind {
			m.Title = fmt.Sprintf("Reports: missed at %d of their times%s", max(l.Missed, 1), at(h.siteName(s.Site)))
		} else if s.Kind == desk.BackupKind {
			m.Title = fmt.Sprintf("Backups: missed at %d of their times", max(l.Missed, 1))
		}
		if m.Rows = []notify.Row{{Text: "the last one: " + l.Due.UTC().Format(time.RFC3339)}}; l.Why != "" {
			m.Rows = append(m.Rows, notify.Row{Text: l.Why})
		}
		list = append(list, event{fmt.Sprintf("schedule/%s/%d", s.ID, l.At.UnixMilli()), s.Site, m})
	}
	return list
}

// endsSoon is how many days before its last an exception is told of.
const endsSoon = 14

// endings are exceptions in force whose last day is near.
func (h *Hub) endings() (list []event) {
	today := h.Now().UTC().Truncate(24 * time.Hour)
	for _, e := range h.Desk.Exceptions(system()) {
		last, err := time.Parse(time.DateOnly, e.Until)
		if err != nil || e.State != desk.Approved || last.Before(today) || last.After(today.AddDate(0, 0, endsSoon)) {
			continue
		}
		list = append(list, event{"exception/" + e.ID + "/" + e.Until, e.Site, notify.Message{Kind: notify.Ending, Severity: "low", Link: h.page("/exceptions"),
			Title: fmt.Sprintf("An exception%s ends on %s", at(h.siteName(e.Site)), e.Until), Rows: []notify.Row{{Rule: e.Rule, Owner: e.Owner, Text: e.Reason}}}})
	}
	return list
}

// digests sends what waits for a digest that is due, as one message a channel.
func (h *Hub) digests(ctx context.Context) error {
	now := h.Now()
	for _, c := range h.Desk.Channels(system()) {
		held := h.Outbox.Held(c.ID)
		if len(held) == 0 {
			continue
		}
		if when, err := calendar.New(c.Digest, c.Zone, nil); err == nil { // of one that has none any more, they go at once
			if next := when.Next(held[0].Made); next.IsZero() || now.Before(next) {
				continue
			}
		}
		if err := h.Outbox.Digest(ctx, c.ID, digest(held, now, h.page("/changes")), held); err != nil {
			return err
		}
	}
	return nil
}

// digest is one message for many.
func digest(held []*outbox.Letter, now time.Time, link string) notify.Message {
	d := notify.Message{At: now.UTC().Truncate(time.Second), Kind: notify.Digest, Link: link, Title: fmt.Sprintf("%d messages since %s", len(held), held[0].Made.UTC().Format("2 January 15:04 UTC"))}
	if len(held) == 1 {
		d = held[0].Message
		d.Kind = notify.Digest
		return d
	}
	var worst signet.Severity
	for _, l := range held {
		m := &l.Message
		if v := signet.Severity(0); v.UnmarshalText([]byte(m.Severity)) == nil && (d.Severity == "" || v > worst) { // a message need not have one
			worst, d.Severity = v, m.Severity
		}
		rows := append([]notify.Row{{Text: m.Title}}, m.Rows...)
		n := min(len(rows), notify.MostRows-len(d.Rows))
		d.Rows = append(d.Rows, rows[:n]...)
		d.More += len(rows) - n + m.More
	}
	return d
}
