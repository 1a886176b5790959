package front

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// reach is how a server is reached: by one URL, or by its addresses.
type reach struct {
	url  *url.URL // of --url; nil: by its addresses
	path string   // sub-path, without a slash at its end
	port string   // it listens at
	own  *renewed // certificate; nil: it speaks no TLS
}

func newReach(c *Config, own *renewed, port string) (*reach, error) {
	r := &reach{port: port, own: own}
	if c.URL == "" {
		return r, nil
	}
	var err error
	if r.url, err = parseURL(c.URL); err != nil {
		return nil, err
	}
	if r.url.Scheme == "http" && own != nil {
		return nil, wrong("url", "%s says http, but this server speaks TLS (--tls-cert)", c.URL)
	}
	r.path = strings.TrimRight(r.url.EscapedPath(), "/")
	return r, nil
}

// knows tells whether a request may name the server so. A name that is not known is somebody's who had it lead here, so that a browser
// takes this server for theirs. An address cannot be made to lead elsewhere.
func (r *reach) knows(host string) bool {
	if r.url != nil {
		return strings.EqualFold(withoutPort(host, r.url.Scheme), withoutPort(r.url.Host, r.url.Scheme))
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), map[bool]string{false: "80", true: "443"}[r.own != nil]
	}
	if port != r.port {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil || strings.EqualFold(name, "localhost") {
		return true
	}
	cert := x509.Certificate{DNSNames: r.names()}
	return len(cert.DNSNames) > 0 && cert.VerifyHostname(name) == nil
}

// names are those of the certificate, which a new one may change.
func (r *reach) names() []string {
	if r.own == nil {
		return nil
	}
	return r.own.names()
}

// withoutPort is a host without the port that its scheme has anyway.
func withoutPort(host, scheme string) string {
	return strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
}

// origin is what a browser calls the pages of this server, as a request that was found to know it names it.
func (r *reach) origin(host string, https bool) string {
	if r.url != nil {
		return r.url.Scheme + "://" + strings.ToLower(withoutPort(r.url.Host, r.url.Scheme))
	}
	scheme := "http"
	if https {
		scheme = "https"
	}
	return scheme + "://" + strings.ToLower(withoutPort(host, scheme))
}

// strip takes the sub-path off, which a proxy in front may have done already. ok is false for the sub-path without a slash at its end, of
// which relative links would lead astray.
func (r *reach) strip(req *http.Request) (ok bool) {
	if r.path == "" {
		return true
	}
	switch raw := req.URL.EscapedPath(); {
	case raw == r.path:
		return false
	case strings.HasPrefix(raw, r.path+"/"):
		rest := raw[len(r.path):]
		plain, err := url.PathUnescape(rest)
		if err != nil {
			return true // the server parsed it, so that it can be unescaped
		}
		u := *req.URL
		u.Path, u.RawPath = plain, rest
		req.URL = &u
	}
	return true
}

// Address is what a server of a Config is reached by, of one that need not run: its URL, or the address that it listens on.
func Address(c Config) (string, error) {
	at, err := listenAddr(c.Listen)
	if err != nil {
		return "", err
	}
	var own *renewed
	if c.Cert != "" || c.Key != "" {
		if own, err = newRenewed(&c); err != nil {
			return "", err
		}
	}
	r, err := newReach(&c, own, strconv.Itoa(int(at.Port())))
	if err != nil {
		return "", err
	}
	return r.base(at), nil
}

// base is what a server that listens there is reached by, without a slash at its end. One that listens everywhere goes by the first name of
// its certificate.
func (r *reach) base(at netip.AddrPort) string {
	if r.url != nil {
		return r.origin("", false) + r.path
	}
	host := at.Addr().String()
	if at.Addr().IsUnspecified() {
		host = "localhost"
		if names := r.names(); len(names) > 0 && !strings.HasPrefix(names[0], "*") {
			host = names[0]
		}
	}
	return r.origin(net.JoinHostPort(host, r.port), r.own != nil)
}
