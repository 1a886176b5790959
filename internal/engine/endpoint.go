package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"

	"signet"
	"signet/internal/check"
)

// errHostTime is why a host's questions end when it has taken too long.
var errHostTime = errors.New("the host took longer than --host-timeout")

// endpoint holds one interview to its end and seals what it learned. A panic on the way is this endpoint's fault
// and nobody else's.
func (r *Run) endpoint(ctx context.Context, v *visit, q question) (o *signet.Observation, found []check.Found) {
	name := v.item.Name
	if q.name != "" {
		name = q.name
	}
	o = &signet.Observation{
		Endpoint:     signet.Endpoint{Target: signet.Target{Addr: v.item.Addr, Name: name}, Port: q.port.Number, Transport: q.port.Transport},
		Check:        q.plan.Check.Name,
		CheckVersion: q.plan.Check.Version,
		At:           r.Now().UTC(),
	}
	note := "begin"
	defer func() {
		if p := recover(); p != nil {
			o.Outcome, o.Facts = signet.Fault, nil
			o.Err = &signet.Failure{Phase: note, Text: fmt.Sprintf("a defect of Signet: %v (%s)", p, where())}
			found = nil
		}
		o.Took = r.Now().Sub(o.At)
	}()
	iv := q.plan.Check.Begin(check.Subject{Endpoint: o.Endpoint, Options: r.Options})
	logons := 0
	var end check.End
	for ctx.Err() == nil {
		a, ok := iv.Next(end)
		if !ok {
			break
		}
		note = a.Note
		port := a.Port
		if port == 0 {
			port = q.port.Number
		}
		if logons += a.Logons; a.Logons > 0 && (r.Options.Depth < signet.Decoy || logons > endpointLogons || !v.spend(a.Logons)) {
			end = check.End{Cause: check.Denied, Err: errLogons}
			continue
		}
		r.Stats.Dials.Add(1)
		end = Hold(ctx, r.Dialer, netip.AddrPortFrom(o.Addr, port), a, &o.Trace)
		o.Open = o.Open || end.Connected || end.Received > 0
	}
	res := iv.Result()
	o.Outcome, o.Facts, o.Err, o.Unasked = res.Outcome, res.Facts, res.Err, res.Unasked
	if ctx.Err() != nil {
		if o.Outcome == signet.Skipped {
			o.Outcome = signet.Broken
			if !o.Open {
				o.Outcome = signet.Silent
			}
		}
		o.Err = &signet.Failure{Phase: note, Text: context.Cause(ctx).Error()}
	}
	return o, res.Found
}

// errLogons is why an attempt that would cause failed logons was not made.
var errLogons = errors.New("the budget of failed logons is used up, or the depth does not allow one")

// where names the innermost frame of ours below a panic, for the report of a fault.
func where() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	f, _ := frames.Next()
	return fmt.Sprintf("%s:%d", f.Function, f.Line)
}
