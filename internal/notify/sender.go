package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"signet/internal/reach"
)

// Sender sends messages. Its fields are set once, before it is used; its methods may be called from any goroutine.
type Sender struct {
	Roots   *x509.CertPool   // nil: those of the system
	Own     []netip.AddrPort // where this server listens: no channel leads there
	Relay   *Relay           // the mail server of the flags; nil: none
	Host    string           // how this machine calls itself, to mail servers and in syslog; empty: signet
	Version string           // of the program
	Now     func() time.Time // nil: time.Now

	near     bool          // this machine may be reached: of tests, whose servers run on it
	resolver *net.Resolver // of tests; nil: that of the system
}

// Relay is the mail server that the flags name.
type Relay struct {
	Server         string // host and port
	From           string // an address
	User, Password string
	AtOnce         bool // TLS from the first byte
	Plain          bool // no TLS, said in so many words
}

// Result is how sending went. It has nothing of what the other side said but its code.
type Result struct {
	Status string        // "204", "250", "sent", or why it failed, in one line
	Took   time.Duration // until then
	After  time.Duration // the other side asked to be left alone for so long
}

// wholeTime bounds the sending of one message.
const wholeTime = 30 * time.Second

var errNoRelay = errors.New("no mail server is named: start with --smtp, or give the channel one of its own (smtp://…)")

// Send sends a message. err is nil where the other side took it; the result's Status says why it did not.
func (s *Sender) Send(ctx context.Context, c Channel, m *Message) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, wholeTime+patience(m))
	defer cancel()
	began := s.now()
	r, err := s.send(ctx, &c, m)
	r.Took = s.now().Sub(began)
	if err != nil {
		r.Status = reason(err)
	}
	return r, err
}

// patience is what a message may take besides for its files, at 64 KiB a second.
func patience(m *Message) (long time.Duration) {
	for i := range m.Files {
		long += time.Duration(len(m.Files[i].Body)) * time.Second / (64 << 10) * 4 / 3 // as base64 writes them
	}
	return long
}

func (s *Sender) send(ctx context.Context, c *Channel, m *Message) (Result, error) {
	if err := c.check(s.near); err != nil {
		return Result{}, err
	}
	switch c.Kind {
	case "webhook", "slack":
		return s.post(ctx, c, m)
	case "mail":
		return s.mail(ctx, c, m)
	}
	return s.syslog(ctx, c, m)
}

func (s *Sender) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Sender) host() string {
	if s.Host == "" {
		return "signet"
	}
	return s.Host
}

const mostReason = 200

// reason is an error in one line, without what the other side may have written into it beyond its code.
func reason(err error) string {
	var dns *net.DNSError
	var refused *refusal
	var out *reach.Out
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time"
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &out):
		return cut(out.Error())
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name is not known"
	}
	return cut(err.Error())
}

func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	if len(s) > mostReason {
		s = s[:mostReason]
	}
	return s
}

// refusal is the other side's answer that it did not take the message.
type refusal struct{ said string }

func (r *refusal) Error() string { return r.said }
