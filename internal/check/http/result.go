package http

import (
	"errors"

	"signet"
	"signet/internal/check"
)

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	res := check.Result{Outcome: signet.Skipped, Found: iv.found, Unasked: iv.unasked()}
	if iv.mode == overPlain || iv.mode == overTLS {
		f := &Facts{TLS: iv.tls, Server: iv.server, NTLM: iv.ntlm, Paths: []Path{}}
		for _, p := range iv.pages {
			_, pending := iv.due(p)
			f.Paths = append(f.Paths, p.facts(iv.table, iv.marks, pending))
		}
		res.Facts, res.Outcome = f, signet.Answered
		return res
	}
	end, phase := iv.decisive()
	res.Outcome, res.Err = end.Outcome(), end.Failure(phase)
	if iv.tls != nil {
		res.Facts = &Facts{TLS: iv.tls, Paths: []Path{{Path: iv.pages[0].row.path, Role: iv.pages[0].row.role, Schemes: []string{},
			Note: "no answer: " + failure(end)}}}
	}
	return res
}

// decisive is the end that says most of an endpoint with which no HTTP could be spoken.
func (iv *interview) decisive() (check.End, string) {
	const plainly, securely = "http GET /", "https GET /"
	switch {
	case iv.bareEnd.Cause == check.Start:
		return iv.tlsEnd, securely
	case iv.tlsEnd.Cause == check.Start:
		return iv.bareEnd, plainly
	case iv.tlsEnd.TLS != nil:
		return iv.tlsEnd, securely
	case iv.bareEnd.Received > 0 && !speaksTLS(iv.bareEnd.Err):
		return iv.bareEnd, plainly
	case iv.bareEnd.Cause == check.Stalled && isTimeout(iv.tlsEnd.Err):
		return iv.bareEnd, plainly
	case tlsPort(iv.subject.Endpoint.Port), speaksTLS(iv.bareEnd.Err):
		return iv.tlsEnd, securely
	}
	return iv.bareEnd, plainly
}

func speaksTLS(err error) bool {
	var f *check.ForeignError
	return errors.As(err, &f) && f.Speaks == "TLS"
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// unasked names what was left out.
func (iv *interview) unasked() []string {
	out := append([]string(nil), iv.skipped...)
	if iv.mode == unsettled || iv.mode == hopeless {
		return out
	}
	if iv.subject.Options.Quick {
		return append(out, "adcs-paths", "ntlm-proof")
	}
	if len(iv.queue) > 0 {
		out = append(out, "paths")
	}
	if len(iv.subject.Options.CANames) == 0 && iv.asked("/certsrv/") && iv.windows() {
		out = append(out, "adcs-ces") // its paths bear the name of the CA
	}
	for _, p := range iv.pages {
		if _, pending := iv.due(p); pending {
			return append(out, "ntlm-proof")
		}
	}
	return out
}
