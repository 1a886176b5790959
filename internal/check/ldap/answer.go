package ldap

import (
	"fmt"

	wire "signet/internal/wire/ldap"
)

// answer is what a bind's answer says. The zero value says nothing.
type answer uint8

const (
	answerNone         answer = iota // none came, or one that says nothing
	answerAccepted                   // 0
	answerStronger                   // 8 to a logon: refused for want of signing
	answerTLSFirst                   // 13: refused for want of TLS
	answerBadBindings                // 49 with 80090346: refused for its channel binding
	answerLogonFailure               // 49 with data 52e: the password was looked at
	answerRefused                    // 49 with anything else
	answerNotOffered                 // NTLM is refused as a mechanism
)

// answer reads the answer to b; a nil bind was never put.
func (b *Bind) answer() answer {
	if b == nil || b.Code == nil {
		return answerNone
	}
	d := wire.ParseDiagnostic(b.Text)
	switch *b.Code {
	case wire.StrongerAuthRequired:
		// Before any challenge it need not be about signing: some directories answer so to whatever binds.
		if b.Challenge || b.Question == askSimple {
			return answerStronger
		}
	case wire.ConfidentialityNeeded:
		return answerTLSFirst
	case wire.AuthMethodNotSupported, wire.InappropriateAuth:
		if !b.Challenge {
			return answerNotOffered
		}
	case wire.SaslBindInProgress:
		// A server that goes on without a challenge has refused nothing, unless SPNEGO says so.
		if !b.Challenge && b.Negotiation == rejected {
			return answerNotOffered
		}
	case wire.Success:
		if b.Challenge || b.Question == askSimple {
			return answerAccepted
		}
	case wire.InvalidCredentials:
		switch {
		case !b.Challenge: // no password and no binding was there to be looked at
		case d.Reason() == wire.ReasonBadBindings:
			return answerBadBindings
		case d.HasData && d.Data == wire.ErrLogonFailure:
			return answerLogonFailure
		}
		return answerRefused
	}
	return answerNone
}

// settles tells whether an anonymous bind over TLS was refused for want of a binding or of signing: then no unbound
// NTLM gets through, and a logon that fails has nothing left to decide. Samba before 4.21 refuses for want of signing and
// yet answers an unknown user as if no binding were looked at, so a decoy would mislead there.
func (b *Bind) settles() bool {
	a := b.answer()
	return a == answerBadBindings || a == answerStronger
}

// said words an answer with its evidence.
func (b *Bind) said() string {
	if b.Code == nil {
		if b.Error != "" {
			return b.Error
		}
		return "no answer"
	}
	s := fmt.Sprintf("result %d, %s", *b.Code, *b.Code)
	d := wire.ParseDiagnostic(b.Text)
	if d.HasPrefix {
		s += fmt.Sprintf(", %08x", d.Prefix)
	}
	if d.HasData {
		s += fmt.Sprintf(", data %x", d.Data)
	}
	switch b.Negotiation {
	case ntlmSelected:
		s += ", NTLM selected"
	case otherSelected:
		s += ", another mechanism selected"
	case rejected:
		s += ", rejected by SPNEGO"
	case cutChallenge:
		s += ", a challenge that is cut short"
	}
	return s
}
