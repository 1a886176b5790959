package ldap

import (
	"errors"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/ldap"
)

// ask is one connection: over what, with which bind, and whether it is the one that opens the endpoint.
type ask struct {
	over, question string
	opening        bool
	again          bool // repeats an ask that met a passing fault
}

// note names the attempt in transcripts and errors.
func (a ask) note() string {
	s := "ldap "
	switch a.over {
	case overStartTLS:
		s = "ldap starttls "
	case overLDAPS:
		s = "ldaps "
	}
	if a.opening {
		s += "rootdse"
		if a.question != askRoot {
			s += " and "
		}
	}
	switch a.question {
	case askKnock:
		s += "port"
	case askChallenge:
		s += "ntlm challenge"
	case askAnonymous:
		s += "anonymous bind"
	case askDecoyWrong:
		s += "decoy with a wrong binding"
	case askDecoyNone:
		s += "decoy without a binding"
	case askSimple:
		s += "decoy simple bind"
	}
	return s
}

// decoy says that the ask is a logon of a user that cannot exist, and will fail.
func (a ask) decoy() bool {
	return a.question == askDecoyWrong || a.question == askDecoyNone || a.question == askSimple
}

// tlsPort tells the ports on which AD speaks TLS from the first byte.
func tlsPort(port uint16) bool { return port == 636 || port == 3269 }

// plainPort tells the ports on which AD speaks LDAP from the first byte.
func plainPort(port uint16) bool { return port == 389 || port == 3268 }

// following decides what to ask next from what was asked and learned so far.
func (iv *interview) following() (ask, bool) {
	question := askAnonymous
	switch {
	case iv.options.Quick:
		question = askRoot
	case iv.options.Depth < signet.Anonymous:
		question = askChallenge
	}
	if len(iv.asked) == 0 {
		a := ask{over: overPlain, question: question, opening: true}
		if tlsPort(iv.port) {
			a.over = overLDAPS
		}
		return a, true
	}
	if iv.passing() {
		a := iv.last
		a.again = true
		return a, true
	}
	if !iv.spoke {
		a := ask{over: overLDAPS, question: question, opening: true}
		return a, iv.speaksTLS() && !iv.did(overLDAPS, question)
	}
	if iv.options.Quick || iv.opened.Cause == check.Malformed && !hungUp(iv.opened) {
		return ask{}, false
	}
	secure := overLDAPS
	if iv.facts.TLS != overLDAPS {
		secure = overStartTLS
		if iv.fragile() && !iv.did(overLDAPS, askKnock) {
			return ask{over: overLDAPS, question: askKnock}, true
		}
		if !iv.did(overStartTLS, question) && iv.knocked != check.Rejected {
			return ask{over: overStartTLS, question: question}, true
		}
	}
	if iv.options.Depth < signet.Decoy || !iv.facts.tellsBinding() {
		return ask{}, false
	}
	return iv.decoys(secure)
}

// decoys decides on the logons that fail: at most two, and none where the anonymous bind has settled the matter.
func (iv *interview) decoys(secure string) (ask, bool) {
	f := &iv.facts
	if iv.ends[iv.last].Cause == check.Stalled { // a peer that lets us wait for nobody's logon costs as long for a decoy's
		return ask{}, false
	}
	if probe := f.bind(secure, askAnonymous); probe != nil && probe.Challenge && !probe.settles() {
		wrong := ask{over: secure, question: askDecoyWrong}
		if !iv.did(secure, askDecoyWrong) {
			return wrong, true
		}
		none := ask{over: secure, question: askDecoyNone}
		return none, f.bind(secure, askDecoyWrong).answer() == answerBadBindings && !iv.did(secure, askDecoyNone)
	}
	// A second opinion on signing costs a logon, so it is asked only where no binding probe is due, and only where
	// the anonymous bind was refused without a word about signing.
	plain := f.bind(overPlain, askAnonymous)
	if a := plain.answer(); (a == answerRefused || a == answerLogonFailure) && !iv.did(overPlain, askSimple) {
		return ask{over: overPlain, question: askSimple}, true
	}
	return ask{}, false
}

// did tells whether a question was put, whatever came of it.
func (iv *interview) did(over, question string) bool {
	for _, a := range iv.asked {
		if a.over == over && a.question == question {
			return true
		}
	}
	return false
}

// passing tells whether the last attempt met a fault that may be gone on a second connection: the peer closed or
// reset, took its leave, or is busy or unavailable. Logons that fail are never repeated.
func (iv *interview) passing() bool {
	if iv.last.again || iv.last.decoy() {
		return false
	}
	end := iv.ends[iv.last]
	if end.Cause == check.Closed || end.Cause == check.Reset {
		return end.Received > 0 || !iv.speaksTLS()
	}
	if hungUp(end) {
		return true
	}
	if b := iv.facts.bind(overStartTLS, askStartTLS); iv.last.over == overStartTLS && b != nil && b.Code != nil {
		return *b.Code == wire.OperationsError || *b.Code == wire.Busy || *b.Code == wire.Unavailable
	}
	b := iv.facts.bind(iv.last.over, iv.last.question)
	if b == nil || b.Code == nil {
		return false
	}
	switch *b.Code {
	case wire.OperationsError, wire.ProtocolError, wire.Busy, wire.Unavailable, wire.UnwillingToPerform:
		return true
	}
	return false
}

// hungUp tells whether a peer ended the session with a notice of it.
func hungUp(end check.End) bool {
	_, notice := errors.AsType[*noticeError](end.Err)
	return notice
}

// speaksTLS tells whether a peer that was spoken to in plain text may want TLS first: it answered in TLS, or on a
// port of unknown use it hung up without a word.
func (iv *interview) speaksTLS() bool {
	var foreign *check.ForeignError
	if errors.As(iv.opened.Err, &foreign) {
		return foreign.Speaks == "TLS"
	}
	mute := (iv.opened.Cause == check.Closed || iv.opened.Cause == check.Reset) && iv.opened.Received == 0
	return mute && iv.facts.TLS == overPlain && !plainPort(iv.port)
}
