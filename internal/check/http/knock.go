package http

import (
	"errors"

	"signet/internal/check"
	"signet/internal/wire/http1"
)

// mode says how the endpoint is spoken to.
type mode uint8

const (
	unsettled mode = iota
	overPlain
	overTLS
	hopeless
)

// hint is what the answer to a plain request says of TLS on the port that it came from.
type hint uint8

const (
	noHint hint = iota
	mayBe       // it asks for TLS, perhaps elsewhere: worth one handshake
	leads       // it sends a browser to https on this very port
	wants       // it says that this port speaks TLS
)

// hints reads that from an answer.
func (iv *interview) hints(r *http1.Response) hint {
	port := iv.subject.Endpoint.Port
	switch {
	case http1.WantsTLS(r):
		return wants
	case http1.PointsTo(r, port):
		return leads
	case http1.SaysTLS(r):
		return mayBe
	}
	to, ok := iv.resolve(iv.pages[0], sendsOn(r))
	if ok && to.secure && to.port == port && (!isAddress(to.host) || sameHost(iv.subject.Endpoint, to.host)) {
		return leads
	}
	return noHint
}

// tls10 is crypto/tls.VersionTLS10, for servers that cannot read a newer client's hello.
const tls10 = 0x0301

// knock finds out how the endpoint is spoken to: on ports that are known for TLS by a handshake first, elsewhere by a
// plain request first, and the other way if that fails or its answer asks for it.
func (iv *interview) knock() (check.Attempt, bool) {
	switch {
	case iv.subject.Options.Quick && (iv.tried.plain || iv.tried.tls): // one connection, whatever it showed
	case tlsPort(iv.subject.Endpoint.Port) && !iv.tried.tls, iv.tried.plain && !iv.tried.tls:
		iv.tried.tls = true
		return iv.knockTLS(""), true
	case iv.tried.tls && !iv.tried.old && errors.Is(iv.tlsEnd.Err, check.ErrTLSClosed):
		iv.tried.old = true
		return iv.knockTLS(" TLS 1.0"), true
	case !iv.tried.plain:
		iv.tried.plain = true
		a := iv.pagesAttempt()
		iv.talk.stop = func(_ ask, r *http1.Response) bool { return iv.hints(r) != noHint }
		return a, true
	case iv.hint != noHint && iv.plainly():
		return iv.Next(check.End{})
	}
	iv.mode = hopeless
	return check.Attempt{}, false
}

func (iv *interview) knockTLS(how string) check.Attempt {
	a := iv.pagesAttempt()
	a.TLS = iv.handshake()
	iv.talk.secure = true
	iv.talk.host = hostField(iv.subject.Endpoint, true)
	a.Note = iv.talk.note() + how
	return a
}

// plainly settles for plain HTTP after a handshake failed, and says whether it can: not on a port that says itself that
// it speaks TLS. Where TLS is spoken there or led to, its failure is the news, and what answers in plain text hides it.
func (iv *interview) plainly() bool {
	if iv.hint == wants && !check.NotTLS(iv.tlsEnd.Err) {
		return false
	}
	iv.mode = overPlain
	if check.SpeaksTLS(iv.tlsEnd.Err) || iv.hint == leads && !check.NotTLS(iv.tlsEnd.Err) {
		iv.hidden = "the TLS handshake failed: " + check.TLSFailure(iv.tlsEnd.Err)
	}
	return true
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

// settle decides how the endpoint is spoken to; false means that the last talk decided nothing.
func (iv *interview) settle(end check.End, answers []*http1.Response) bool {
	secure := iv.talk.secure
	switch {
	case len(answers) > 0 && secure:
		iv.mode = overTLS
		return true
	case len(answers) > 0:
		iv.hint = iv.hints(answers[0])
		iv.bareEnd = end
		switch {
		case iv.hint != noHint && !iv.tried.tls && !iv.subject.Options.Quick:
			return false // TLS next
		case iv.tried.tls:
			return iv.plainly()
		}
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
