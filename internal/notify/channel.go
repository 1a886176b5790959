package notify

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"signet/internal/reach"
)

// Channel is where messages go.
type Channel struct {
	Kind     string // webhook, slack, mail, syslog
	URL      string
	Secret   string // webhook: whsec_…; mail: the password of the account in the URL
	Template string // webhook: what is sent in place of the usual body
}

// MailKind is the kind of channels that bring files too.
const MailKind = "mail"

// Kinds are the kinds of channels.
func Kinds() []string { return []string{"webhook", "slack", MailKind, "syslog"} }

// FieldError says which field of a channel cannot be taken, and why. It never has the secret in it.
type FieldError struct {
	Field string // kind, url, secret, template
	Why   string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Why }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

const (
	mostURL    = 2000
	mostSecret = 1000
	leastKey   = 24 // bytes that a secret of Standard Webhooks has at least
	mostKey    = 64
	mostTo     = 50 // addresses of a mail
)

// Check tells what is wrong with a channel before anything is sent: a *FieldError. Whether what its name leads to may be reached is only
// known when it is.
func (c *Channel) Check() error { return c.check(false) }

// check does, near: of one that may lead to this machine.
func (c *Channel) check(near bool) error {
	if !slices.Contains(Kinds(), c.Kind) {
		return wrong("kind", "want webhook, slack, mail or syslog")
	}
	if len(c.Secret) > mostSecret {
		return wrong("secret", "has more than %d bytes", mostSecret)
	}
	if c.Template != "" {
		if c.Kind != "webhook" {
			return wrong("template", "is for a webhook alone")
		}
		if _, err := parseTemplate(c.Template); err != nil {
			return err
		}
	}
	server, err := c.server()
	if err != nil || near || server == "" {
		return err
	}
	name, _, err := net.SplitHostPort(server)
	if err == nil {
		err = reach.Literal(name)
	}
	if err != nil {
		return &FieldError{"url", err.Error()}
	}
	return nil
}

// server is the host and port that a channel leads to; empty: those of the flags.
func (c *Channel) server() (string, error) {
	switch c.Kind {
	case "webhook", "slack":
		u, err := c.web()
		if err != nil {
			return "", err
		}
		if c.Secret != "" && c.Kind == "slack" {
			return "", wrong("secret", "is in the URL already: leave it out")
		}
		if c.Secret != "" {
			if _, err := key(c.Secret); err != nil {
				return "", err
			}
		}
		return host(u, "443")
	case "mail":
		p, err := c.mail()
		return p.server, err
	}
	at, err := c.syslog()
	return at.server, err
}

// parsed reads the URL, of one of some schemes.
func (c *Channel) parsed(schemes ...string) (*url.URL, error) {
	if len(c.URL) > mostURL {
		return nil, wrong("url", "has more than %d bytes", mostURL)
	}
	if strings.ContainsFunc(c.URL, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, wrong("url", "has characters that no URL has: write them as %%XX")
	}
	u, err := url.Parse(c.URL)
	if err != nil || !slices.Contains(schemes, u.Scheme) { // what the parser says has the URL in it, and that may have a secret in it
		return nil, wrong("url", "want a whole URL that begins with %s:", strings.Join(schemes, ": or "))
	}
	return u, nil
}

// host is that of a URL whose host is a must, with a port.
func host(u *url.URL, port string) (string, error) {
	name := u.Hostname()
	if name == "" || u.Opaque != "" {
		return "", wrong("url", "has no host")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return joined(name, port), nil
}

// web is where a webhook is.
func (c *Channel) web() (*url.URL, error) {
	u, err := c.parsed("https", "http")
	if err != nil {
		return nil, err
	}
	if _, err := host(u, "443"); err != nil {
		return nil, err
	}
	if u.User != nil {
		return nil, wrong("url", "has a user name or a password in it: a webhook is signed instead")
	}
	u.Fragment = ""
	return u, nil
}

// key is what a secret of Standard Webhooks signs with.
func key(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	b, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(b) < leastKey || len(b) > mostKey {
		return nil, wrong("secret", "want whsec_ and %d to %d bytes in base64", leastKey, mostKey)
	}
	return b, nil
}

// post is how a channel's mail goes out.
type post struct {
	server string // host and port; empty: that of the flags
	tls    tlsUse
	user   string
	from   string // empty: that of the flags
	to     []string
}

type tlsUse uint8

const (
	startTLS  tlsUse = iota // or nothing is sent
	tlsAtOnce               // as on port 465
	noTLS                   // said in so many words
)

// mail reads mailto:a@x,b@y, which goes by the server of the flags, or smtp://user@server:port/?from=…&to=… (smtps: TLS from the first
// byte; tls=none: none).
func (c *Channel) mail() (p post, err error) {
	u, err := c.parsed("mailto", "smtp", "smtps")
	if err != nil {
		return p, err
	}
	if u.Scheme == "mailto" {
		if c.Secret != "" {
			return p, wrong("secret", "is that of the mail server, which the flags name: leave it out")
		}
		if u.RawQuery != "" {
			return p, wrong("url", "want addresses alone behind mailto:")
		}
		to, err := url.PathUnescape(u.Opaque)
		if err != nil {
			return p, wrong("url", "want addresses behind mailto:")
		}
		p.to, err = addresses(to)
		return p, err
	}
	if p, err = smtp(u); err != nil {
		return p, err
	}
	if p.from == "" || len(p.to) == 0 {
		return p, wrong("url", "want smtp://server/?from=signet@corp.example&to=team@corp.example")
	}
	if (p.user == "") != (c.Secret == "") {
		return p, wrong("secret", "is the password of the user in the URL: want both or none")
	}
	return p, nil
}

// smtp reads the URL of a mail server.
func smtp(u *url.URL) (p post, err error) {
	port := "587"
	if u.Scheme == "smtps" {
		p.tls, port = tlsAtOnce, "465"
	}
	if p.server, err = host(u, port); err != nil {
		return p, err
	}
	for name, values := range u.Query() {
		v := values[0]
		switch {
		case len(values) > 1:
			return p, wrong("url", "has %.20q twice", name)
		case name == "from":
			var list []string
			if list, err = addresses(v); err == nil && len(list) == 1 {
				p.from = list[0]
			} else if err == nil {
				err = wrong("url", "want one address behind from=")
			}
		case name == "to":
			p.to, err = addresses(v)
		case name == "tls" && v == "none" && u.Scheme == "smtp":
			p.tls = noTLS
		default:
			err = wrong("url", "has a part that is not known: want from=, to= and tls=none")
		}
		if err != nil {
			return p, err
		}
	}
	if u.Path != "" && u.Path != "/" {
		return p, wrong("url", "has a path, and a mail server has none")
	}
	if u.User != nil {
		p.user = u.User.Username()
		if _, has := u.User.Password(); has {
			return p, wrong("url", "has a password in it: it is the secret")
		}
		if p.tls == noTLS {
			return p, wrong("url", "would send a password in the clear: leave out tls=none or the user")
		}
	}
	return p, nil
}

// ParseRelay reads the URL of a mail server that a flag names: smtp://user@server:port/?from=address, as in a channel, but without to=. The
// error is a *FieldError.
func ParseRelay(text, password string) (*Relay, error) {
	c := Channel{URL: text}
	u, err := c.parsed("smtp", "smtps")
	if err != nil {
		return nil, err
	}
	p, err := smtp(u)
	switch {
	case err != nil:
		return nil, err
	case p.from == "" || len(p.to) > 0:
		return nil, wrong("url", "want smtp://server/?from=signet@corp.example")
	case (p.user == "") != (password == ""):
		return nil, wrong("secret", "is the password of the user in the URL: want both or none")
	}
	return &Relay{Server: p.server, From: p.from, User: p.user, Password: password, AtOnce: p.tls == tlsAtOnce, Plain: p.tls == noTLS}, nil
}

// addresses reads a list of mail addresses, bare.
func addresses(s string) ([]string, error) {
	list, err := mail.ParseAddressList(s)
	if err != nil || len(list) > mostTo {
		return nil, wrong("url", "want one to %d mail addresses with commas between", mostTo)
	}
	var out []string
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out, nil
}

// syslog reads syslog://host:514, TCP, or syslogs://host:6514, TLS; tcp:// and tls:// are other words for them.
func (c *Channel) syslog() (at struct {
	server string
	tls    bool
}, err error) {
	u, err := c.parsed("syslog", "syslogs", "tcp", "tls")
	if err != nil {
		return at, err
	}
	if c.Secret != "" {
		return at, wrong("secret", "syslog has none: leave it out")
	}
	if u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return at, wrong("url", "want syslog://host:514 or syslogs://host:6514")
	}
	port := "514"
	if at.tls = u.Scheme == "syslogs" || u.Scheme == "tls"; at.tls {
		port = "6514"
	}
	at.server, err = host(u, port)
	return at, err
}
