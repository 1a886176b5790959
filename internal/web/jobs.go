package web

import (
	"context"
	"net/http"
	"time"

	"signet/internal/desk"
	"signet/internal/hub"
)

// Job is a launch, as the API shows it.
type Job struct {
	ID       string        `json:"id"`
	State    desk.JobState `json:"state" enum:"queued,running,stopping,done,failed,stopped"`
	Run      string        `json:"run,omitempty" doc:"of every job that began"`
	Site     string        `json:"site,omitempty" doc:"ID; none: the targets belong to no site"`
	Targets  []string      `json:"targets" nullable:"false"`
	Checks   []string      `json:"checks" nullable:"false" doc:"none: all that need no credential"`
	Depth    string        `json:"depth"`
	Rate     float64       `json:"rate"`
	Verifies string        `json:"verifies,omitempty" doc:"ID of the finding whose endpoint is asked again"`
	By       string        `json:"by" doc:"ID of who launched it; empty: a schedule did"`
	Schedule string        `json:"schedule,omitempty" doc:"ID of the schedule that launched it"`
	Failed   string        `json:"failed,omitempty" doc:"why"`
	Queued   time.Time     `json:"queued"`
	Began    *time.Time    `json:"began,omitempty"`
	Ended    *time.Time    `json:"ended,omitempty"`
	Progress hub.Progress  `json:"progress"`
}

func shownJob(j *hub.Job) Job {
	out := Job{ID: j.ID, State: j.State, Run: j.Run, Site: j.Site, By: j.By, Schedule: j.Schedule, Failed: j.Failed, Queued: j.Queued, Began: unlessZero(j.Began), Ended: unlessZero(j.Ended), Progress: j.Progress, Targets: []string{}, Checks: []string{}}
	if o := j.Ordered.Order; o != nil {
		out.Targets, out.Checks, out.Depth, out.Rate = orEmpty(o.Targets), orEmpty(o.Checks), o.Depth, o.Rate
	}
	if v := j.Ordered.Verifies; v != nil {
		out.Verifies = v.Row
	}
	return out
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// launched is the answer with a job that was launched or told to stop.
type launched struct {
	Location string `header:"Location"`
	Body     Job
}

func launch(j hub.Job, err error) (*launched, error) {
	if err != nil {
		return nil, err
	}
	return &launched{base + "/jobs/" + j.ID, shownJob(&j)}, nil
}

// addJobs adds the routes of jobs, but for their stream.
func (s *Server) addJobs() {
	h := s.c.Hub
	type newJob struct {
		Body struct {
			Site    string   `json:"site,omitempty" doc:"ID or name; nothing else is said then"`
			Targets []string `json:"targets,omitempty" doc:"addresses, CIDR blocks, ranges and host names within --allow"`
			Checks  []string `json:"checks,omitempty" doc:"none: all that need no credential"`
			Depth   string   `json:"depth,omitempty" doc:"handshake, anonymous or decoy, no deeper than --max-depth"`
			Rate    *float64 `json:"rate,omitempty" doc:"connections a second, no more than --max-rate; the lower of 2000 and that where nothing is said"`
		}
	}
	add(s, "POST /api/v1/jobs", does{id: "launch", summary: "Launch a scan of a site, or of targets that belong to none", status: http.StatusAccepted, errors: []int{404, 422, 503}},
		func(ctx context.Context, in *newJob) (*launched, error) {
			b := &in.Body
			switch alone := len(b.Targets)+len(b.Checks)+len(b.Depth) == 0 && b.Rate == nil; {
			case b.Site != "" && !alone:
				return nil, field(http.StatusUnprocessableEntity, "site", "says what is asked by itself: give nothing beside it")
			case b.Site != "":
				return launch(h.LaunchSite(ctx, act(ctx), b.Site))
			case !desk.Allow(who(ctx), desk.Launch, ""):
				return nil, desk.ErrForbidden
			case len(b.Targets) == 0:
				return nil, field(http.StatusUnprocessableEntity, "targets", "there are none, and no site is named")
			}
			return launch(h.LaunchBare(ctx, act(ctx), &hub.Bare{Targets: b.Targets, Checks: b.Checks, Depth: b.Depth, Rate: b.Rate}))
		})
	add(s, "GET /api/v1/jobs", does{id: "list-jobs", summary: "Jobs, the newest first"}, func(ctx context.Context, in *Paging) (*listed[Job], error) {
		list, err := h.List(who(ctx))
		if err != nil {
			return nil, err
		}
		out := make([]Job, 0, len(list))
		for i := range list {
			out = append(out, shownJob(&list[i]))
		}
		return pageBehind(in, out, func(j *Job) string { return j.ID })
	})
	add(s, "DELETE /api/v1/jobs", does{id: "stop-all", summary: "Stop all jobs: hosts under way are finished, then it is cut", status: http.StatusNoContent},
		func(ctx context.Context, _ *struct{}) (*nothing, error) {
			return nil, h.StopAll(ctx, act(ctx), s.c.Grace)
		})
	add(s, "GET /api/v1/jobs/{id}", does{id: "read-job", summary: "One job, and how far it is"}, func(ctx context.Context, in *Of) (*struct{ Body Job }, error) {
		j, _, err := h.Job(who(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Job }{shownJob(&j)}, nil
	})
	add(s, "DELETE /api/v1/jobs/{id}", does{id: "stop-job", summary: "Stop a job", status: http.StatusAccepted}, func(ctx context.Context, in *Of) (*launched, error) {
		return launch(h.Stop(ctx, act(ctx), in.ID, s.c.Grace))
	})
}
