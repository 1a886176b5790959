package http

import (
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/http1"
)

// page is one path in the course of an interview.
type page struct {
	row   row
	resp  *http1.Response // to the request without credentials; nil while unasked or unanswered
	tries int
	why   string // why there is no answer

	found  [4]finding // by proof
	proven bool
	sent   [4]bool
	again  [4]bool // the proof went unanswered once and is tried a second time
}

// offers says whether the page offers a scheme to everybody.
func (p *page) offers(scheme string) bool {
	return p.resp != nil && slices.ContainsFunc(challenges(p.resp), func(c http1.Challenge) bool { return c.Is(scheme) })
}

// gone says that nothing is at the path that could be relayed to.
func (p *page) gone() bool { return p.resp == nil || p.resp.Status == 404 || p.resp.Status == 410 }

// wantsLogon says that the server, or a proxy, asks for credentials.
func (p *page) wantsLogon() bool {
	return p.resp != nil && (p.resp.Status == 401 || p.resp.Status == 407)
}

// due returns the next proof to try here. windows says that the server looks like one that would take NTLM without
// announcing it. What is asked only where it can still change the answer.
func (p *page) due(windows, thorough bool) (proof, bool) {
	if p.resp == nil || !p.wantsLogon() && !thorough && (!windows || p.gone()) {
		return 0, false
	}
	negotiate := p.offers("Negotiate")
	for _, pr := range []proof{underNTLM, underNegotiate, underSPNEGO} {
		switch {
		case p.sent[pr]:
		case pr != underNTLM && p.proven && !negotiate: // NTLM is known to be taken, and Negotiate is not offered
		case pr == underSPNEGO && (p.found[underNegotiate] == challenged || p.found[underNegotiate] == rejected):
		case pr == underSPNEGO && !negotiate && !windows && !thorough:
		default:
			return pr, true
		}
	}
	return 0, false
}

// Bounds on what one answer may put into the facts.
const (
	mostSchemes  = 16
	mostText     = 256
	mostLocation = 1024
)

func cut(s string, most int) string { return s[:min(len(s), most)] }

// facts words what is known of the page. pending says that a question that could decide was left out.
func (p *page) facts(t *table, marks map[string]bool, pending bool) Path {
	f := Path{Path: p.row.path, Role: p.row.role, Schemes: []string{}, Note: cut(p.why, mostText)}
	if p.row.method != "GET" {
		f.Method = p.row.method
	}
	if p.row.path == "/" && p.row.role == "" {
		for _, role := range t.roots {
			if marks[role] {
				f.Role = role
			}
		}
	}
	if p.resp == nil {
		if f.Note == "" {
			f.Note = "not asked"
		}
		return f
	}
	f.Status = p.resp.Status
	f.Location = cut(p.resp.Header.Get("Location"), mostLocation)
	for _, c := range challenges(p.resp) {
		if len(f.Schemes) < mostSchemes {
			f.Schemes = append(f.Schemes, cut(c.Scheme, mostText))
		}
	}
	f.Negotiate = p.negotiate()
	f.NTLM = p.ntlm(f.Negotiate, pending)
	switch {
	case f.NTLM != OfferUnknown || f.Note != "":
	case pending:
		f.Note = "not every NTLM message was sent"
	default:
		f.Note = "the answers to an NTLM message decide nothing"
	}
	return f
}

func (p *page) negotiate() Negotiate {
	raw, wrapped := p.found[underNegotiate], p.found[underSPNEGO]
	switch {
	case raw == challenged || wrapped == challenged:
		return NegotiateAcceptsNTLM
	case !p.offers("Negotiate"):
		return NegotiateAbsent
	case raw == rejected || wrapped == rejected:
		return NegotiateKerberosOnly
	case raw == bare && wrapped == bare && !p.offers("NTLM"):
		// An acceptor without NTLM falls back to the bare challenge. Where NTLM is announced too and nothing
		// follows it, nobody behind the header seems to read tokens, and this says nothing.
		return NegotiateKerberosOnly
	}
	return NegotiateUnknown
}

func (p *page) ntlm(n Negotiate, pending bool) Offer {
	switch {
	case p.proven:
		return OfferProven
	case p.offers("NTLM"):
		return OfferAnnounced
	case n == NegotiateUnknown || pending:
		return OfferUnknown
	}
	for pr := underNTLM; pr <= underSPNEGO; pr++ {
		if p.sent[pr] && p.found[pr] == inconclusive && !(n == NegotiateKerberosOnly && pr != underNTLM) {
			return OfferUnknown
		}
	}
	return OfferNo
}

// take notes the answer to a proof.
func (p *page) take(pr proof, r *http1.Response) *signet.NTLM {
	f, ch := pr.read(p.resp, r)
	p.found[pr] = f
	if f != challenged {
		return nil
	}
	p.proven = true
	if ch == nil {
		return nil
	}
	return check.NTLM(*ch)
}
