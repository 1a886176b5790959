package http

import (
	"errors"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	res := check.Result{Outcome: signet.Skipped, Found: iv.found, Unasked: iv.unasked()}
	if iv.mode == overPlain || iv.mode == overTLS {
		f := &Facts{TLS: iv.tls, Server: iv.server, NTLM: iv.ntlm, Hidden: iv.hidden, Paths: []Path{}}
		f.NoSite = iv.noSite && iv.site == "" && iv.nobody() && !iv.managed()
		for _, p := range iv.pages {
			_, pending := iv.due(p)
			f.Paths = append(f.Paths, p.facts(iv.table, iv.marks, pending))
		}
		res.Facts, res.Outcome = f, signet.Answered
		return res
	}
	end, phase := iv.decisive()
	res.Outcome, res.Err = end.Outcome(), end.Failure(phase)
	if res.Err != nil && end.Cause == check.TLSFailed {
		res.Err.Text = end.Cause.String() + ": " + check.TLSFailure(end.Err)
	}
	if res.Err != nil && end.TLS != nil && end.TLS.Facts.ClientCertificate {
		res.Err.Text += "; the handshake asked for a client certificate"
	}
	if iv.hint == wants && res.Outcome == signet.Silent {
		res.Outcome = signet.Broken // it answered, in plain text
	}
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
	case iv.tlsEnd.TLS != nil, iv.hint == wants:
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
	if iv.lost {
		out = append(out, "redirects")
	}
	out = append(out, iv.rolesUnasked()...)
	for _, p := range iv.pages {
		if _, pending := iv.due(p); pending {
			return append(out, "ntlm-proof")
		}
	}
	return out
}

// rolesUnasked names the roles of which no page was asked, as the table has them, and CES where the name of the CA that its
// path bears is not known.
func (iv *interview) rolesUnasked() []string {
	var out []string
	for _, r := range iv.table.rows {
		if r.marks[0] == "thorough" || slices.Contains(out, r.role) {
			continue
		}
		asked := slices.ContainsFunc(iv.pages, func(p *page) bool {
			return p.row.role == r.role && p.resp != nil && (p.host == iv.site || strings.HasPrefix(p.row.path, "http://"))
		})
		if !asked || r.role == "adcs-ces" && !iv.certain() {
			out = append(out, r.role)
		}
	}
	return out
}
