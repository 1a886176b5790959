package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"signet/internal/desk"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// Errors of jobs that a caller tells apart.
var (
	ErrStopped = errors.New("the server is stopping and begins nothing more")
	ErrTooMany = errors.New("too many jobs wait already")
)

// mostWaiting is how many jobs wait at most.
const mostWaiting = 1000

// Jobs makes runs, one at a time: limits are promised for each run, and two at once would be twice what was promised. Jobs that
// were under way or waiting when the process ended go on when the next one begins.
type Jobs struct {
	JobsConfig
	mu      sync.Mutex
	under   *underway // the one that is made
	closed  bool
	away    map[string]int // how often jobs were cut by a store that did not answer
	wake    chan struct{}
	changed chan struct{} // closed and made anew when any job changes
}

// JobsConfig is what Jobs are made of.
type JobsConfig struct {
	Desk   *desk.Desk
	Store  store.Store
	Runner func(site string) (Runner, error) // that of a site, by ID; "" is of targets that belong to none
	// Out is what hears of the run of a job, and Done is called once it is whole in the store; nil: nobody is told.
	Out  func(*Job) report.Handler
	Done func(context.Context, *Job)
	// Ended is called once a job is written as ended; nil: nobody is told.
	Ended func()
	Warn  func(string) // hears a line that a person should read; nil: nobody does
	// Held tells whether a job has to wait, in a window in which nothing of its schedule goes on; nil: none has.
	Held func(*desk.Job) bool
}

// underway is the job that is made.
type underway struct {
	id      string
	running Underway // nil while it is begun
	stopped bool     // it was told to stop
	held    bool     // it was told to wait

	// How it ended, and why, while the store does not take that yet; the zero value: it has not.
	ended  desk.JobState
	failed string
}

// NewJobs makes Jobs; Work makes their runs.
func NewJobs(c JobsConfig) *Jobs {
	if c.Out == nil {
		c.Out = func(*Job) report.Handler { return report.Ignore{} }
	}
	if c.Done == nil {
		c.Done = func(context.Context, *Job) {}
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if c.Held == nil {
		c.Held = func(*desk.Job) bool { return false }
	}
	return &Jobs{JobsConfig: c, wake: make(chan struct{}, 1), changed: make(chan struct{})}
}

// tell wakes whoever waits for a change, and the worker. The caller holds the lock.
func (q *Jobs) tell() {
	close(q.changed)
	q.changed = make(chan struct{})
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Job is a job as somebody may see it, and a channel that is closed when any job has changed since. How far a run under way is
// changes without that: who shows it asks again. One that is not to be seen is store.ErrUnknown.
func (q *Jobs) Job(w desk.Who, id string) (Job, <-chan struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	kept, err := q.Desk.Job(id)
	if err == nil && !desk.Allow(w, desk.Look, kept.Site) {
		err = store.NoDocument("job", id)
	}
	if err != nil {
		return Job{}, nil, err
	}
	j, err := q.seen(kept)
	return j, q.changed, err
}

// List gives every job that somebody may see, the newest first.
func (q *Jobs) List(w desk.Who) ([]Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []Job
	for _, kept := range slices.Backward(q.Desk.Jobs(w)) {
		j, err := q.seen(kept)
		if err != nil {
			return nil, err
		}
		list = append(list, j)
	}
	return list, nil
}

// seen is a job with what was ordered and how far its run is. The caller holds the lock.
func (q *Jobs) seen(kept desk.Job) (Job, error) {
	j := Job{Job: kept}
	if err := json.Unmarshal(kept.Order, &j.Ordered); err != nil {
		return Job{}, fmt.Errorf("job %s: what was ordered cannot be read: %w", kept.ID, err)
	}
	j.Progress = j.Ordered.Progress
	if u := q.under; u != nil && u.id == j.ID {
		if u.running != nil {
			j.Progress = progress(u.running.Watch())
		}
		if u.ended != "" {
			j.State, j.Failed = u.ended, u.failed
		}
	}
	return j, nil
}

// Stop stops a job: one that waits at once, one under way once its hosts under way are finished, or after grace has passed. A job
// that has ended stays as it is.
func (q *Jobs) Stop(ctx context.Context, act desk.Act, id string, grace time.Duration) (Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	kept, err := q.Desk.Job(id)
	switch {
	case err != nil:
		return Job{}, err
	case !desk.Allow(act.Who, desk.Look, kept.Site):
		return Job{}, store.NoDocument("job", id)
	case !desk.Allow(act.Who, desk.Launch, kept.Site):
		return Job{}, desk.ErrForbidden
	}
	if kept, err = q.stop(ctx, kept, grace); err != nil {
		return Job{}, err
	}
	return q.seen(kept)
}

// StopAll stops every job that somebody may stop and that has not ended.
func (q *Jobs) StopAll(ctx context.Context, act desk.Act, grace time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	var errs []error
	for _, kept := range q.Desk.Jobs(act.Who) {
		if desk.Allow(act.Who, desk.Launch, kept.Site) {
			_, err := q.stop(ctx, kept, grace)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stop stops one. The caller holds the lock.
func (q *Jobs) stop(ctx context.Context, kept desk.Job, grace time.Duration) (desk.Job, error) {
	to := desk.Stopping
	switch {
	case kept.State == desk.Queued && (q.under == nil || q.under.id != kept.ID):
		to = desk.Stopped
	case kept.State.Ended() || kept.State == desk.Stopping || q.under != nil && q.under.id == kept.ID && q.under.ended != "":
		return kept, nil
	}
	defer q.tell()
	if to == desk.Stopping && q.under != nil && q.under.id == kept.ID {
		q.under.stopped = true
		if q.under.running != nil {
			drain(q.under.running, grace)
		}
	}
	return q.Desk.MoveJob(ctx, kept.ID, func(j *desk.Job) { j.State = to })
}

// mind lets the job under way come to a stop where it has to wait, and looks whether one that waited has not to any more.
func (q *Jobs) mind(grace time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if u := q.under; u != nil && !u.held && !u.stopped && u.running != nil {
		if kept, err := q.Desk.Job(u.id); err == nil && q.Held(&kept) {
			u.held = true
			drain(u.running, grace)
		}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Work makes the runs of jobs until ctx ends; then the run under way is drained for grace, cut, and left for the next process to go on
// with. It returns when nothing is under way any more.
func (q *Jobs) Work(ctx context.Context, grace time.Duration) {
	defer func() {
		q.mu.Lock()
		q.closed = true
		q.mu.Unlock()
	}()
	for {
		j, found, err := q.next()
		if err != nil { // it says itself that it cannot be read, and ends
			j.Failed = err.Error()
		}
		switch {
		case ctx.Err() != nil:
			return
		case found:
			q.work(ctx, &j, err, grace)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
	}
}

// next is the job whose turn it is: one that was under way when the last process ended, before those that wait.
func (q *Jobs) next() (j Job, found bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.Desk.Jobs(desk.System())
	for _, s := range []desk.JobState{desk.Stopping, desk.Running, desk.Queued} {
		for _, kept := range list {
			if kept.State == s && (s == desk.Stopping || !q.Held(&kept)) {
				q.under = &underway{id: kept.ID, stopped: s == desk.Stopping}
				if j, err = q.seen(kept); err != nil {
					j.Job = kept
				}
				return j, true, err
			}
		}
	}
	return Job{}, false, nil
}

// work makes the run of one job, and keeps what came of it.
func (q *Jobs) work(ctx context.Context, j *Job, broken error, grace time.Duration) {
	keeping := context.WithoutCancel(ctx) // what is under way outlives ctx for as long as it is drained
	complete, err := false, broken
	if err == nil {
		complete, err = q.make(ctx, keeping, j, grace)
	}
	if complete && err == nil { // what came of it is shown before it is called done: who waits for that looks next
		j.State = desk.Done
		q.Done(keeping, j)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.under
	state := desk.Done
	switch {
	case q.goesOn(j.ID, err) && !u.stopped: // once the store answers: how it ended is not written before
		q.Warn("job " + j.ID + " waits for the store, and goes on with what is stored of its run: " + err.Error())
		state, err = desk.Queued, nil
	case err != nil:
		state = desk.Failed
	case complete:
	case u.stopped:
		state = desk.Stopped
	case u.held:
		state = desk.Queued
	default: // the process ends: the next one goes on
		q.under = nil
		return
	}
	if u.running != nil {
		j.Ordered.Progress = progress(u.running.Watch())
	}
	if u.ended = state; err != nil {
		u.failed = err.Error()
	}
	q.tell()
	written := q.settle(ctx, j, func(d *desk.Job) {
		d.State, d.Failed = u.ended, u.failed
		if body, wrong := json.Marshal(&j.Ordered); wrong == nil && broken == nil {
			d.Order = body
		}
	})
	j.Progress = j.Ordered.Progress
	q.under = nil
	q.tell()
	if q.Ended != nil {
		q.Ended()
	}
	if written && state != desk.Done && state != desk.Queued {
		q.mu.Unlock()
		q.Done(keeping, j)
		q.mu.Lock()
	}
}

// mostAway is how often a job is taken up again after the store did not answer.
const mostAway = 20

// goesOn tells whether a job that ended by an error is to go on later: the store was away, and not for the umpteenth time. The caller holds
// the lock.
func (q *Jobs) goesOn(id string, err error) bool {
	if !errors.Is(err, store.ErrAway) || q.away[id] >= mostAway {
		return false
	}
	if q.away == nil {
		q.away = map[string]int{}
	}
	q.away[id]++
	return true
}

// make begins the run of a job, or goes on with it, and waits for its end.
func (q *Jobs) make(ctx, keeping context.Context, j *Job, grace time.Duration) (complete bool, err error) {
	if j.State == desk.Stopping { // told so before the last process ended
		return false, nil
	}
	r, err := q.Runner(j.Site)
	if err != nil {
		return false, err
	}
	before, err := q.begunBefore(keeping, j)
	if err != nil {
		return false, err
	}
	order := j.Ordered.Order
	if before != nil {
		if before.Finished() { // just before the last process ended
			return true, nil
		}
		if order, err = run.OrderOf(before); err != nil {
			return false, err
		}
	}
	begun := func(id string) error {
		q.mu.Lock()
		defer q.mu.Unlock()
		kept, err := q.Desk.MoveJob(keeping, j.ID, func(d *desk.Job) {
			if d.State == desk.Queued {
				d.State = desk.Running
			}
			d.Run = id
		})
		if err == nil {
			j.Job = kept
		}
		q.tell()
		return err
	}
	running, err := r.Start(keeping, order, before, begun, q.Out(j))
	if err != nil {
		return false, err
	}
	q.mu.Lock()
	u := q.under
	if u.running = running; u.stopped { // while it was begun
		drain(running, grace)
	}
	q.mu.Unlock()
	defer context.AfterFunc(ctx, func() { drain(running, grace) })()
	return running.Wait()
}

// begunBefore is the run that an earlier process began for a job; nil: none, or nothing of it was stored.
func (q *Jobs) begunBefore(ctx context.Context, j *Job) (*store.Run, error) {
	if j.Run == "" {
		return nil, nil
	}
	runs, err := store.AllRuns(ctx, q.Store)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == j.Run })
	switch {
	case i < 0:
		return nil, nil
	case runs[i].Damaged:
		return nil, fmt.Errorf("run %s: what is stored of it is damaged", j.Run)
	}
	return &runs[i], nil
}
