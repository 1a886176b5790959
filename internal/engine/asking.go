package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"signet"
	"signet/internal/check"
)

// errHostTime is why a host's questions end when it has taken too long.
var errHostTime = errors.New("the host kept Signet waiting for longer than --host-timeout")

// errLogons is why an attempt that would cause failed logons was not made.
var errLogons = errors.New("the budget of failed logons is used up, or the depth does not allow one")

// asking is one interview under way, whoever drives it.
type asking struct {
	o       signet.Observation
	iv      check.Interview
	attempt check.Attempt
	logons  int
	options check.Options
	dead    bool       // it panicked: the observation says so and nothing more is asked
	lacked  *check.End // what this machine lacked for an attempt: nothing is concluded from the rest

	// What the loop keeps of the attempt between two events.
	rest []byte // received and not consumed
	out  []byte // to be sent when the socket has room
	need int    // how many bytes the conversation waits for

	// rehearsed counts the random bytes that were taken from the connection's draw while the interview had not said
	// its first words; -1 when those are over.
	rehearsed int
	real      func([]byte)
	script    *draw
}

// purse is a host's budget of logons.
type purse interface {
	spend(n int) bool
}

// begin starts the interview of one question about a target. It does not ask for the first attempt yet.
func (r *Run) begin(t *signet.Target, q *question) *asking { return r.start(t, q, nil) }

// rehearse starts an interview whose first words are known, or are to become known, with a draw. The draw is used
// until they are said.
func (r *Run) rehearse(t *signet.Target, q *question, d *draw) *asking { return r.start(t, q, d) }

func (r *Run) start(t *signet.Target, q *question, d *draw) *asking {
	return r.startOn(new(asking), t, q, d)
}

// startOn starts an interview in the place of one that is over, and holds that one's again where it can be.
func (r *Run) startOn(a *asking, t *signet.Target, q *question, d *draw) *asking {
	name := t.Name
	if q.name != "" {
		name = q.name
	}
	used := a.iv
	*a = asking{rest: a.rest[:0], o: signet.Observation{
		Endpoint:     signet.Endpoint{Target: signet.Target{Addr: t.Addr, Name: name}, Port: q.port.Number, Transport: q.port.Transport},
		Check:        q.plan.Check.Name,
		CheckVersion: q.plan.Check.Version,
		At:           r.Now().UTC(),
	}}
	a.attempt.Note = "begin"
	a.options, a.real, a.script, a.rehearsed = *r.Options, r.Options.Random, d, -1
	if d != nil {
		a.rehearsed = 0
	}
	if a.real != nil {
		a.options.Random = a.random
	}
	defer a.caught()
	subject := check.Subject{Endpoint: a.o.Endpoint, Options: &a.options, Called: q.called, Ports: q.plan.Ports}
	if again, ok := used.(check.Reusable); ok {
		again.Again(subject)
		a.iv = used
	} else {
		a.iv = q.plan.Check.Begin(subject)
	}
	return a
}

// place is where an interview of the question can be held.
func (q *question) place() *asking {
	if n := len(q.spare); n > 0 {
		a := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return a
	}
	return new(asking)
}

// random gives an interview random bytes: until it has said its first words those of its connection's draw, with
// which they may have been said already.
func (a *asking) random(b []byte) {
	if a.rehearsed >= 0 && a.rehearsed+len(b) <= rehearsal {
		copy(b, a.script[a.rehearsed:])
		a.rehearsed += len(b)
		return
	}
	a.rehearsed = -1
	a.real(b)
}

// spend stands in for a host where there is none.
func (a *asking) spend(int) bool { return true }

// caught turns a panic of a check into outcome fault of this endpoint: it is nobody else's.
func (a *asking) caught() {
	if p := recover(); p != nil {
		a.fault(p, where())
	}
}

// caughtTalking is caught where a conversation is held: it is only ever called on a connection.
func (a *asking) caughtTalking() {
	if p := recover(); p != nil {
		a.o.Open = true
		a.fault(p, where())
	}
}

func (a *asking) fault(p any, at string) {
	a.dead = true
	a.o.Outcome, a.o.Facts = signet.Fault, nil
	a.o.Err = &signet.Failure{Phase: a.attempt.Note, Text: fmt.Sprintf("a defect of Signet: %v (%s)", p, at)}
}

// next puts the end of the last attempt to the interview and fetches the next one; false: there is none.
func (a *asking) next(r *Run, host purse, end check.End) (more bool) {
	if a.dead {
		return false
	}
	defer a.caught()
	a.o.Open = a.o.Open || end.Connected || end.Received > 0
	if end.Cause == check.Unable || end.Cause == check.Unrouted {
		a.lacked = &end
		return false
	}
	for {
		t, ok := a.iv.Next(end)
		if !ok {
			return false
		}
		a.attempt = t
		if t.Port == 0 {
			a.attempt.Port = a.o.Port
		}
		if t.Logons == 0 {
			a.o.Connections++
			return true
		}
		if a.logons += t.Logons; r.Options.Depth >= signet.Decoy && a.logons <= endpointLogons && host.spend(t.Logons) {
			a.o.Connections++
			return true
		}
		end = check.End{Cause: check.Denied, Err: errLogons}
	}
}

// say calls the conversation of the attempt under way.
func (a *asking) say(in []byte, eof bool) (step check.Step, err error) {
	defer a.caught()
	return a.attempt.Talk.Next(in, eof)
}

// sayFirst repeats the first words of an interview that were said already; false: it says something else.
func (a *asking) sayFirst(said []byte) bool {
	step, err := a.say(nil, false)
	a.rehearsed, a.script = -1, nil
	a.need = step.Need
	return err == nil && !a.dead && string(step.Send) == string(said)
}

// finish seals what was learned. cause is why the interview ended before its end, or nil.
func (a *asking) finish(r *Run, cause error) (found []check.Found) {
	defer func() { a.o.Took = r.Now().Sub(a.o.At) }()
	defer a.caught()
	if a.dead {
		return nil
	}
	o := &a.o
	if a.lacked != nil {
		o.Outcome, o.Facts, o.Err = a.lacked.Outcome(), nil, a.lacked.Failure(a.attempt.Note)
		if o.Open { // it had one, and was asked something
			o.Outcome = signet.Fault
		}
		return nil
	}
	res := a.iv.Result()
	o.Outcome, o.Facts, o.Err, o.Unasked = res.Outcome, res.Facts, res.Err, res.Unasked
	if cause != nil {
		if o.Outcome == signet.Skipped && o.Connections > 0 { // without one the time was over before it was asked
			o.Outcome = signet.Broken
			if !o.Open || a.unanswered() {
				o.Outcome = signet.Silent
			}
		}
		o.Err = &signet.Failure{Phase: a.attempt.Note, Text: cause.Error()}
	}
	return res.Found
}

// unanswered tells that a transcript was kept and that nothing came back in it.
func (a *asking) unanswered() bool {
	for i := range a.o.Trace {
		if len(a.o.Trace[i].Received) > 0 {
			return false
		}
	}
	return len(a.o.Trace) > 0
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

// where names the innermost frame of ours below a panic, for the report of a fault.
func where() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	f, _ := frames.Next()
	return fmt.Sprintf("%s:%d", f.Function, f.Line)
}
