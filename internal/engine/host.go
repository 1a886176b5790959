package engine

import (
	"context"
	"slices"
	"sync"

	"signet"
	"signet/internal/check"
)

// hostConnections is how many connections one host sees at once (protocols.md §0 rule 5).
const hostConnections = 2

// hostLogons is how many logons of an unknown user one host sees in a run, endpointLogons one endpoint.
const (
	hostLogons     = 8
	endpointLogons = 2
)

// question is one check of one port of a host.
type question struct {
	plan *Plan
	port check.Port
	name string
}

// visit is the asking of one host.
type visit struct {
	run    *Run
	item   Item
	emit   func(*signet.Observation)
	mu     sync.Mutex
	alive  bool
	ends   map[uint16]signet.Outcome
	asked  map[key]bool
	logons int
	found  []question
}

type key struct {
	check string
	port  uint16
}

// host asks every question of one host, at most two at once, and those that answers gave rise to.
func (r *Run) host(ctx context.Context, item Item, emit func(*signet.Observation)) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Dialer.Limits.Host, errHostTime)
	defer cancel()
	v := &visit{run: r, item: item, emit: emit, ends: map[uint16]signet.Outcome{}, asked: map[key]bool{}}
	first, later := r.questions(item)
	v.ask(ctx, first)
	v.ask(ctx, slices.DeleteFunc(later, func(q question) bool { return !v.wanted(q) }))
	for len(v.found) > 0 {
		more := v.found
		v.found = nil
		v.ask(ctx, more)
	}
	r.Stats.Addresses.Add(1)
	if v.alive {
		r.Stats.Alive.Add(1)
	}
}

// questions lists what to ask of an item: ports it names go to the check whose port they are, else to http.
func (r *Run) questions(item Item) (first, later []question) {
	for _, p := range item.Ports {
		if q, ok := r.owner(p); ok {
			first = append(first, q)
		}
	}
	if len(item.Ports) > 0 && !item.Default {
		return first, nil
	}
	for i := range r.Plans {
		for _, p := range r.Plans[i].Ports {
			q := question{plan: &r.Plans[i], port: p}
			if p.WhenAlive {
				later = append(later, q)
			} else {
				first = append(first, q)
			}
		}
	}
	return first, later
}

// owner finds the plan that asks a port, planned or by the check's defaults; http asks what nobody owns.
func (r *Run) owner(port uint16) (question, bool) {
	fallback := -1
	for i := range r.Plans {
		ports := r.Plans[i].Ports
		if at := slices.IndexFunc(ports, func(p check.Port) bool { return p.Number == port }); at >= 0 {
			return question{plan: &r.Plans[i], port: check.Port{Number: port, Transport: ports[at].Transport}}, true
		}
		if slices.ContainsFunc(r.Plans[i].Check.Ports, func(p check.Port) bool { return p.Number == port }) || r.Plans[i].Check.Name == "http" && fallback < 0 {
			fallback = i
		}
	}
	if fallback < 0 {
		return question{}, false
	}
	return question{plan: &r.Plans[fallback], port: check.Port{Number: port}}, true
}

// excluded tells whether the scope forbids a port of the item; what it forbids is not asked and not reported.
func (r *Run) excluded(item Item, port uint16) bool {
	return r.Dialer.Excluded != nil && r.Dialer.Excluded(item.Addr, port)
}

// wanted decides on a port that is asked only where the host is alive.
func (v *visit) wanted(q question) bool {
	return v.alive && v.ends[q.port.Unless] != signet.Answered
}

// ask asks questions, two at a time, and collects what they found.
func (v *visit) ask(ctx context.Context, qs []question) {
	todo := make(chan question, len(qs))
	for _, q := range qs {
		k := key{q.plan.Check.Name, q.port.Number}
		if !v.asked[k] && !v.run.excluded(v.item, q.port.Number) {
			v.asked[k] = true
			todo <- q
		}
	}
	close(todo)
	work := func() {
		for q := range todo {
			if ctx.Err() != nil && context.Cause(ctx) != errHostTime {
				return
			}
			o, found := v.run.endpoint(ctx, v, q)
			v.done(q, o, found)
		}
	}
	if len(todo) < 2 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range hostConnections {
		wg.Go(work)
	}
	wg.Wait()
}

func (v *visit) done(q question, o *signet.Observation, found []check.Found) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ends[q.port.Number] = o.Outcome
	if o.Reached() || o.Outcome == signet.Refused {
		v.alive = true
	}
	for _, f := range found {
		for i := range v.run.Plans {
			if v.run.Plans[i].Check.Name == f.Check {
				v.found = append(v.found, question{plan: &v.run.Plans[i], port: check.Port{Number: f.Port}, name: f.Name})
			}
		}
	}
	v.emit(o)
}

// spend takes logons from the host's budget; false leaves it untouched.
func (v *visit) spend(n int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.logons+n > hostLogons {
		return false
	}
	v.logons += n
	return true
}
