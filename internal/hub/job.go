package hub

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"signet/internal/desk"
	"signet/internal/run"
	"signet/internal/store"
)

// Job is one launch.
type Job struct {
	desk.Job
	Ordered  Ordered
	Progress Progress
}

// Ordered is what a job is to do, as the desk keeps it.
type Ordered struct {
	Order    *run.Order `json:"order"`
	Verifies *Verifies  `json:"verifies,omitempty"` // nil: the job is no verification
	Progress Progress   `json:"progress,omitzero"`  // how far it came
}

// Verifies is the endpoint that a verification asks again, and the row of the board for which it does.
type Verifies struct {
	Row   string         `json:"row"`
	At    netip.AddrPort `json:"at"`
	Check string         `json:"check"`
}

// Progress is how far a job is, in numbers that only grow.
type Progress struct {
	Total     uint64 `json:"total"` // addresses that are to be asked
	Addresses uint64 `json:"addresses"`
	Alive     uint64 `json:"alive"`
	Asked     uint64 `json:"endpoints_asked"`
	Findings  uint64 `json:"findings"`
}

func progress(w run.Watch) Progress {
	return Progress{Total: w.Total, Addresses: w.Addresses, Alive: w.Alive, Asked: w.Asked, Findings: w.Findings}
}

// settle writes how a job ended. Where the store does not take that, it tries again until it does: nothing else begins before. It gives up
// when ctx ends, and the next process finds the job under way. The caller holds the lock, which is let go meanwhile.
func (q *Jobs) settle(ctx context.Context, j *Job, change func(*desk.Job)) (written bool) {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		kept, err := q.Desk.MoveJob(context.WithoutCancel(ctx), j.ID, change)
		if err == nil {
			j.Job = kept
			return true
		}
		if errors.Is(err, store.ErrUnknown) { // it was removed
			return false
		}
		q.Warn("job " + j.ID + ": how it ended is not written yet: " + err.Error())
		q.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		q.mu.Lock()
		if ctx.Err() != nil {
			return false
		}
	}
}
