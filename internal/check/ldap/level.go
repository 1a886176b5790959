package ldap

import (
	"strings"

	"signet"
	wire "signet/internal/wire/ldap"
)

// readLevels derives the levels from the answers, and nothing else.
func (f *Facts) readLevels() {
	f.Signing, f.ChannelBinding = f.signing(), f.channelBinding()
}

// signing is decided where there is no TLS. Inside TLS only a refusal for want of signing tells something: AD asks
// for no signing there, whatever its policy.
func (f *Facts) signing() signet.Level {
	b := f.bind(overPlain, askAnonymous)
	if b == nil {
		b = f.bind(overPlain, askOverheard)
	}
	switch b.answer() {
	case answerAccepted:
		return signet.Optional // never off: a client that wants signing gets it
	case answerStronger:
		return signet.Required
	}
	if f.simpleRefused() != nil || f.bind(overLDAPS, askAnonymous).answer() == answerStronger {
		return signet.Required
	}
	return signet.Unknown
}

// simpleRefused is a simple bind without TLS that met 8 of a directory whose 8 is about signing: AD's, and whoever
// says so in the words of AD (00002028) or Samba. nil: there is none.
func (f *Facts) simpleRefused() *Bind {
	b := f.bind(overPlain, askSimple)
	if b.answer() != answerStronger {
		return nil
	}
	d := wire.ParseDiagnostic(b.Text)
	ofAD := f.Role == roleDC || f.Role == roleRODC || f.Role == roleLDS
	if ofAD || f.samba() || d.HasPrefix && d.Prefix == 0x2028 || strings.HasPrefix(b.Text, "BindSimple: ") {
		return b
	}
	return nil
}

// channelBinding reads the decoys, and of the anonymous bind only the refusal that names the binding.
func (f *Facts) channelBinding() signet.Level {
	over := f.secure()
	if f.bind(over, askAnonymous).answer() == answerBadBindings {
		return signet.Required
	}
	switch f.bind(over, askDecoyWrong).answer() {
	case answerLogonFailure, answerAccepted:
		// Samba before 4.21 looks up the user before it asks for signing, so what an unknown one meets says something only
		// where nobody's unsigned bind was let through.
		if f.samba() && f.bind(over, askAnonymous).answer() != answerAccepted {
			return signet.Unknown
		}
		return signet.Off
	case answerBadBindings:
	default:
		return signet.Unknown
	}
	switch f.bind(over, askDecoyNone).answer() {
	case answerLogonFailure, answerAccepted:
		return signet.Optional
	case answerBadBindings:
		return signet.Required
	}
	return signet.Unknown
}

// secure names the way in that has a channel to bind to.
func (f *Facts) secure() string {
	if f.TLS == overLDAPS {
		return overLDAPS
	}
	return overStartTLS
}
