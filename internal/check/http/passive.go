package http

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	"signet/internal/wire/http1"
	"signet/internal/wire/ntlmssp"
)

// passive reads the check's facts out of a capture. What a scan would prove by asking stays unknown here: that a page
// takes no NTLM is never concluded from somebody else's requests.
func passive(t *table) *check.Passive {
	return &check.Passive{
		Recognise: recognise, Clients: clients,
		Observe: func(e signet.Endpoint) check.Observer {
			return &observer{table: t, pages: map[string]*seen{}}
		},
	}
}

// methods that open a request; WebDAV's and BITS' among them.
const methods = " GET POST HEAD PUT DELETE OPTIONS CONNECT PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH" +
	" RPC_IN_DATA RPC_OUT_DATA BITS_POST CCM_POST SUBSCRIBE "

func recognise(b []byte, _ uint16) check.Side {
	if len(b) < 9 || b[0] < 'B' || b[0] > 'U' {
		return check.NeitherSide
	}
	if string(b[:7]) == "HTTP/1." && b[8] == ' ' {
		return check.ServerSide
	}
	n := bytes.IndexByte(b[:min(len(b), 16)], ' ')
	if n < 3 || n+1 == len(b) || !strings.Contains(methods, " "+string(b[:n+1])) {
		return check.NeitherSide
	}
	target := b[n+1:]
	if target[0] == '/' || target[0] == '*' || bytes.HasPrefix(target, []byte("http")) || string(b[:n]) == "CONNECT" {
		return check.ClientSide
	}
	return check.NeitherSide
}

// overheard is a request, without its body. It points into the stream.
type overheard struct {
	method, target []byte
	authorization  []byte // the field's value
	agent          []byte
}

// requests reads the heads of a client's requests in order.
type requests struct {
	left []byte
	read int
}

const (
	mostRequests = 256
	mostHead     = 64 << 10
)

// next is the next request; false: there is none that could be followed.
func (r *requests) next() (q overheard, ok bool) {
	b := r.left
	r.left = nil // until what follows is known to be a request
	size := bytes.Index(b[:min(len(b), mostHead)], []byte("\r\n\r\n"))
	if size < 0 || r.read == mostRequests {
		return q, false
	}
	r.read++
	line, fields, _ := bytes.Cut(b[:size], []byte("\r\n"))
	method, rest, _ := bytes.Cut(line, []byte{' '})
	target, version, ok := bytes.Cut(rest, []byte{' '})
	if !ok || !bytes.HasPrefix(version, []byte("HTTP/1.")) {
		return q, false
	}
	q = overheard{method: method, target: target}
	b = b[size+4:]
	length, chunked := 0, false
	for len(fields) > 0 {
		var field []byte
		field, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		name, value, _ := bytes.Cut(field, []byte{':'})
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "authorization"), is(name, "proxy-authorization"):
			q.authorization = value
		case is(name, "user-agent"):
			q.agent = value
		case is(name, "content-length"):
			n, err := strconv.Atoi(string(value))
			if err != nil || n < 0 {
				return q, true
			}
			length = n
		case is(name, "transfer-encoding"):
			chunked = true
		}
	}
	switch {
	case string(method) == "CONNECT": // what follows belongs to somebody else
	case chunked:
		r.left = behindChunks(b)
	case length <= len(b):
		r.left = b[length:]
	}
	return q, true
}

func is(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}

// behindChunks is what follows a body in chunks (RFC 9112 §7.1); nil: its end is not there.
func behindChunks(b []byte) []byte {
	for {
		line, rest, ok := bytes.Cut(b, []byte("\r\n"))
		digits, _, _ := bytes.Cut(line, []byte{';'})
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if !ok || err != nil {
			return nil
		}
		if n > 0 {
			if int(n)+2 > len(rest) {
				return nil
			}
			b = rest[n+2:]
			continue
		}
		for { // trailers
			line, rest, ok = bytes.Cut(rest, []byte("\r\n"))
			if !ok {
				return nil
			}
			if len(line) == 0 {
				return rest
			}
		}
	}
}

// strip takes off what may hold a secret, the query and parameters such as ;jsessionid=, and what the contract has no
// room for.
func strip(target string) string {
	target, _, _ = strings.Cut(target, "?")
	target, _, _ = strings.Cut(target, ";")
	target, _, _ = strings.Cut(target, "#")
	if scheme, rest, ok := strings.Cut(target, "://"); ok { // user:password@ before a host
		host, path, _ := strings.Cut(rest, "/")
		target = scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + "/" + path
	}
	return text.Clip(target, mostText)
}

// seen is one path as overheard.
type seen struct {
	path    Path
	schemes map[string]bool // whether it was offered, rather than answered
	proven  [2]bool         // by NTLM, by Negotiate
}

// offered lists the schemes that were offered, or else those that were answered.
func (p *seen) offered() []string {
	list, answered := []string{}, []string{}
	for scheme, offered := range p.schemes {
		if offered {
			list = append(list, scheme)
		}
		answered = append(answered, scheme)
	}
	if len(list) == 0 {
		return answered
	}
	return list
}

// maxPaths bounds what is kept of one server.
const maxPaths = 64

type observer struct {
	table  *table
	server string
	pages  map[string]*seen
	ntlm   *signet.NTLM
	sent   bool // a client was heard to send an NTLM message, to whatever page
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	o.sent = o.sent || sendsNTLM(h.FromClient)
	var asked requests
	if h.ClientWhole && h.ServerWhole {
		asked.left = h.FromClient
	}
	for stream := h.FromServer; len(stream) > 0; {
		req, ok := asked.next()
		if !ok {
			req.method = []byte("GET")
		}
		rd := http1.NewReader(string(req.method), http1.Limits{Head: 96 << 10, Body: 1 << 20, Keep: 1 << 10})
		n, err := rd.Feed(stream)
		if !rd.Done() {
			rd.Close(h.ServerDone)
		}
		r := rd.Response()
		if err != nil || r == nil {
			return
		}
		o.take(&req, r)
		if n == 0 || !rd.Done() {
			return
		}
		stream = stream[n:]
	}
}

// sendsNTLM tells whether a client's headers hold the message that asks for a challenge, bare or inside SPNEGO.
func sendsNTLM(client []byte) bool {
	for line := range bytes.Lines(client) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !bytes.EqualFold(name, []byte("Authorization")) && !bytes.EqualFold(name, []byte("Proxy-Authorization")) {
			continue
		}
		if words := bytes.Fields(value); len(words) == 2 && bytes.Contains(decode(string(words[1])), []byte("NTLMSSP\x00\x01\x00\x00\x00")) {
			return true
		}
	}
	return false
}

func (o *observer) take(req *overheard, r *http1.Response) {
	if s := text.Clip(r.Header.Get("Server"), mostText); s != "" && s > o.server {
		o.server = s
	}
	list := challenges(r)
	if r.Status != 401 && r.Status != 407 && len(list) == 0 {
		return
	}
	method, path := string(req.method), strip(string(req.target))
	key := method + " " + path
	p := o.pages[key]
	if p == nil {
		if len(o.pages) == maxPaths {
			return
		}
		p = &seen{path: Path{Path: path, Role: o.role(path, r.Status), Status: r.Status}, schemes: map[string]bool{}}
		if method != "GET" {
			p.path.Method = method
		}
		o.pages[key] = p
	}
	if r.Status == 401 || r.Status == 407 {
		p.path.Status = r.Status
	} else if p.path.Status != 401 && p.path.Status != 407 {
		p.path.Status = min(p.path.Status, r.Status)
	}
	for _, c := range list {
		// A challenge that goes on with an exchange offers nothing, but shows what was offered where nothing else does.
		if scheme := text.Clip(c.Scheme, mostText); len(p.schemes) < mostSchemes {
			p.schemes[scheme] = p.schemes[scheme] || c.Token == ""
		}
		if c.Token == "" || !c.Is("NTLM") && !c.Is("Negotiate") {
			continue
		}
		raw, ok := ntlmssp.Find(decode(c.Token))
		if !ok {
			continue
		}
		if c.Is("NTLM") {
			p.proven[0] = true
		} else {
			p.proven[1] = true
		}
		if ch, err := ntlmssp.ParseChallenge(raw); err == nil {
			if n := check.NTLM(ch); o.ntlm == nil || n.Time > o.ntlm.Time {
				o.ntlm = n
			}
		}
	}
}

// role is that of the path, or the proxy's where it is the one that asks.
func (o *observer) role(path string, status int) string {
	if status == 407 {
		return "http-proxy"
	}
	return o.table.roleOf(path)
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if len(o.pages) == 0 {
		return check.Result{}
	}
	f := &Facts{Server: o.server, NTLM: o.ntlm, Paths: []Path{}}
	for _, p := range o.pages {
		path := p.path
		path.Schemes = p.offered()
		slices.Sort(path.Schemes)
		offers := func(scheme string) bool {
			return slices.ContainsFunc(path.Schemes, func(s string) bool { return strings.EqualFold(s, scheme) })
		}
		switch {
		case p.proven[1]:
			path.Negotiate = NegotiateAcceptsNTLM
		case offers("Negotiate"):
			path.Negotiate = NegotiateUnknown
		}
		switch {
		case p.proven[0], p.proven[1]:
			path.NTLM = OfferProven
		case offers("NTLM"):
			path.NTLM = OfferAnnounced
		case o.sent: // here or on another page
			path.Note = "no NTLM message was heard to bring a challenge"
		default:
			path.Note = "nobody was heard to send an NTLM message"
		}
		f.Paths = append(f.Paths, path)
	}
	slices.SortFunc(f.Paths, func(a, b Path) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return check.Result{Facts: f, Outcome: signet.Answered, Unasked: []string{"paths", "ntlm-proof"}}
}

// clients reads who logs on over plain HTTP, and with what.
func clients(h *check.Overheard) []check.Client {
	var out []check.Client
	asked := requests{left: h.FromClient}
	for r, ok := asked.next(); ok; r, ok = asked.next() {
		dav := bytes.Contains(r.agent, []byte("Microsoft-WebDAV-MiniRedir")) || bytes.Contains(r.agent, []byte("DavClnt"))
		if len(r.authorization) == 0 && !dav {
			continue
		}
		agent := text.Clip(string(r.agent), 120)
		scheme, token, _ := strings.Cut(string(r.authorization), " ")
		switch {
		case strings.EqualFold(scheme, "NTLM"), strings.EqualFold(scheme, "Negotiate"):
			if c, ok := check.AuthenticationOf(token); ok {
				c.WebDAV, c.Agent = dav, agent
				out = append(out, c)
				continue
			}
		case strings.EqualFold(scheme, "Basic"):
			raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
			if user, _, ok := strings.Cut(string(raw), ":"); err == nil && ok {
				out = append(out, check.Client{Logon: "basic", User: text.Clip(user, mostText), WebDAV: dav, Agent: agent})
				continue
			}
		}
		if dav {
			out = append(out, check.Client{WebDAV: true, Agent: agent})
		}
	}
	return unique(out)
}

// unique drops a client that says less than another one, and repetitions.
func unique(list []check.Client) []check.Client {
	var out []check.Client
	for _, c := range list {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
