package http

import (
	"errors"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/http1"
)

// limits of one answer: heads as http1 has them by default, and bodies short enough that a batch of requests stays
// within what one connection may send.
func limits() http1.Limits { return http1.Limits{Head: 96 << 10, Body: 24 << 10, Keep: 16 << 10} }

// batch is how many requests one connection carries at most.
const batch = 10

// ask is one request.
type ask struct {
	row     row
	proof   proof  // NTLM exchange, or none
	proxy   bool   // it is a proxy that wants the logon
	host    string // of another site than the talk's; "": the talk's
	cookies string
}

// conversation asks several things in turn on one connection, for as long as the server keeps it.
type conversation struct {
	asks   []ask
	host   string                          // Host field
	secure bool                            // the connection is a TLS one
	stop   func(ask, *http1.Response) bool // an answer after which nothing more is asked here; nil: none is

	at      int // the ask under way
	reader  *http1.Reader
	begun   bool              // the server has said something
	answers []*http1.Response // of asks, in order; shorter when the connection ended early
	tls     *signet.TLS
	send    []byte
	sent    int // requests
}

// Secured notes what the handshake showed.
func (t *conversation) Secured(s check.TLSState) {
	facts := s.Facts
	t.tls = &facts
}

// Next sends one request, reads its answer, and so on.
func (t *conversation) Next(in []byte, eof bool) (check.Step, error) {
	if t.reader == nil {
		return t.request()
	}
	if !t.begun && !eof && len(in) < 5 && len(in) > 0 && (in[0] == 0x15 || in[0] == 0x16) {
		return check.Step{Need: 5}, nil // a TLS record takes five bytes to be known
	}
	t.begun = true
	n, err := t.reader.Feed(in)
	if err == nil && eof && !t.reader.Done() {
		err = t.reader.Close(true)
		if errors.Is(err, http1.ErrShort) {
			return check.Step{Consumed: n}, nil // the peer closed part-way: the driver says so
		}
	}
	if err != nil {
		return check.Step{}, t.refused(in, err)
	}
	if !t.reader.Done() {
		return check.Step{Consumed: n}, nil
	}
	r := t.reader.Response()
	t.answers = append(t.answers, r)
	t.at++
	if t.at == len(t.asks) || !r.KeepAlive || n < len(in) || eof || t.stop != nil && t.stop(t.asks[t.at-1], r) {
		return check.Step{Consumed: len(in), Done: true}, nil
	}
	step, err := t.request()
	step.Consumed = n
	return step, err
}

// refused words an answer that cannot be read: foreign where it is no HTTP at all.
func (t *conversation) refused(in []byte, err error) error {
	if !errors.Is(err, http1.ErrNotHTTP) {
		return err
	}
	if name := http1.Sniff(in); name != "" {
		return check.Foreign(name)
	}
	text := err.Error()
	if _, what, ok := strings.Cut(text, ": not an HTTP/1 response: "); ok {
		text = what
	}
	return check.Foreign("no HTTP: " + text)
}

func (t *conversation) request() (check.Step, error) {
	a := t.asks[t.at]
	r := http1.Request{Method: a.row.method, Target: a.row.path, Host: t.host, Cookie: a.cookies}
	if a.host != "" {
		r.Host = a.host
	}
	if rest, ok := strings.CutPrefix(r.Target, "http://"); ok {
		r.Host, _, _ = strings.Cut(rest, "/")
	}
	if a.proxy {
		r.ProxyAuthorization = a.proof.authorization()
	} else {
		r.Authorization = a.proof.authorization()
	}
	send, err := http1.AppendRequest(t.send[:0], r)
	if err != nil {
		return check.Step{}, err
	}
	t.sent++
	t.send, t.reader = send, http1.NewReader(r.Method, limits())
	return check.Step{Send: send}, nil
}

// partial returns the answer that was under way when the connection ended, if its head had come: all that is asked
// stands there.
func (t *conversation) partial() *http1.Response {
	if t.reader == nil || t.at >= len(t.asks) || !t.reader.HeadDone() || t.reader.Done() {
		return nil
	}
	if t.reader.Close(false) != nil {
		return nil
	}
	return t.reader.Response()
}

// note names an attempt in transcripts and errors: "https GET /certsrv/ NTLM".
func (t *conversation) note() string {
	s := "http "
	if t.secure {
		s = "https "
	}
	a := t.asks[0]
	s += a.row.method + " " + a.row.path
	if w := a.proof.String(); w != "" {
		s += " " + w
	}
	if a.host != "" {
		s += " of " + a.host
	}
	if len(t.asks) > 1 && a.proof == plain {
		s += " and on"
	}
	return s
}
