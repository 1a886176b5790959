package hub

import (
	"net/netip"

	"signet/internal/desk"
	"signet/internal/run"
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
