package web

import (
	"context"
	"net/http"
	"time"

	"signet/internal/desk"
	"signet/internal/hub"
)

// scheduleFields are what people say of a schedule.
type scheduleFields struct {
	Kind      *string   `json:"kind,omitempty" enum:"scan,report,backup" doc:"what is done: scan (none: that) asks the site, report sends what became of the board by mail, backup writes a copy of the store where --backup-dir says, for the admin alone"`
	Site      *string   `json:"site,omitempty" doc:"ID or name; a backup has none, and a report of all has none"`
	Cron      *string   `json:"cron,omitempty" doc:"minute, hour, day of the month, month, day of the week; or @daily and the like"`
	Zone      *string   `json:"zone,omitempty" doc:"of the IANA database, such as Europe/Berlin; none: UTC"`
	Overlap   *string   `json:"overlap,omitempty" enum:"skip,queue" doc:"what becomes of a time at which a job of the site has not ended; none: skip"`
	Missed    *string   `json:"missed,omitempty" enum:"once,skip" doc:"what becomes of times that nobody was there for; none: once, one job for all of them"`
	Blackouts *[]string `json:"blackouts,omitempty" doc:"windows in which nothing of it goes on: mon-fri 08:00-18:00, 22:00-06:00, sat,sun, 2026-12-20..2027-01-06"`
	Paused    *bool     `json:"paused,omitempty"`

	To     *[]string `json:"to,omitempty" doc:"of a report: mail addresses, and IDs or names of channels of mail that serve the site"`
	Format *string   `json:"format,omitempty" enum:"html,csv,xlsx" doc:"of a report: html (none: that) is the page as one file, csv and xlsx are tables"`
	After  *string   `json:"after,omitempty" doc:"of a report without a line of cron: run, each that asked the whole site"`
}

// set writes what is said over a schedule.
func (f *scheduleFields) set(s *desk.Schedule) {
	for _, v := range []struct{ to, from *string }{{&s.Kind, f.Kind}, {&s.Site, f.Site}, {&s.Cron, f.Cron}, {&s.Zone, f.Zone}, {&s.Overlap, f.Overlap}, {&s.Missed, f.Missed}, {&s.Format, f.Format}, {&s.After, f.After}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if f.Blackouts != nil {
		s.Blackouts = *f.Blackouts
	}
	if f.To != nil {
		s.To = *f.To
	}
	if f.Paused != nil {
		s.Paused = *f.Paused
	}
}

// schedule is one as it is shown.
type schedule struct {
	desk.Schedule
	Next []time.Time `json:"next" nullable:"false" doc:"the next five times, in its zone"`

	Waiting int    `json:"waiting,omitempty" doc:"reports of it that were not taken yet"`
	Failed  int    `json:"failed,omitempty" doc:"reports of it that were not taken for a day"`
	Why     string `json:"why,omitempty" doc:"why the newest of them was not taken"`
}

// nextTimes is how many times are shown.
const nextTimes = 5

func (s *Server) scheduled(v desk.Schedule) schedule {
	next := hub.Next(&v, s.c.Hub.Now(), nextTimes)
	if next == nil {
		next = []time.Time{}
	}
	out := schedule{Schedule: v, Next: next}
	for _, l := range s.c.Hub.Reports(&v) {
		if out.Why == "" {
			out.Why = l.Why
		}
		if l.Failed {
			out.Failed++
		} else {
			out.Waiting++
		}
	}
	return out
}

// addSchedules adds the routes of schedules.
func (s *Server) addSchedules() {
	d := s.c.Desk
	add(s, "GET /api/v1/schedules", does{id: "list-schedules", summary: "Schedules, with their next five times"}, func(ctx context.Context, in *Paging) (*listed[schedule], error) {
		list := []schedule{}
		for _, v := range d.Schedules(who(ctx)) {
			list = append(list, s.scheduled(v))
		}
		return page(in, list, func(v *schedule) string { return v.ID })
	})
	type newSchedule struct{ Body scheduleFields }
	add(s, "POST /api/v1/schedules", does{id: "make-schedule", summary: "Have a site asked, a report sent or the store backed up on time", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newSchedule) (*made[schedule], error) {
			var v desk.Schedule
			in.Body.set(&v)
			v, err := d.PutSchedule(ctx, act(ctx), v, 0)
			if err != nil {
				return nil, err
			}
			s.c.Hub.Scheduled()
			return &made[schedule]{etag(v.Rev), base + "/schedules/" + v.ID, s.scheduled(v)}, nil
		})
	add(s, "GET /api/v1/schedules/{id}", does{id: "read-schedule", summary: "One schedule"}, func(ctx context.Context, in *Of) (*one[schedule], error) {
		v, err := d.Schedule(who(ctx), in.ID)
		return &one[schedule]{etag(v.Rev), s.scheduled(v)}, err
	})
	type scheduleChange struct {
		Change
		Body scheduleFields
	}
	add(s, "PATCH /api/v1/schedules/{id}", does{id: "change-schedule", summary: "Change a schedule, which begins with what comes next", errors: []int{412, 422}},
		func(ctx context.Context, in *scheduleChange) (*one[schedule], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			v, err := d.Schedule(who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			if was == anyRev { // what is not said is as it was read: not as somebody wrote it since
				was = v.Rev
			}
			in.Body.set(&v)
			if v, err = d.PutSchedule(ctx, act(ctx), v, was); err != nil {
				return nil, err
			}
			s.c.Hub.Scheduled()
			return &one[schedule]{etag(v.Rev), s.scheduled(v)}, nil
		})
	add(s, "DELETE /api/v1/schedules/{id}", does{id: "remove-schedule", summary: "Remove a schedule; its jobs stay", status: http.StatusNoContent, errors: []int{412}}, removal(d.RemoveSchedule))
}
