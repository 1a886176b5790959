package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/internal/store"
)

// Schedule has something done on time: a site asked, or the store backed up.
type Schedule struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind,omitempty"` // one of the kinds below
	Site      string   `json:"site"`           // ID; empty: what is done is about no site
	Cron      string   `json:"cron"`
	Zone      string   `json:"zone"`    // of the IANA database; empty: UTC
	Overlap   string   `json:"overlap"` // what becomes of a time at which a job of the site has not ended: skip, queue
	Missed    string   `json:"missed"`  // what becomes of times that nobody was there for: once, skip
	Blackouts []string `json:"blackouts"`
	Paused    bool     `json:"paused"`

	// Of a report: mail addresses and IDs of channels; html, csv or xlsx; and, without a line of cron, that each job of the site that asked all
	// of it brings one (AfterRun).
	To     []string `json:"to,omitempty"`
	Format string   `json:"format,omitempty"`
	After  string   `json:"after,omitempty"`

	// Until is the time up to which everything was dealt with, Last what was done the last time.
	Until time.Time `json:"until"`
	Last  Kept      `json:"last,omitzero"`
	Done  time.Time `json:"done,omitzero"` // when what is no job was done the last time, and came to its end; what was seen since then the next report tells
	Rev   uint64    `json:"-"`
}

// The kinds of schedules.
const (
	ScanKind   = "scan"   // the site is asked
	BackupKind = "backup" // the store is copied; it is the admin's alone
	ReportKind = "report" // what became of the site's board, or ("") of all, is sent by mail
)

// AfterRun is when a report is due that has no line of cron.
const AfterRun = "run"

// AllowSchedule tells whether somebody may do something about a schedule.
func AllowSchedule(w Who, a Action, s *Schedule) bool {
	if s.Kind != BackupKind {
		return Allow(w, a, s.Site)
	}
	if a == Look {
		return Allow(w, Inspect, "")
	}
	return Allow(w, Administer, "")
}

// Kept is what was done about a time of a schedule.
type Kept struct {
	Due    time.Time `json:"due"`              // the time
	At     time.Time `json:"at"`               // when it was dealt with
	Did    string    `json:"did"`              // started, written, sent, skipped, missed, failed
	Missed int       `json:"missed,omitempty"` // times before it that nobody was there for
	Job    string    `json:"job,omitempty"`
	File   string    `json:"file,omitempty"` // that a backup was written to: its name alone
	Why    string    `json:"why,omitempty"`
}

const mostSchedules = 1000

func scheduleOf(k kept[Schedule]) Schedule {
	s := k.v
	s.Rev, s.Kind = k.rev, cmp.Or(s.Kind, ScanKind)
	return s
}

// Schedules lists those of sites that somebody may see, by ID.
func (d *Desk) Schedules(w Who) []Schedule {
	var list []Schedule
	for _, k := range d.schedules.list() {
		if AllowSchedule(w, Look, &k.v) {
			list = append(list, scheduleOf(k))
		}
	}
	return list
}

// Schedule gives one. One that somebody may not see is store.ErrUnknown to them.
func (d *Desk) Schedule(w Who, id string) (Schedule, error) {
	k, err := d.schedules.get(id)
	if err == nil && !AllowSchedule(w, Look, &k.v) {
		err = store.NoDocument("schedule", id)
	}
	if err != nil {
		return Schedule{}, err
	}
	return scheduleOf(k), nil
}

// PutSchedule makes a schedule (of no ID), or changes the one of that ID, which stands at revision was, into what is given. What it was to
// do until now is dealt with by that: it begins with what comes next.
func (d *Desk) PutSchedule(ctx context.Context, act Act, s Schedule, was uint64) (Schedule, error) {
	err := d.change(ctx, act, func(p *plan) error {
		s.Kind = cmp.Or(s.Kind, ScanKind)
		if err := d.siteOfSchedule(act.Who, &s); err != nil {
			return err
		}
		if !AllowSchedule(act.Who, Launch, &s) {
			return ErrForbidden
		}
		before, _ := d.schedules.get(s.ID)
		if err := d.checkSchedule(&s); err != nil {
			return err
		}
		if err := d.checkReport(act.Who, &s, before.v.To); err != nil {
			return err
		}
		if d.config.CheckSchedule != nil {
			if err := d.config.CheckSchedule(&s); err != nil {
				return err
			}
		}
		s.Until, s.Last, s.Done = p.now, Kept{}, time.Time{}
		if s.ID == "" {
			if len(d.schedules.list()) >= mostSchedules {
				return ErrTooMany
			}
			var err error
			if s.ID, err = d.newID(); err != nil {
				return err
			}
			p.note("schedule.create", s.ID, "kind", s.Kind, "site", s.Site)
			return d.schedules.put(p, s.ID, 0, s)
		}
		k, err := d.schedules.at(s.ID, was)
		if err != nil {
			return err
		}
		if !AllowSchedule(act.Who, Launch, &k.v) { // nor may it be taken from a site that one does not see
			return store.NoDocument("schedule", s.ID)
		}
		if s.Kind != cmp.Or(k.v.Kind, ScanKind) {
			return wrong("kind", "stays as it is: make another schedule")
		}
		if s.Kind == ReportKind && s.Site != k.v.Site { // what waits to be sent is of the one that it had
			return wrong("site", "stays as it is: make another schedule")
		}
		s.Last, s.Done = k.v.Last, k.v.Done
		p.note("schedule.change", s.ID, "kind", s.Kind, "site", s.Site)
		return d.schedules.put(p, s.ID, k.rev, s)
	})
	if err != nil {
		return Schedule{}, err
	}
	return d.Schedule(System(), s.ID)
}

// siteOfSchedule finds the site of a schedule, which somebody has to see.
func (d *Desk) siteOfSchedule(w Who, s *Schedule) error {
	if s.Kind == BackupKind {
		if s.Site != "" && AllowSchedule(w, Launch, s) {
			return wrong("site", "a backup is of all sites: leave it out")
		}
		return nil
	}
	if s.Kind == ReportKind && s.Site == "" { // of all that there is
		return nil
	}
	site, ok := d.site(s.Site)
	if !ok || !Allow(w, Look, site.id) {
		return wrong("site", "there is no site %.100q", s.Site)
	}
	s.Site = site.id
	return nil
}

// RemoveSchedule removes one. Its jobs stay as they are.
func (d *Desk) RemoveSchedule(ctx context.Context, act Act, id string, was uint64) error {
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.schedules.at(id, was)
		if err == nil && !AllowSchedule(act.Who, Look, &k.v) {
			err = store.NoDocument("schedule", id)
		}
		if err != nil {
			return err
		}
		if !AllowSchedule(act.Who, Launch, &k.v) {
			return ErrForbidden
		}
		d.schedules.remove(p, id, k.rev)
		p.note("schedule.remove", id)
		return nil
	})
}

// checkSchedule checks what a schedule says by itself.
func (d *Desk) checkSchedule(s *Schedule) (err error) {
	if !slices.Contains([]string{ScanKind, BackupKind, ReportKind}, s.Kind) {
		return wrong("kind", "want %s, %s or %s", ScanKind, BackupKind, ReportKind)
	}
	for _, f := range []struct {
		field string
		to    *string
	}{{"cron", &s.Cron}, {"zone", &s.Zone}} {
		if *f.to, err = plain(f.field, *f.to, mostName); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		field string
		to    *string
		words []string // the first where nothing is said
	}{{"overlap", &s.Overlap, []string{"skip", "queue"}}, {"missed", &s.Missed, []string{"once", "skip"}}} {
		if *f.to == "" {
			*f.to = f.words[0]
		}
		if !slices.Contains(f.words, *f.to) {
			return wrong(f.field, "want %s or %s", f.words[0], f.words[1])
		}
	}
	if s.Blackouts == nil {
		s.Blackouts = []string{}
	}
	return nil
}

// mostTo is how many a report goes to.
const mostTo = 50

// checkReport checks when a report is due and whom it goes to; had are those that it went to before. Channels are seen by few: who does not see
// them may leave them where they are, and no more.
func (d *Desk) checkReport(w Who, s *Schedule, had []string) error {
	if s.Kind != ReportKind {
		if len(s.To) > 0 || s.Format != "" || s.After != "" {
			return wrong("kind", "only a report has to, format and after")
		}
		return nil
	}
	if s.Cron == "" && s.After == "" {
		s.After = AfterRun
	}
	switch {
	case s.After != "" && s.After != AfterRun:
		return wrong("after", "want %s, or a line of cron", AfterRun)
	case s.After != "" && s.Cron != "":
		return wrong("after", "does not go with a line of cron: leave one of them out")
	case s.After != "" && s.Site == "":
		return wrong("site", "which one's jobs? A report of all wants a line of cron")
	case s.After != "" && len(s.Blackouts) > 0:
		return wrong("blackouts", "go with a line of cron alone")
	}
	formats := []string{"html", "csv", "xlsx"}
	if s.Format = cmp.Or(s.Format, formats[0]); !slices.Contains(formats, s.Format) {
		return wrong("format", "want html, csv or xlsx")
	}
	var to []string
	for _, name := range s.To {
		name, err := plain("to", name, 320)
		if err != nil {
			return err
		}
		if !strings.Contains(name, "@") {
			ids, err := d.channelIDs([]string{name})
			if err != nil || !Allow(w, Inspect, "") && !slices.Contains(had, ids[0]) {
				return wrong("to", "there is no channel %.40q", name)
			}
			if name = ids[0]; slices.Contains(had, name) { // as it was
				to = append(to, name)
				continue
			}
			if c, err := d.channels.get(name); err != nil || c.v.Kind != "mail" {
				return wrong("to", "%.40q is no channel of mail", name)
			}
			if !slices.ContainsFunc(d.Serving(s.Site), func(c Channel) bool { return c.ID == name }) {
				return wrong("to", "the channel does not serve that, or is paused")
			}
		}
		if !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	if len(to) == 0 || len(to) > mostTo {
		return wrong("to", "want 1 to %d mail addresses or channels of mail", mostTo)
	}
	s.To = to
	return nil
}

// StartScheduled queues the job of a schedule that stands at a revision, and writes that its times until now are dealt with: both, or neither.
func (d *Desk) StartScheduled(ctx context.Context, s *Schedule, until time.Time, did Kept, order json.RawMessage) (Job, error) {
	var id string
	err := d.change(ctx, Act{Who: System()}, func(p *plan) (err error) {
		k, err := d.schedules.at(s.ID, s.Rev)
		if err != nil {
			return err
		}
		if id, err = d.newID(); err != nil {
			return err
		}
		d.forgetJobs(p)
		p.note("job.launch", id, "site", k.v.Site, "schedule", s.ID)
		if err := d.jobs.put(p, id, 0, Job{ID: id, State: Queued, Site: k.v.Site, Schedule: s.ID, Order: order, Queued: p.now}); err != nil {
			return err
		}
		did.Job = id
		v := k.v
		v.Until, v.Last = until, did
		return d.schedules.put(p, s.ID, k.rev, v)
	})
	if err != nil {
		return Job{}, err
	}
	return d.Job(id)
}

// PassScheduled writes that the times of a schedule until now are dealt with, and what was done; no job was queued for them.
func (d *Desk) PassScheduled(ctx context.Context, s *Schedule, until time.Time, did Kept) error {
	_, err := d.ReportScheduled(ctx, s, until, time.Time{}, did)
	return err
}

// ReportScheduled does that, and writes what somebody is to be told by it: all of it, or nothing. done is the new one of the schedule; zero: it
// stays. revs are the revisions of the edits.
func (d *Desk) ReportScheduled(ctx context.Context, s *Schedule, until, done time.Time, did Kept, edits ...store.Edit) (revs []uint64, err error) {
	revs = make([]uint64, len(edits))
	return revs, d.change(ctx, Act{Who: System()}, func(p *plan) error {
		for i, e := range edits {
			p.changes = append(p.changes, change{e, func(rev uint64) { revs[i] = rev }})
		}
		k, err := d.schedules.at(s.ID, s.Rev)
		if err != nil {
			return err
		}
		v := k.v
		if v.Until = until; !did.At.IsZero() {
			v.Last = did
			detail := []string{"site", k.v.Site}
			if did.File != "" {
				detail = []string{"file", did.File}
			}
			if len(edits) > 0 {
				detail = append(detail, "messages", strconv.Itoa(len(edits)))
			}
			p.note("schedule."+did.Did, s.ID, detail...)
		}
		if did.Did == "written" {
			done = did.At
		}
		if !done.IsZero() {
			v.Done = done
		}
		return d.schedules.put(p, s.ID, k.rev, v)
	})
}
