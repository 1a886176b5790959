package rpc

import (
	"signet"
	"signet/internal/check"
	"signet/internal/wire/dcerpc"
)

// interview holds one conversation on one connection.
type interview struct {
	options *check.Options
	talk    *conversation
	end     check.End
	ended   bool
}

func begin(s check.Subject) check.Interview { return &interview{options: s.Options} }

// note is what the one attempt is called.
const note = "endpoint mapper"

// Next asks once.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.talk != nil {
		iv.end, iv.ended = end, true
		return check.Attempt{}, false
	}
	iv.talk = &conversation{bindOnly: iv.options.Quick}
	return check.Attempt{Note: note, Talk: iv.talk}, true
}

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	if iv.talk == nil {
		return check.Result{Outcome: signet.Skipped}
	}
	v := iv.talk
	r := check.Result{Outcome: iv.end.Outcome(), Err: iv.end.Failure(iv.phase())}
	if !iv.ended {
		r.Outcome = signet.Skipped
	}
	if !v.bound && v.fault == nil {
		return r
	}
	f := newFacts()
	f.Complete = v.complete
	for _, e := range v.entries {
		f.put(e)
	}
	r.Facts = &f
	switch {
	case v.looked:
		r.Outcome = signet.Answered
	case v.fault != nil:
		f.Fault = *v.fault
		r.Outcome = signet.Broken
		if f.Fault == dcerpc.FaultAccessDenied {
			r.Outcome = signet.Withheld
		}
		r.Err = &signet.Failure{Phase: iv.phase(), Text: faultText(f.Fault)}
	case v.bindOnly:
		r.Unasked = []string{"interfaces"}
	}
	if f.CertificateAuthority {
		r.Found = []check.Found{{Port: 80}, {Port: 443}}
	}
	return r
}

// phase says where the conversation stood.
func (iv *interview) phase() string {
	if iv.talk.bound {
		return "ept_lookup"
	}
	return "rpc bind"
}
