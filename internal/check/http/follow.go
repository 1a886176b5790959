package http

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"

	"signet/internal/wire/http1"
)

// Bounds on what redirects and pages that send on make us ask.
const (
	mostHops     = 6 // of one chain
	mostFollowed = 8 // pages of one endpoint
	mostCookies  = 2048
	mostNames    = 2
)

// follow queues where answered pages send a browser on to, if that is a page of this very endpoint: once per chain, with
// the cookies that the chain was given. Other endpoints are not asked here, and a name is only ever sent as Host to the
// address that is being asked, never looked up.
func (iv *interview) follow() {
	for _, p := range iv.pages {
		if p.next == "" || p.row.method != "GET" || strings.HasPrefix(p.row.path, "http://") {
			continue
		}
		ref := p.next
		p.next = ""
		path, host, ok := iv.target(p, ref)
		if !ok {
			continue
		}
		next := &page{row: row{method: "GET", path: path, role: iv.table.roleOf(path)}, host: host,
			carried: p.cookies, cookies: p.cookies, hops: p.hops + 1, root: cmp.Or(p.root, p)}
		if iv.had(next) {
			continue
		}
		if next.hops > mostHops || iv.followed >= mostFollowed || iv.requests+len(iv.queue) >= ordinaryRequests && !iv.hinted() {
			iv.lost = true
			continue
		}
		iv.followed++
		iv.enqueue(next)
	}
}

// hinted says that something showed what the server is: then it is no ordinary one, and is asked more.
func (iv *interview) hinted() bool {
	return iv.marks["iis"] || iv.marks["adcs"] || iv.marks["exchange"] || iv.subject.Options.HTTPThorough
}

// had says that such a page was asked already: the same path, but for its query, of the same site, with the same cookies or
// at the end of another chain.
func (iv *interview) had(n *page) bool {
	for _, p := range iv.pages {
		if p.row.method == n.row.method && withoutQuery(p.row.path) == withoutQuery(n.row.path) && p.host == n.host && (p.carried == n.carried || p.hops > 0 && p.root != n.root) {
			return true
		}
	}
	return false
}

func withoutQuery(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// sendsOn is the reference to which an answer sends a browser by itself.
func sendsOn(r *http1.Response) string {
	switch r.Status {
	case 301, 302, 303, 307, 308:
		return r.Header.Get("Location")
	}
	if r.Status >= 300 && r.Status < 400 {
		return ""
	}
	return http1.Refresh(r)
}

// target resolves a reference of a page (RFC 3986 §5.2). It is one of this endpoint where scheme and port are the page's
// own and the host is ours, or a name, which then goes into the Host field.
func (iv *interview) target(p *page, ref string) (path, host string, ok bool) {
	u, ok := iv.resolve(p, ref)
	if !ok || u.secure != (iv.mode == overTLS) || u.port != iv.subject.Endpoint.Port {
		return "", "", false
	}
	switch {
	case u.host == "", sameHost(iv.subject.Endpoint, u.host):
		host = ""
	case isAddress(u.host), iv.excluded(u.host):
		return "", "", false
	default:
		host = u.host
		if u.port != standardPort(u.secure) {
			host += ":" + itoa(int(u.port))
		}
	}
	if _, err := http1.AppendRequest(nil, http1.Request{Method: "GET", Target: u.path, Host: "x" + host}); err != nil || len(u.path) > mostLocation {
		return "", "", false
	}
	return u.path, host, true
}

// resolved is where a reference leads.
type resolved struct {
	secure bool
	host   string // lower case, without brackets
	port   uint16
	path   string // with its query
}

func (iv *interview) resolve(p *page, ref string) (r resolved, ok bool) {
	secure := iv.mode == overTLS || iv.talk != nil && iv.talk.secure
	base := url.URL{Scheme: "http", Host: iv.hostOf(p, secure), Path: "/"}
	if secure {
		base.Scheme = "https"
	}
	if at, err := url.Parse(p.row.path); err == nil {
		base.Path, base.RawPath = at.Path, at.RawPath
	}
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil || ref == "" {
		return r, false
	}
	u = base.ResolveReference(u)
	r.secure = strings.EqualFold(u.Scheme, "https")
	if !r.secure && !strings.EqualFold(u.Scheme, "http") {
		return r, false
	}
	l, ok := parseLocation(strings.ToLower(u.Scheme) + "://" + u.Host + "/")
	if !ok {
		return r, false
	}
	r.host, r.port, r.path = l.host, l.port, u.EscapedPath()
	if r.path == "" {
		r.path = "/"
	}
	if u.RawQuery != "" {
		r.path += "?" + strings.ReplaceAll(u.RawQuery, " ", "%20")
	}
	return r, true
}

// excluded says that the scope leaves a name alone, in whatever a server says too.
func (iv *interview) excluded(name string) bool {
	return iv.subject.Options.ExcludedName != nil && iv.subject.Options.ExcludedName(name)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// hostOf is the Host field for a page: the name of another site on this address, or the endpoint's own.
func (iv *interview) hostOf(p *page, secure bool) string {
	if p.host != "" {
		return p.host
	}
	return hostField(iv.subject.Endpoint, secure)
}
