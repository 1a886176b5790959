package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
)

// errHostTime is why a host's questions end when it has taken too long.
var errHostTime = errors.New("the host kept Signet waiting for longer than --host-timeout")

// errLogons is why an attempt that would cause failed logons was not made.
var errLogons = errors.New("the budget of failed logons is used up, or the depth does not allow one")

// probe is one interview under way, whoever drives it.
type probe struct {
	o       signet.Observation
	iv      check.Interview
	attempt check.Attempt
	logons  int
	options check.Options
	dead    bool       // it panicked: the observation says so and nothing more is asked
	lacked  *check.End // an attempt could not be made for want of something here: the observation says that alone

	// What the loop keeps of the attempt between two events.
	stepper check.Stepper
	out     []byte // to be sent when the socket has room

	// rehearsed counts the random bytes that the interview has taken from script, the draw of its connection; -1 once it
	// has said its prelude, or where there is no draw.
	rehearsed int
	real      func([]byte)
	script    *draw
}

// begin starts the interview of one question about a target. Its first attempt is for next to fetch.
func (r *Run) begin(t *signet.Target, q *question) *probe { return r.start(t, q, nil) }

// rehearse starts an interview whose prelude is known, or is to become known, with a draw. The draw is used until the
// prelude is said.
func (r *Run) rehearse(t *signet.Target, q *question, d *draw) *probe { return r.start(t, q, d) }

func (r *Run) start(t *signet.Target, q *question, d *draw) *probe {
	return r.startOn(new(probe), t, q, d)
}

// startOn starts an interview in a probe that is over, whose memory is used again.
func (r *Run) startOn(p *probe, t *signet.Target, q *question, d *draw) *probe {
	name := t.Name
	if q.name != "" {
		name = q.name
	}
	used := p.iv
	*p = probe{stepper: p.stepper, o: signet.Observation{
		Endpoint:     signet.Endpoint{Target: signet.Target{Addr: t.Addr, Name: name}, Port: q.port.Number, Transport: q.port.Transport},
		Check:        q.plan.Check.Name,
		CheckVersion: q.plan.Check.Version,
		At:           r.Now().UTC(),
	}}
	p.attempt.Note = "begin"
	p.options, p.real, p.script, p.rehearsed = *r.Options, r.Options.Random, d, -1
	if d != nil {
		p.rehearsed = 0
	}
	if p.real != nil {
		p.options.Random = p.random
	}
	defer p.caught()
	subject := check.Subject{Endpoint: p.o.Endpoint, Options: &p.options, Called: q.called, Ports: q.plan.Ports}
	if again, ok := used.(check.Reusable); ok {
		again.Again(subject)
		p.iv = used
	} else {
		p.iv = q.plan.Check.Begin(subject)
	}
	return p
}

// spareProbe gives a probe of the question that is over and can be used again, or a new one.
func (q *question) spareProbe() *probe {
	if n := len(q.spare); n > 0 {
		p := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return p
	}
	return new(probe)
}

// random gives an interview random bytes: until it has said its prelude those of its connection's draw, with which the
// prelude may have been sent already.
func (p *probe) random(b []byte) {
	if p.rehearsed >= 0 && p.rehearsed+len(b) <= rehearsal {
		copy(b, p.script[p.rehearsed:])
		p.rehearsed += len(b)
		return
	}
	p.rehearsed = -1
	p.real(b)
}

// caught, deferred, turns a panic of a check into outcome fault of this endpoint; the run goes on.
func (p *probe) caught() {
	if panicked := recover(); panicked != nil {
		p.fault(panicked, where())
	}
}

// caughtTalking is caught for a conversation. Only where there is a connection is one held.
func (p *probe) caughtTalking() {
	if panicked := recover(); panicked != nil {
		p.o.Open = true
		p.fault(panicked, where())
	}
}

func (p *probe) fault(panicked any, at string) {
	p.dead = true
	p.o.Outcome, p.o.Facts = signet.Fault, nil
	p.o.Err = &signet.Failure{Phase: p.attempt.Note, Text: fmt.Sprintf("a defect of Signet: %v (%s)", panicked, at)}
}

// next tells the interview how its last attempt ended and fetches the next one; false: there is none. Attempts that would
// cause logons beyond the depth or the budgets are refused on the way.
func (p *probe) next(r *Run, host *dial.Logons, end check.End) (more bool) {
	if p.dead {
		return false
	}
	defer p.caught()
	p.o.Open = p.o.Open || end.Connected || end.Received > 0
	if end.Cause == check.Unable || end.Cause == check.Unrouted {
		p.lacked = &end
		return false
	}
	for {
		t, ok := p.iv.Next(end)
		if !ok {
			return false
		}
		p.attempt = t
		p.stepper.Hold(t.Talk)
		if t.Port == 0 {
			p.attempt.Port = p.o.Port
		}
		if t.Logons == 0 {
			p.o.Connections++
			return true
		}
		if p.logons += t.Logons; r.Options.Depth >= signet.Decoy && r.gate().Logon(host, p.logons, t.Logons) {
			p.o.Connections++
			return true
		}
		end = check.End{Cause: check.Denied, Err: errLogons}
	}
}

// step hands the conversation of the attempt under way what has come. A conversation that panics leaves p dead.
func (p *probe) step(got []byte, eof bool) (a check.Action) {
	defer p.caught()
	return p.stepper.Step(got, eof)
}

// sayPrelude has the interview say the prelude that was sent already; false: it says something else.
func (p *probe) sayPrelude(said []byte) bool {
	a := p.step(nil, false)
	p.rehearsed, p.script = -1, nil
	return a.End == check.Start && !p.dead && string(a.Send) == string(said)
}

// finish completes the observation. cause is why the interview was cut short, or nil.
func (p *probe) finish(r *Run, cause error) (found []check.Found) {
	defer func() { p.o.Took = r.Now().Sub(p.o.At) }()
	defer p.caught()
	if p.dead {
		return nil
	}
	o := &p.o
	if p.lacked != nil {
		o.Outcome, o.Facts, o.Err = p.lacked.Outcome(), nil, p.lacked.Failure(p.attempt.Note)
		if o.Open { // a connection was made and something asked before
			o.Outcome = signet.Fault
		}
		return nil
	}
	res := p.iv.Result()
	o.Outcome, o.Facts, o.Err, o.Unasked = res.Outcome, res.Facts, res.Err, res.Unasked
	if cause != nil {
		if o.Outcome == signet.Skipped && o.Connections > 0 { // without a connection it was not asked at all
			o.Outcome = signet.Broken
			if !o.Open || p.unanswered() {
				o.Outcome = signet.Silent
			}
		}
		o.Err = &signet.Failure{Phase: p.attempt.Note, Text: cause.Error()}
	}
	return res.Found
}

// unanswered tells that a transcript was kept and that nothing came back in it.
func (p *probe) unanswered() bool {
	for i := range p.o.Trace {
		if len(p.o.Trace[i].Received) > 0 {
			return false
		}
	}
	return len(p.o.Trace) > 0
}

// ended is why ctx ended, or nil. A context whose time has come may not have been told yet.
func ended(ctx context.Context) error {
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		<-ctx.Done()
	}
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// where names the function and line that panicked.
func where() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	f, _ := frames.Next()
	return fmt.Sprintf("%s:%d", f.Function, f.Line)
}
