package http

import (
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	"signet/internal/wire/http1"
)

// page is one path in the course of an interview.
type page struct {
	row   row
	resp  *http1.Response // to the request without credentials; nil while unasked or unanswered
	tries int
	why   string // why there is no answer

	certificate bool   // the handshake asked for a client certificate, or the answer does
	host        string // of another site of this address; "": the endpoint's own
	next        string // where it sends a browser on to, until that is followed
	carried     string // cookies of the chain that led here, as the first request had them
	cookies     string // the same, and those of this page
	root        *page  // where the chain that led here began
	hops        int    // how many pages led here

	found  [4]finding // by proof
	late   []string   // schemes that are offered only to whoever sends an NTLM message
	proven bool
	sent   [4]bool
	again  [4]bool // the proof went unanswered once and is tried a second time
}

// ask is the request for the page. The cookies that it set itself belong to what comes behind it.
func (p *page) ask(pr proof) ask {
	return ask{row: p.row, proof: pr, host: p.host, cookies: p.cookies, proxy: pr != plain && p.proxied()}
}

// offers says whether the page offers a scheme, to everybody or in answer to an NTLM message.
func (p *page) offers(scheme string) bool {
	return slices.Contains(p.late, scheme) ||
		p.resp != nil && slices.ContainsFunc(challenges(p.resp), func(c http1.Challenge) bool { return c.Is(scheme) })
}

// gone says that nothing is at the path that could be relayed to.
func (p *page) gone() bool { return p.resp == nil || p.resp.Status == 404 || p.resp.Status == 410 }

// wantsLogon says that the server, or a proxy, asks for credentials, or offers to take them.
func (p *page) wantsLogon() bool {
	return p.resp != nil && (p.resp.Status == 401 || p.resp.Status == 407 || len(challenges(p.resp)) > 0)
}

// proxied says that a proxy is what asks for them. An origin server that is asked by a whole URL answers for itself.
func (p *page) proxied() bool {
	return p.resp.Status == 407 && (len(p.resp.ProxyChallenges()) > 0 || len(p.resp.Challenges()) == 0)
}

// due returns the next proof to try here. windows says that the server looks like one that would take NTLM without
// announcing it. What is asked only where it can still change the answer.
func (p *page) due(windows, thorough bool) (proof, bool) {
	if p.resp == nil || p.row.role == absent || !p.wantsLogon() && !thorough && (!windows || p.gone()) {
		return 0, false
	}
	negotiate := p.offers("Negotiate")
	for _, pr := range []proof{underNTLM, underNegotiate, underSPNEGO} {
		switch {
		case p.sent[pr]:
		case pr != underNTLM && p.proven && !negotiate: // NTLM is known to be taken, and Negotiate is not offered
		case pr == underSPNEGO && p.found[underNegotiate] == challenged:
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

// facts words what is known of the page. pending says that a question that could decide was left out.
func (p *page) facts(t *table, marks map[string]bool, pending bool) Path {
	f := Path{Path: p.row.path, Role: p.row.role, Host: text.Clip(p.host, mostText), Schemes: []string{}, Note: text.Clip(p.why, mostText)}
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
	switch {
	case f.Role == absent: // whoever asks there: it is there to compare with
	case f.Status == 407:
		f.Role = "http-proxy" // whatever the path: the proxy is what asks
	case f.Role == "http-proxy" && f.Status == 401:
		f.Role = "" // an origin server, which takes the URL for one of its own
	}
	f.Location = text.Clip(p.resp.Header.Get("Location"), mostLocation)
	for _, c := range challenges(p.resp) {
		if len(f.Schemes) < mostSchemes {
			f.Schemes = append(f.Schemes, text.Clip(c.Scheme, mostText))
		}
	}
	f.Negotiate = p.negotiate()
	f.Sent = slices.Contains(p.sent[:], true)
	f.NTLM = p.ntlm(f.Negotiate, pending)
	switch {
	case f.NTLM != OfferUnknown || f.Note != "":
	case pending:
		f.Note = "not every NTLM message was sent"
	case p.fails():
		f.Note = p.trouble()
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
	case (raw == rejected || raw == bare) && wrapped == rejected, raw == rejected && wrapped == bare:
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
	case n == NegotiateUnknown || pending || p.fails():
		return OfferUnknown
	}
	for pr := underNTLM; pr <= underSPNEGO; pr++ {
		if p.sent[pr] && p.found[pr] == inconclusive {
			return OfferUnknown
		}
	}
	return OfferNo
}

// fails says that the server told of a trouble instead of answering: what the page asks for is not seen then. A proxy
// cannot but fail on the name that does not exist.
func (p *page) fails() bool {
	if strings.HasPrefix(p.row.path, "http://") {
		return false
	}
	if p.resp.Status == 400 && strings.HasPrefix(p.resp.Header.Get("X-Squid-Error"), "ERR_INVALID_") {
		return false // a forward proxy found no whole URL: it has no such page
	}
	if p.resp.Status >= 500 {
		return true
	}
	switch p.resp.Status {
	case 400, 408, 421, 425, 429, 496:
		return true
	case 403:
		return p.certificate
	}
	return false
}

// trouble words why the page tells nothing of logons.
func (p *page) trouble() string {
	if p.certificate && (p.resp.Status == 400 || p.resp.Status == 403 || p.resp.Status == 496) {
		return fmt.Sprintf("answers %d where a client certificate is wanted", p.resp.Status)
	}
	return fmt.Sprintf("%d is an error, which tells nothing of logons", p.resp.Status)
}

// take notes the answer to a proof.
func (p *page) take(pr proof, r *http1.Response) *signet.NTLM {
	f, ch := pr.read(p.resp, r)
	p.found[pr] = f
	for _, c := range challenges(r) {
		for _, scheme := range []string{"NTLM", "Negotiate"} {
			if c.Is(scheme) && c.Token == "" && !p.offers(scheme) {
				p.late = append(p.late, scheme)
			}
		}
	}
	if f != challenged {
		return nil
	}
	p.proven = true
	if ch == nil {
		return nil
	}
	return check.NTLM(*ch)
}

// pages are the paths that were asked, whatever came of them.
func pages(f *Facts) []string {
	list := make([]string, 0, len(f.Paths))
	for i := range f.Paths {
		list = append(list, f.Paths[i].Path)
	}
	return list
}
