package engine

import (
	"net/netip"
	"slices"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// question is one check of one port of a host.
type question struct {
	plan    *Plan
	port    check.Port
	name    string
	called  string // what the answer that pointed there calls it
	opening opening
	bit     int8 // its index in agenda.swept; -1: it is not swept

	spare []*probe // that are over and can be used again; the loop alone uses them
}

// key tells the questions of one host apart.
type key struct {
	check string
	port  uint16
}

func (q *question) key() key { return key{q.plan.Check.Name, q.port.Number} }

// opening is what is known of a question before any address is asked: how it starts, and whether an address where nothing
// listens needs an interview at all. Because of it, dark addresses cost no memory.
type opening struct {
	how opens
	// These are true if an interview that is told of such an end asks nothing more and reports silence or a refusal.
	noAnswer, rejected, unroutable bool

	// prelude is the first message of the question; it has no text where that differs from target to target. With it the
	// loop can ask, and begin the interview only when something answers.
	prelude prelude
	wait    time.Duration // for the answer to it
}

// opens says how an interview of a question starts.
type opens uint8

const (
	opensElsewhere opens = iota // not on a TCP connection to its port: nothing can be prepared
	opensSecure                 // on one, and not with a plain exchange: with TLS, or a logon
	opensPlain                  // on one, with a plain exchange
)

// opening finds out how a question starts with interviews that are told of ends and never held.
func (r *Run) opening(plan *Plan, port check.Port) (op opening) {
	if port.Transport != signet.TCP || r.Options == nil || plan.Check.Begin == nil {
		return opening{}
	}
	defer func() {
		if recover() != nil { // a defect of the check, which its endpoints will report
			op = opening{}
		}
	}()
	try := func(cause check.Cause, want signet.Outcome) bool {
		iv := plan.Check.Begin(check.Subject{Endpoint: nobody(port), Options: r.Options})
		if _, ok := iv.Next(check.End{}); !ok {
			return false
		}
		if _, more := iv.Next(check.End{Cause: cause}); more {
			return false
		}
		return iv.Result().Outcome == want
	}
	a, ok := plan.Check.Begin(check.Subject{Endpoint: nobody(port), Options: r.Options}).Next(check.End{})
	if !ok || a.UDP || a.Port != 0 && a.Port != port.Number {
		return opening{}
	}
	op.how = opensPlain
	if a.TLS != nil || a.Logons > 0 {
		op.how = opensSecure
	}
	if op.how == opensPlain {
		op.prelude, op.wait = r.learnPrelude(plan, port)
	}
	op.noAnswer = try(check.NoAnswer, signet.Silent)
	op.rejected = try(check.Rejected, signet.Refused)
	op.unroutable = try(check.Unroutable, signet.Silent)
	return op
}

// learnPrelude finds the first message of a question. It has no text if the message depends on the target, or if the
// client does not speak first.
func (r *Run) learnPrelude(plan *Plan, port check.Port) (says prelude, wait time.Duration) {
	for i, target := range []signet.Target{
		{Addr: netip.AddrFrom4([4]byte{192, 0, 2, 1})},
		{Addr: netip.MustParseAddr("2001:db8::7"), Name: "host.example"},
	} {
		var longest time.Duration
		p, ok := learn(func(d *draw) ([]byte, int) {
			p := r.rehearse(&target, &question{plan: plan, port: port}, d)
			if !p.next(r, new(dial.Logons), check.End{}) {
				return nil, 0
			}
			a := p.step(nil, false)
			if a.End != check.Start || p.dead || p.rehearsed < 0 || a.StartTLS != nil {
				return nil, 0
			}
			longest = p.attempt.Wait
			return a.Send, p.rehearsed
		})
		switch {
		case !ok:
			return prelude{}, 0
		case i == 0:
			says, wait = p, longest
		case !slices.Equal(says.text, p.text) || !slices.Equal(says.marks, p.marks) || longest != wait:
			return prelude{}, 0
		}
	}
	return says, patience(r.Dialer, &check.Attempt{Wait: wait})
}

// nobody is an endpoint of an address set aside for documentation (RFC 5737).
func nobody(port check.Port) signet.Endpoint {
	return signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{192, 0, 2, 1})}, Port: port.Number, Transport: port.Transport}
}

// questions lists what to ask of an item, each once: ports it names go to the check whose port they are, else to
// http. What stands in later is asked where the host is alive.
func (r *Run) questions(item Item) (first, later []question) {
	seen := map[key]bool{}
	add := func(list []question, q question) []question {
		if seen[q.key()] {
			return list
		}
		seen[q.key()] = true
		q.opening = r.opening(q.plan, q.port)
		return append(list, q)
	}
	for _, p := range item.Ports {
		if q, ok := r.owner(p); ok {
			first = add(first, q)
		}
	}
	if len(item.Ports) > 0 && !item.Default {
		return first, nil
	}
	for i := range r.Plans {
		for _, p := range r.Plans[i].Ports {
			q := question{plan: &r.Plans[i], port: p}
			if p.WhenAlive {
				later = add(later, q)
			} else {
				first = add(first, q)
			}
		}
	}
	return first, later
}

// owner finds the plan that asks a port, planned or by the check's defaults; what nobody owns is asked by the check that
// is the fallback.
func (r *Run) owner(port uint16) (question, bool) {
	fallback := -1
	for i := range r.Plans {
		ports := r.Plans[i].Ports
		if at := slices.IndexFunc(ports, func(p check.Port) bool { return p.Number == port }); at >= 0 {
			return question{plan: &r.Plans[i], port: check.Port{Number: port, Transport: ports[at].Transport}}, true
		}
		if slices.ContainsFunc(r.Plans[i].Check.Ports, func(p check.Port) bool { return p.Number == port }) || r.Plans[i].Check.Fallback && fallback < 0 {
			fallback = i
		}
	}
	if fallback < 0 {
		return question{}, false
	}
	return question{plan: &r.Plans[fallback], port: check.Port{Number: port}}, true
}

// found makes a question of what an answer pointed to; false: the run has no such check.
func (r *Run) found(f check.Found) (question, bool) {
	if f.Check == "" {
		q, ok := r.owner(f.Port)
		if !ok {
			return question{}, false
		}
		f.Check = q.plan.Check.Name
	}
	for i := range r.Plans {
		if r.Plans[i].Check.Name == f.Check {
			port := check.Port{Number: f.Port}
			return question{plan: &r.Plans[i], port: port, name: f.Name, called: f.Called, opening: r.opening(&r.Plans[i], port), bit: -1}, true
		}
	}
	return question{}, false
}

// known tells whether a question was answered before the run was resumed.
func (r *Run) known(t *signet.Target, q *question) (signet.Outcome, bool) {
	if r.Resume == nil || r.Resume.Answered == nil {
		return 0, false
	}
	return r.Resume.Answered(q.plan.Check.Name, q.port.Number, *t)
}
