package http

import (
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	"signet/internal/wire/http1"
)

// interview asks one endpoint: first how it is spoken to, then page after page, then the NTLM exchanges.
type interview struct {
	subject check.Subject
	table   *table

	mode    mode
	tlsEnd  check.End // how TLS was refused, if it was tried
	bareEnd check.End // how plain HTTP was refused, if it was tried
	tried   struct{ plain, tls, old bool }
	hint    hint   // what the plain answer says of TLS on this port
	hidden  string // why TLS failed on a port that speaks it: what stands behind it was not asked

	marks map[string]bool
	pages []*page
	queue []*page // asked and not yet answered, without credentials
	talk  *conversation
	proof *page // whose proof is under way; nil: the talk asks without credentials
	kind  proof

	server   string
	tls      *signet.TLS
	ntlm     *signet.NTLM
	found    []check.Found
	made     int // connections
	failures int // attempts without any answer, in a row
	stalls   int // attempts that ran out of time
	gaveUp   bool
	skipped  []string // paths that cannot be written into a request
	requests int      // sent
	gateway  bool     // a page of a gateway answered for a page of its own
	followed int      // pages that others sent on to
	lost     bool     // one that was not followed, since there were too many
	compared bool     // the path that cannot exist was asked

	names       []string // that this address may have a site under
	named       bool     // they were asked
	site        string   // Host of the site that answers, where the endpoint's own name has none
	enrolling   []string // names of CAs, by their enrolment pages
	authorities []string // the same, by certificates
	noSite      bool     // a page of a server without a site for the name
	steady      bool     // a bare answer to NTLM stayed bare when asked again: no balancer loses the exchange
}

// maxFailures in a row, or as many time-outs, end an interview: who stops answering is left alone.
const maxFailures = 3

// maxConnections bounds what one endpoint sees by default; Exchange with everything in front needs about forty.
const maxConnections = 64

// What each path and each name of a CA that the user gave adds to it.
const (
	pathConnections   = 4
	caNameConnections = 3 * pathConnections
)

// most is the bound with what the user asked for beyond.
func (t *table) most(o *check.Options) int {
	n := maxConnections + pathConnections*len(o.HTTPPaths) + caNameConnections*len(o.CANames)
	if o.HTTPThorough {
		n += pathConnections * len(t.rows)
	}
	return n
}

func begin(s check.Subject, t *table) check.Interview {
	iv := &interview{subject: s, table: t, marks: map[string]bool{always: true}}
	if s.Options.HTTPThorough {
		iv.marks["thorough"] = true
	}
	t.portMarks(iv.marks, s.Endpoint.Port)
	iv.add(iv.opening())
	return iv
}

// Next takes in how the last attempt ended and says what comes next.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.talk != nil {
		iv.heard(end)
		iv.talk = nil
	}
	switch {
	case iv.mode == hopeless || iv.gaveUp:
		return check.Attempt{}, false
	case iv.mode == unsettled:
		return iv.knock()
	case iv.made >= iv.table.most(iv.subject.Options):
		return check.Attempt{}, false
	}
	if len(iv.queue) == 0 && !iv.subject.Options.Quick {
		iv.widen()
	}
	if len(iv.queue) > 0 {
		return iv.pagesAttempt(), true
	}
	if iv.subject.Options.Quick {
		return check.Attempt{}, false
	}
	return iv.proofAttempt()
}

// attempt makes a connection of the settled kind for asks.
func (iv *interview) attempt(asks []ask) check.Attempt {
	iv.made++
	iv.talk = &conversation{asks: asks, secure: iv.mode == overTLS, host: hostField(iv.subject.Endpoint, iv.mode == overTLS)}
	a := check.Attempt{Note: iv.talk.note(), Talk: iv.talk}
	if iv.mode == overTLS {
		a.TLS = iv.handshake()
		if name := asks[0].host; name != "" {
			a.TLS.ServerName, _, _ = strings.Cut(name, ":")
		}
	}
	return a
}

// pagesAttempt asks the next pages of the queue on one connection, as long as the server keeps it.
func (iv *interview) pagesAttempt() check.Attempt {
	iv.proof = nil
	var asks []ask
	for _, p := range iv.queue[:min(batch, len(iv.queue))] {
		if len(asks) > 0 && (p.tries > 0 || p.host != asks[0].host) {
			break // what went unanswered once is asked on a connection of its own, and so is another site
		}
		asks = append(asks, p.ask(plain))
		if p.tries > 0 {
			break
		}
	}
	return iv.attempt(asks)
}

// proofAttempt runs the next NTLM exchange that can still tell something, on a connection of its own.
func (iv *interview) proofAttempt() (check.Attempt, bool) {
	for _, p := range iv.pages {
		if kind, ok := iv.due(p); ok {
			iv.proof, iv.kind = p, kind
			p.sent[kind] = true
			asks := []ask{p.ask(kind)}
			if kind == underSPNEGO {
				asks = append(asks, p.ask(underSelected)) // sent only where NTLMSSP is selected without a token
			}
			a := iv.attempt(asks)
			iv.talk.stop = func(a ask, r *http1.Response) bool { return !selectsNTLM(r) }
			return a, true
		}
	}
	return check.Attempt{}, false
}

// due is the next proof to try on a page. Where the server looks like Windows, "/" and the enrolment paths are asked
// though they do not announce it.
func (iv *interview) due(p *page) (proof, bool) {
	windows := (p.row.path == "/" || strings.HasPrefix(p.row.role, "adcs-")) && iv.windows()
	return p.due(windows, iv.subject.Options.HTTPThorough)
}

// heard takes in the answers of the last talk.
func (iv *interview) heard(end check.End) {
	t := iv.talk
	if end.TLS != nil {
		facts := end.TLS.Facts
		if iv.tls == nil {
			iv.tls = &facts
		}
		iv.knowsCertificate(&facts)
	}
	iv.requests += t.sent
	answers := t.answers
	if r := t.partial(); r != nil {
		answers = append(answers, r)
	}
	if iv.mode == unsettled && !iv.settle(end, answers) {
		return
	}
	if len(answers) > 0 {
		iv.failures = 0
	} else {
		iv.failures++
	}
	if end.Cause == check.Stalled {
		iv.stalls++
	}
	iv.gaveUp = iv.failures >= maxFailures || iv.stalls >= maxFailures
	if iv.proof != nil {
		iv.heardProof(answers)
		return
	}
	for _, r := range answers {
		p := iv.queue[0]
		iv.queue = iv.queue[1:]
		p.resp = r
		iv.learn(p, r)
		r.Body = nil // all that it shows is noted
	}
	if len(answers) == 0 && len(iv.queue) > 0 {
		p := iv.queue[0]
		if p.tries++; p.tries > 1 || end.Cause == check.Stalled || iv.gaveUp {
			iv.queue = iv.queue[1:]
			p.why = "no answer: " + failure(end)
		}
	}
}

func failure(end check.End) string {
	if f := end.Failure(""); f != nil {
		return f.Text
	}
	return "none"
}

// learn takes marks, the server's name and where it points to from an answer.
func (iv *interview) learn(p *page, r *http1.Response) {
	inflate(r)
	iv.table.marks(iv.marks, r)
	iv.gateway = iv.gateway || gateway(p.row, r)
	iv.noSite = iv.noSite || p.host == "" && noSite(r)
	iv.knowsAuthority(r)
	if iv.server == "" {
		iv.server = text.Clip(r.Header.Get("Server"), mostText)
	}
	if strings.HasPrefix(p.row.path, "http://") {
		return // what a proxy says of another server's page is not this one's
	}
	p.certificate = iv.talk.secure && iv.tls != nil && iv.tls.ClientCertificate || wantsCertificate(r)
	p.cookies = http1.Cookies(p.cookies, r, mostCookies)
	p.next = sendsOn(r)
	if p.next == "" {
		return
	}
	to, ok := iv.resolve(p, p.next)
	if !ok {
		return
	}
	iv.knowsName(to.host)
	e := iv.subject.Endpoint
	if to.secure && iv.mode != overTLS && len(iv.found) == 0 && sameHost(e, to.host) && to.port != e.Port {
		iv.found = append(iv.found, check.Found{Check: Name, Port: to.port})
	}
}

func (iv *interview) heardProof(answers []*http1.Response) {
	p := iv.proof
	if len(answers) == 0 {
		// A balancer that dropped the connection is asked once more; NTLM needs one connection and may have lost it.
		if !p.again[iv.kind] {
			p.again[iv.kind], p.sent[iv.kind] = true, false
		}
		return
	}
	iv.table.marks(iv.marks, answers[0])
	if n := p.take(iv.kind, answers[len(answers)-1]); n != nil && iv.ntlm == nil {
		iv.ntlm = n
	}
	iv.askAgain(p)
}

// askAgain gives NTLM that is announced, alone, and brought no challenge a second connection: a balancer that spreads
// the requests of a connection loses some exchanges and not others. Where Negotiate is announced
// too, its own proofs are further tries. What stays bare once is bare on every path.
func (iv *interview) askAgain(p *page) {
	if iv.kind != underNTLM || p.found[underNTLM] != bare || p.offers("Negotiate") || iv.steady {
		return
	}
	if p.again[underNTLM] {
		iv.steady = true
		return
	}
	p.again[underNTLM], p.sent[underNTLM] = true, false
}
