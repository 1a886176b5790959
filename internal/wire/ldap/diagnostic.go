package ldap

import (
	"strconv"
	"strings"
)

// Numbers found in the diagnostic text of AD and Samba: SSPI HRESULTs and Win32 codes ([MS-ERREF] §2.1, §2.2).
const (
	SecBadBindings         uint32 = 0x80090346 // the channel binding sent, or left out, was refused
	SecLogonDenied         uint32 = 0x8009030c
	SecInvalidToken        uint32 = 0x80090308
	SecUnsupportedFunction uint32 = 0x80090302 // what AD answers where NTLM is off
	ErrIntegrityRequired   uint32 = 0x2028     // ERROR_DS_STRONG_AUTH_REQUIRED
	ErrLogonFailure        uint32 = 0x52e
	ErrNoSuchUser          uint32 = 0x525
	ErrInvalidLogonHours   uint32 = 0x530
	ErrInvalidWorkstation  uint32 = 0x531
	ErrPasswordExpired     uint32 = 0x532
	ErrAccountDisabled     uint32 = 0x533
	ErrAccountExpired      uint32 = 0x701
	ErrPasswordMustChange  uint32 = 0x773
	ErrAccountLocked       uint32 = 0x775
)

// Reason is what the numbers of a diagnostic text say.
type Reason uint8

// ReasonNone, the zero value, means that the text holds no number that we know.
const (
	ReasonNone Reason = iota
	ReasonBadBindings
	ReasonLogonFailure
	ReasonNoSuchUser
	ReasonAccountRestricted // disabled, locked, expired or restricted: the account exists
	ReasonNTLMUnsupported
	ReasonIntegrityRequired
	ReasonInvalidToken
)

// String returns a short English name.
func (r Reason) String() string {
	switch r {
	case ReasonBadBindings:
		return "bad channel bindings"
	case ReasonLogonFailure:
		return "logon failure"
	case ReasonNoSuchUser:
		return "no such user"
	case ReasonAccountRestricted:
		return "account restricted"
	case ReasonNTLMUnsupported:
		return "function not supported"
	case ReasonIntegrityRequired:
		return "integrity required"
	case ReasonInvalidToken:
		return "invalid token"
	}
	return "none"
}

// Diagnostic holds the two numbers of an AD diagnostic text: the eight hex digits before the first colon, and the hex
// digits after "data ". HasPrefix and HasData tell a number of zero from none.
type Diagnostic struct {
	Prefix, Data       uint32
	HasPrefix, HasData bool
}

// ParseDiagnostic finds the numbers in text, in time linear in its length. The words between them are localised and are not
// read. AD ends its text with a NUL, which is harmless here.
func ParseDiagnostic(text string) Diagnostic {
	var d Diagnostic
	if len(text) > 8 && text[8] == ':' {
		d.Prefix, d.HasPrefix = hexNumber(text[:8])
	}
	if at := strings.LastIndex(text, "data "); at >= 0 {
		rest := text[at+len("data "):]
		if end := strings.IndexAny(rest, ", \x00"); end >= 0 {
			rest = rest[:end]
		}
		d.Data, d.HasData = hexNumber(rest)
	}
	return d
}

func hexNumber(s string) (uint32, bool) {
	if s == "" || len(s) > 8 {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 16, 32)
	return uint32(v), err == nil
}

// Reason reads the numbers. A bad binding is looked for in both places, because Samba writes 80090346 as the prefix
// and Windows as the data; otherwise data, the finer of the two, wins.
func (d Diagnostic) Reason() Reason {
	if d.HasPrefix && d.Prefix == SecBadBindings || d.HasData && d.Data == SecBadBindings {
		return ReasonBadBindings
	}
	if d.HasData {
		if r := reasonOf(d.Data); r != ReasonNone {
			return r
		}
	}
	if d.HasPrefix {
		return reasonOf(d.Prefix)
	}
	return ReasonNone
}

func reasonOf(code uint32) Reason {
	switch code {
	case ErrLogonFailure, SecLogonDenied:
		return ReasonLogonFailure
	case ErrNoSuchUser:
		return ReasonNoSuchUser
	case ErrInvalidLogonHours, ErrInvalidWorkstation, ErrPasswordExpired, ErrAccountDisabled, ErrAccountExpired,
		ErrPasswordMustChange, ErrAccountLocked:
		return ReasonAccountRestricted
	case SecUnsupportedFunction:
		return ReasonNTLMUnsupported
	case ErrIntegrityRequired:
		return ReasonIntegrityRequired
	case SecInvalidToken:
		return ReasonInvalidToken
	}
	return ReasonNone
}
