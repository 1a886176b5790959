package http

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"signet"
	"signet/internal/check"
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
func methods() []string {
	return []string{"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "PATCH ", "PROPFIND ", "PROPPATCH ", "MKCOL ",
		"COPY ", "MOVE ", "LOCK ", "UNLOCK ", "REPORT ", "SEARCH ", "RPC_IN_DATA ", "RPC_OUT_DATA ", "BITS_POST ", "CCM_POST ", "SUBSCRIBE "}
}

func recognise(b []byte, _ uint16) check.Side {
	if len(b) >= 9 && string(b[:7]) == "HTTP/1." && b[8] == ' ' {
		return check.ServerSide
	}
	for _, m := range methods() {
		if len(b) > len(m) && string(b[:len(m)]) == m && (b[len(m)] == '/' || b[len(m)] == '*' || strings.HasPrefix(string(b[len(m):min(len(b), len(m)+4)]), "http") || m == "CONNECT ") {
			return check.ClientSide
		}
	}
	return check.NeitherSide
}

// overheard is a request, without its body. Only names are kept of its fields.
type overheard struct {
	method, path  string
	authorization string // the field's value, for the length of a call
	agent         string
}

// requests reads the heads of a client's requests in order. It stops at what it cannot follow.
func requests(b []byte) []overheard {
	const most = 256
	var out []overheard
	for len(out) < most {
		head, rest, ok := strings.Cut(string(b[:min(len(b), 64<<10)]), "\r\n\r\n")
		if !ok && rest == "" {
			return out
		}
		line, fields, _ := strings.Cut(head, "\r\n")
		method, target, ok := strings.Cut(line, " ")
		target, version, ok2 := strings.Cut(target, " ")
		if !ok || !ok2 || !strings.HasPrefix(version, "HTTP/1.") {
			return out
		}
		r := overheard{method: method, path: strip(target)}
		length, chunked := 0, false
		for f := range strings.SplitSeq(fields, "\r\n") {
			name, value, _ := strings.Cut(f, ":")
			value = strings.TrimSpace(value)
			switch strings.ToLower(name) {
			case "authorization", "proxy-authorization":
				r.authorization = value
			case "user-agent":
				r.agent = value
			case "content-length":
				n, err := strconv.Atoi(value)
				if err != nil || n < 0 {
					return append(out, r)
				}
				length = n
			case "transfer-encoding":
				chunked = true
			}
		}
		out = append(out, r)
		b = b[len(head)+4:]
		switch {
		case method == "CONNECT":
			return out // what follows belongs to somebody else
		case chunked:
			end := strings.Index(string(b), "0\r\n\r\n")
			if end < 0 {
				return out
			}
			b = b[end+5:]
		case length > len(b):
			return out
		default:
			b = b[length:]
		}
	}
	return out
}

// strip takes off what may hold a secret, the query, and what the contract has no room for.
func strip(target string) string {
	target, _, _ = strings.Cut(target, "?")
	target, _, _ = strings.Cut(target, "#")
	if scheme, rest, ok := strings.Cut(target, "://"); ok { // user:password@ before a host
		host, path, _ := strings.Cut(rest, "/")
		target = scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + "/" + path
	}
	return cut(target, mostText)
}

// seen is one path as overheard.
type seen struct {
	path    Path
	schemes map[string]bool
	proven  [2]bool // by NTLM, by Negotiate
}

// maxPaths bounds what is kept of one server.
const maxPaths = 64

type observer struct {
	table  *table
	server string
	pages  map[string]*seen
	ntlm   *signet.NTLM
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	var asked []overheard
	paired := h.ClientWhole && h.ServerWhole
	if paired {
		asked = requests(h.FromClient)
	}
	for i, stream := 0, h.FromServer; len(stream) > 0; i++ {
		req := overheard{method: "GET"}
		if i < len(asked) {
			req = asked[i]
		}
		rd := http1.NewReader(req.method, http1.Limits{Head: 96 << 10, Body: 1 << 20, Keep: 1 << 10})
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

func (o *observer) take(req *overheard, r *http1.Response) {
	if s := cut(r.Header.Get("Server"), mostText); s != "" && s > o.server {
		o.server = s
	}
	list := challenges(r)
	if r.Status != 401 && r.Status != 407 && len(list) == 0 {
		return
	}
	key := req.method + " " + req.path
	p := o.pages[key]
	if p == nil {
		if len(o.pages) == maxPaths {
			return
		}
		p = &seen{path: Path{Path: req.path, Role: o.role(req.path, r.Status), Status: r.Status}, schemes: map[string]bool{}}
		if req.method != "GET" {
			p.path.Method = req.method
		}
		o.pages[key] = p
	}
	if r.Status == 401 || r.Status == 407 {
		p.path.Status = r.Status
	} else if p.path.Status != 401 && p.path.Status != 407 {
		p.path.Status = min(p.path.Status, r.Status)
	}
	for _, c := range list {
		if len(p.schemes) < mostSchemes {
			p.schemes[cut(c.Scheme, mostText)] = true
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

// role is that of the longest path of the table that the path starts with.
func (o *observer) role(path string, status int) string {
	if status == 407 {
		return "http-proxy"
	}
	best := row{}
	for _, r := range o.table.rows {
		if len(r.path) > 1 && strings.HasPrefix(r.path, "/") && len(r.path) > len(best.path) && r.role != "iis-other" &&
			strings.HasPrefix(strings.ToLower(path), strings.ToLower(r.path)) {
			best = r
		}
	}
	return best.role
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if len(o.pages) == 0 {
		return check.Result{}
	}
	f := &Facts{Server: o.server, NTLM: o.ntlm, Paths: []Path{}}
	for _, p := range o.pages {
		path := p.path
		path.Schemes = []string{}
		for s := range p.schemes {
			path.Schemes = append(path.Schemes, s)
		}
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
	for _, r := range requests(h.FromClient) {
		dav := strings.Contains(r.agent, "Microsoft-WebDAV-MiniRedir") || strings.Contains(r.agent, "DavClnt")
		agent := cut(r.agent, 120)
		scheme, token, _ := strings.Cut(r.authorization, " ")
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
				out = append(out, check.Client{Logon: "basic", User: cut(user, mostText), WebDAV: dav, Agent: agent})
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
