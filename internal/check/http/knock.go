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

// tls10 is crypto/tls.VersionTLS10, for servers that cannot read a newer client's hello.
const tls10 = 0x0301

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
