package engine

import (
	"fmt"

	"signet"
)

// Ask is something that a run would ask of an item.
type Ask struct {
	Endpoint  signet.Endpoint
	Check     string
	Condition string // empty: asked in any case
}

// Preview lists what a run asks of an item, without what answers give rise to.
func (r *Run) Preview(item Item) []Ask {
	first, later := r.questions(item)
	var asks []Ask
	seen := map[key]bool{}
	for _, q := range append(first, later...) {
		k := key{q.plan.Check.Name, q.port.Number}
		if seen[k] {
			continue
		}
		seen[k] = true
		a := Ask{Endpoint: signet.Endpoint{Target: item.Target, Port: q.port.Number, Transport: q.port.Transport}, Check: k.check}
		if q.port.WhenAlive {
			a.Condition = fmt.Sprintf("where the host is alive and %d did not answer", q.port.Unless)
		}
		asks = append(asks, a)
	}
	return asks
}

// Owned tells whether a check of the run asks a port that was named with a target.
func (r *Run) Owned(port uint16) bool {
	_, ok := r.owner(port)
	return ok
}
