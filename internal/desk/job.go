package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Job is one launch, as it is kept so that the next process goes on with it.
type Job struct {
	ID     string          `json:"id"`
	State  JobState        `json:"state"`
	Run    string          `json:"run,omitempty"`  // once it began
	Site   string          `json:"site,omitempty"` // ID; empty: none
	Order  json.RawMessage `json:"order"`          // what was ordered, which the desk does not look into
	By     string          `json:"by"`             // ID of who launched it; empty: a schedule did
	Failed string          `json:"failed,omitempty"`

	Schedule string `json:"schedule,omitempty"` // ID of the one that launched it

	Queued time.Time `json:"queued"`
	Began  time.Time `json:"began,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
	Rev    uint64    `json:"-"`
}

// JobState is how far a job is.
type JobState string

const (
	Queued   JobState = "queued"
	Running  JobState = "running"
	Stopping JobState = "stopping"
	Done     JobState = "done"
	Failed   JobState = "failed"
	Stopped  JobState = "stopped"
)

// Ended tells whether a job goes on no more.
func (s JobState) Ended() bool { return s == Done || s == Failed || s == Stopped }

// mostJobs is how many that ended are kept.
const mostJobs = 2000

func jobOf(k kept[Job]) Job {
	j := k.v
	j.Rev = k.rev
	return j
}

// Jobs lists those that somebody may see, in the order of their launch.
func (d *Desk) Jobs(w Who) []Job {
	var list []Job
	for _, k := range d.jobs.list() {
		if Allow(w, Look, k.v.Site) {
			list = append(list, jobOf(k))
		}
	}
	sortJobs(list)
	return list
}

// Job gives one.
func (d *Desk) Job(id string) (Job, error) {
	k, err := d.jobs.get(id)
	return jobOf(k), err
}

// QueueJob keeps a job that is launched.
func (d *Desk) QueueJob(ctx context.Context, act Act, site string, order json.RawMessage) (Job, error) {
	if !Allow(act.Who, Launch, site) {
		return Job{}, ErrForbidden
	}
	var id string
	err := d.change(ctx, act, func(p *plan) (err error) {
		if id, err = d.newID(); err != nil {
			return err
		}
		d.forgetJobs(p)
		p.note("job.launch", id, "site", site)
		return d.jobs.put(p, id, 0, Job{ID: id, State: Queued, Site: site, Order: order, By: act.Who.ID, Queued: p.now})
	})
	if err != nil {
		return Job{}, err
	}
	return d.Job(id)
}

// MoveJob writes how far a job is, over any revision: whoever runs it knows. Its state is entered into the audit log where it ends.
func (d *Desk) MoveJob(ctx context.Context, id string, move func(*Job)) (Job, error) {
	err := d.change(ctx, Act{Who: System()}, func(p *plan) error {
		k, err := d.jobs.get(id)
		if err != nil {
			return err
		}
		j := k.v
		move(&j)
		j.ID, j.Site, j.By, j.Schedule, j.Queued = k.v.ID, k.v.Site, k.v.By, k.v.Schedule, k.v.Queued
		if j.State != Queued && j.Began.IsZero() {
			j.Began = p.now
		}
		if j.State.Ended() && !k.v.State.Ended() {
			j.Ended = p.now
			p.note("job.end", id, "state", string(j.State), "run", j.Run)
		}
		return d.jobs.put(p, id, k.rev, j)
	})
	if err != nil {
		return Job{}, err
	}
	return d.Job(id)
}

// forgetJobs plans to take away the oldest of too many that ended.
func (d *Desk) forgetJobs(p *plan) {
	var ended []Job
	for _, k := range d.jobs.list() {
		if k.v.State.Ended() {
			ended = append(ended, jobOf(k))
		}
	}
	sortJobs(ended)
	for len(ended) > mostJobs {
		d.jobs.remove(p, ended[0].ID, ended[0].Rev)
		ended = ended[1:]
	}
}

func sortJobs(list []Job) {
	slices.SortFunc(list, func(a, b Job) int { return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.ID, b.ID)) })
}
