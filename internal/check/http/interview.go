package http

import (
	"errors"
	"strings"

	"signet"
	"signet/internal/check"
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

	marks map[string]bool
	pages []*page
	queue []*page // asked and not yet answered, without credentials
	talk  *talk
	proof *page // whose proof is under way; nil: the talk asks without credentials
	kind  proof

	server   string
	tls      *signet.TLS
	ntlm     *signet.NTLM
	found    []check.Found
	failures int // attempts without any answer, in a row
	gaveUp   bool
	skipped  []string // paths that cannot be written into a request
}

// mode says how the endpoint is spoken to.
type mode uint8

const (
	unsettled mode = iota
	overPlain
	overTLS
	hopeless
)

// maxFailures in a row end an interview: who stops answering is left alone.
const maxFailures = 3

// tls10 is crypto/tls.VersionTLS10, for servers that cannot read a newer client's hello.
const tls10 = 0x0301

func begin(s check.Subject, t *table) check.Interview {
	iv := &interview{subject: s, table: t, marks: map[string]bool{always: true}}
	if s.Options.HTTPThorough {
		iv.marks["thorough"] = true
	}
	t.portMarks(iv.marks, s.Endpoint.Port)
	iv.add(iv.opening())
	return iv
}

// opening lists what every server is asked. WinRM's ports have one path; a port that proxies use is first asked as
// one, for a forward proxy is asked for nothing but a name that cannot exist.
func (iv *interview) opening() []row {
	switch {
	case iv.marks["winrm"] && !iv.subject.Options.HTTPThorough:
		return iv.rowsOf("winrm")
	case iv.marks["http-proxy"]:
		return iv.rowsOf("http-proxy")
	}
	return iv.everywhere()
}

func (iv *interview) everywhere() []row {
	rows := []row{{method: "GET", path: "/"}}
	if iv.subject.Options.Quick {
		return rows
	}
	for _, r := range iv.table.rows {
		if r.marks[0] == always && !r.more {
			rows = append(rows, r)
		}
	}
	for _, p := range iv.subject.Options.HTTPPaths {
		if !strings.HasPrefix(p, "/") {
			p = "/" + p
		}
		rows = append(rows, row{method: "GET", path: p})
	}
	return rows
}

func (iv *interview) rowsOf(role string) []row {
	var rows []row
	for _, r := range iv.table.rows {
		if r.role == role {
			rows = append(rows, r)
		}
	}
	return rows
}

// add queues rows that were not asked yet, one for each name of a CA where the row wants one.
func (iv *interview) add(rows []row) {
	for _, r := range rows {
		if !strings.Contains(r.path, "{ca}") {
			iv.addOne(r)
			continue
		}
		for _, name := range iv.subject.Options.CANames {
			one := r
			one.path = strings.ReplaceAll(r.path, "{ca}", escapeName(name))
			iv.addOne(one)
		}
	}
}

func (iv *interview) addOne(r row) {
	for _, p := range iv.pages {
		if p.row.path == r.path && p.row.method == r.method {
			return
		}
	}
	if _, err := http1.AppendRequest(nil, http1.Request{Method: r.method, Target: r.path, Host: "x"}); err != nil {
		iv.skipped = append(iv.skipped, "path "+r.path)
		return
	}
	p := &page{row: r}
	iv.pages = append(iv.pages, p)
	iv.queue = append(iv.queue, p)
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

// knock finds out how the endpoint is spoken to: on ports that are known for TLS by a handshake first, elsewhere by a
// plain request first, and the other way if that fails.
func (iv *interview) knock() (check.Attempt, bool) {
	switch {
	case iv.subject.Options.Quick && (iv.tried.plain || iv.tried.tls): // one connection, whatever it showed
	case tlsPort(iv.subject.Endpoint.Port) && !iv.tried.tls, iv.tried.plain && !iv.tried.tls:
		iv.tried.tls = true
		a := iv.pagesAttempt()
		a.TLS = iv.handshake()
		iv.talk.secure = true
		iv.talk.host = hostField(iv.subject.Endpoint, true)
		a.Note = iv.talk.note()
		return a, true
	case iv.tried.tls && !iv.tried.old && errors.Is(iv.tlsEnd.Err, check.ErrTLSClosed):
		iv.tried.old = true
		a := iv.pagesAttempt()
		a.TLS = iv.handshake()
		a.TLS.MaxVersion = tls10
		iv.talk.secure = true
		iv.talk.host = hostField(iv.subject.Endpoint, true)
		a.Note = iv.talk.note() + " TLS 1.0"
		return a, true
	case !iv.tried.plain:
		iv.tried.plain = true
		return iv.pagesAttempt(), true
	}
	iv.mode = hopeless
	return check.Attempt{}, false
}

func tlsPort(port uint16) bool {
	switch port {
	case 443, 444, 5986, 8443, 8444, 8531, 9443:
		return true
	}
	return false
}

func (iv *interview) handshake() *check.TLS {
	t := &check.TLS{ServerName: iv.subject.Endpoint.ServerName(), NextProtos: []string{"http/1.1"}}
	if iv.tried.old {
		t.MaxVersion = tls10
	}
	return t
}

// attempt makes a connection of the settled kind for asks.
func (iv *interview) attempt(asks []ask) check.Attempt {
	iv.talk = &talk{asks: asks, secure: iv.mode == overTLS, host: hostField(iv.subject.Endpoint, iv.mode == overTLS), stop: isProxy}
	a := check.Attempt{Note: iv.talk.note(), Talk: iv.talk}
	if iv.mode == overTLS {
		a.TLS = iv.handshake()
	}
	return a
}

// pagesAttempt asks the next pages of the queue on one connection, as long as the server keeps it.
func (iv *interview) pagesAttempt() check.Attempt {
	iv.proof = nil
	var asks []ask
	for _, p := range iv.queue[:min(batch, len(iv.queue))] {
		if p.tries > 0 && len(asks) > 0 {
			break // what went unanswered once is asked on a connection of its own
		}
		asks = append(asks, ask{row: p.row})
		if p.tries > 0 {
			break
		}
	}
	return iv.attempt(asks)
}

// proofAttempt runs the next NTLM exchange that can still tell something, on a connection of its own.
func (iv *interview) proofAttempt() (check.Attempt, bool) {
	thorough := iv.subject.Options.HTTPThorough
	for _, p := range iv.pages {
		windows := iv.windows() && (p.row.path == "/" || strings.HasPrefix(p.row.role, "adcs-"))
		if kind, ok := p.due(windows, thorough); ok {
			iv.proof, iv.kind = p, kind
			p.sent[kind] = true
			a := iv.attempt([]ask{{row: p.row, proof: kind}})
			return a, true
		}
	}
	return check.Attempt{}, false
}

// windows says that the server looks like IIS, or that a CA shows: then NTLM may be taken without a word of it.
func (iv *interview) windows() bool {
	if iv.marks["iis"] || iv.marks["adcs"] {
		return true
	}
	for _, p := range iv.pages {
		if strings.HasPrefix(p.row.role, "adcs-") && (p.proven || p.offers("NTLM") || p.offers("Negotiate")) {
			return true
		}
	}
	return false
}

// heard takes in the answers of the last talk.
func (iv *interview) heard(end check.End) {
	t := iv.talk
	if end.TLS != nil {
		facts := end.TLS.Facts
		iv.tls = &facts
	}
	answers := t.answers
	if r := t.partial(); r != nil {
		answers = append(answers, r)
	}
	if iv.mode == unsettled && !iv.settle(end, answers) {
		return
	}
	if len(answers) > 0 {
		iv.failures = 0
	} else if iv.failures++; iv.failures >= maxFailures {
		iv.gaveUp = true
	}
	if iv.proof != nil {
		iv.heardProof(answers)
		return
	}
	for _, r := range answers {
		p := iv.queue[0]
		iv.queue = iv.queue[1:]
		p.resp = r
		iv.learn(r)
	}
	if iv.isProxy() {
		iv.queue = nil // nothing else is asked of a forward proxy
		iv.add(iv.rowsOf("http-proxy"))
		return
	}
	if len(answers) == 0 {
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

// settle decides how the endpoint is spoken to; false means that the last talk decided nothing.
func (iv *interview) settle(end check.End, answers []*http1.Response) bool {
	secure := iv.talk.secure
	switch {
	case len(answers) > 0 && !secure && http1.WantsTLS(answers[0]) && !iv.tried.tls:
		return false
	case len(answers) > 0 && secure:
		iv.mode = overTLS
		return true
	case len(answers) > 0:
		iv.mode = overPlain
		return true
	}
	switch end.Cause {
	case check.NoAnswer, check.Rejected, check.Unroutable, check.Denied, check.Interrupted:
		iv.mode = hopeless
	}
	if secure {
		iv.tlsEnd = end
		if end.TLS != nil { // TLS it is, and nobody answers inside it
			iv.mode = hopeless
		}
	} else {
		iv.bareEnd = end
		var f *check.ForeignError
		if errors.As(end.Err, &f) && f.Speaks != "TLS" {
			iv.mode = hopeless
		}
	}
	return false
}

// learn takes marks, the server's name and where it points to from an answer.
func (iv *interview) learn(r *http1.Response) {
	iv.table.marks(iv.marks, r)
	if iv.server == "" {
		iv.server = r.Header.Get("Server")
	}
	if r.Status < 300 || r.Status > 399 || iv.mode == overTLS || len(iv.found) > 0 {
		return
	}
	e := iv.subject.Endpoint
	if l, ok := parseLocation(r.Header.Get("Location")); ok && l.secure && sameHost(e, l.host) {
		iv.found = append(iv.found, check.Found{Check: "http", Port: l.port})
	}
}

func (iv *interview) heardProof(answers []*http1.Response) {
	p := iv.proof
	if len(answers) == 0 {
		// A balancer that dropped the connection is asked once more; NTLM needs one connection and may have lost it.
		if !p.again[iv.kind] && !iv.gaveUp {
			p.again[iv.kind], p.sent[iv.kind] = true, false
		}
		return
	}
	iv.table.marks(iv.marks, answers[0])
	if n := p.take(iv.kind, answers[0]); n != nil && iv.ntlm == nil {
		iv.ntlm = n
	}
}

// widen queues the paths of roles that have come to show.
func (iv *interview) widen() {
	if iv.isProxy() {
		return
	}
	if iv.marks["http-proxy"] {
		if !iv.asked("http://signet.invalid/") {
			iv.add(iv.rowsOf("http-proxy"))
			return
		}
		iv.add(iv.everywhere())
	}
	if iv.marks["winrm"] && !iv.subject.Options.HTTPThorough && iv.pages[0].row.role == "winrm" {
		return
	}
	rootLogon := iv.pages[0].wantsLogon()
	for _, r := range iv.table.rows {
		if iv.wanted(r, rootLogon) {
			iv.add([]row{r})
		}
	}
}

// wanted decides on a row by what has shown. Where "/" itself wants a logon, every path will: only marks of the
// role's own then count.
func (iv *interview) wanted(r row, rootLogon bool) bool {
	if r.role == "http-proxy" {
		return false
	}
	if iv.subject.Options.HTTPThorough {
		return true
	}
	if r.more {
		return iv.marks[r.role] || !rootLogon && iv.shows(r.role)
	}
	for _, m := range r.marks {
		if iv.marks[m] && (m == r.role || m == always || !rootLogon) {
			return true
		}
	}
	return false
}

// shows says that a path of the role wants a logon.
func (iv *interview) shows(role string) bool {
	for _, p := range iv.pages {
		if p.row.role == role && !p.row.more && p.wantsLogon() {
			return true
		}
	}
	return false
}

func (iv *interview) asked(path string) bool {
	for _, p := range iv.pages {
		if p.row.path == path {
			return true
		}
	}
	return false
}

// isProxy says that the endpoint answered as a forward proxy does, rather than only listening where proxies do.
func (iv *interview) isProxy() bool {
	for _, p := range iv.pages {
		if p.resp != nil && isProxy(p.row, p.resp) {
			return true
		}
	}
	return false
}

// isProxy tells a forward proxy by its answer: it wants its own credentials, it found no URL to fetch in an ordinary
// request, or it tried to fetch the one that cannot exist.
func isProxy(r row, answer *http1.Response) bool {
	if answer.Status == 407 {
		return true
	}
	if strings.HasPrefix(r.path, "http://") {
		return answer.Header.Values("Via") != nil || answer.Header.Values("X-Squid-Error") != nil ||
			answer.Status >= 502 && answer.Status <= 504
	}
	why := answer.Header.Get("X-Squid-Error")
	return strings.HasPrefix(why, "ERR_INVALID_URL") || strings.HasPrefix(why, "ERR_INVALID_REQ")
}
