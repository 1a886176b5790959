package ntlmssp

import (
	"encoding/binary"
	"fmt"
)

// ResponseKind says with which response a client answered a challenge.
type ResponseKind uint8

// The kinds of response ([MS-NLMP] §2.2.2.3 to §2.2.2.8), told apart by their sizes.
const (
	ResponseUnknown   ResponseKind = iota // none of the sizes below
	ResponseAnonymous                     // no user, no response
	ResponseLM                            // only an LM (or LMv2, which looks the same) response
	ResponseNTLMv1
	ResponseNTLMv1Session // NTLMv1 with extended session security, "NTLM2 session"
	ResponseNTLMv2
)

// String names the kind in lower case.
func (k ResponseKind) String() string {
	switch k {
	case ResponseAnonymous:
		return "anonymous"
	case ResponseLM:
		return "lm"
	case ResponseNTLMv1:
		return "ntlmv1"
	case ResponseNTLMv1Session:
		return "ntlmv1-session"
	case ResponseNTLMv2:
		return "ntlmv2"
	}
	return "unknown"
}

// BindingKind says what a client put into MsvAvChannelBindings.
type BindingKind uint8

// The states of MsvAvChannelBindings in an AUTHENTICATE.
const (
	BindingUnknown BindingKind = iota // no NTLMv2 response, hence no place for one
	BindingAbsent                     // no such pair: a client without Extended Protection
	BindingEmpty                      // a pair without a value, or of another size than 16 bytes
	BindingZero                       // 16 zero bytes: Windows, on a channel without TLS
	BindingPresent                    // bound to a channel
)

// String names the kind in lower case.
func (k BindingKind) String() string {
	switch k {
	case BindingAbsent:
		return "absent"
	case BindingEmpty:
		return "empty"
	case BindingZero:
		return "zero"
	case BindingPresent:
		return "present"
	}
	return "unknown"
}

// AuthenticateNames is the outline of an AUTHENTICATE that a client sent: who it claimed to be and which
// protections it asked for. Responses, proofs, keys and MIC are read only for their size or presence; no field
// here can hold them.
type AuthenticateNames struct {
	User, Domain, Workstation string
	TargetName                string // MsvAvTargetName, the service the client believed to talk to
	Flags                     Flags
	Version                   Version // of the client; zero if absent
	Response                  ResponseKind
	Bindings                  BindingKind
	MIC                       bool // the client's pairs promise a MIC and the header has room for it
}

// Sign tells whether the client agreed to sign the session, which the relaying of an SMB client turns on.
func (a AuthenticateNames) Sign() bool { return a.Flags&FlagSign != 0 }

// ParseAuthenticateNames reads the outline of the AUTHENTICATE ([MS-NLMP] §2.2.1.3) that b starts with. A message
// of the oldest form, whose payload begins before the flags, is an error. Nothing of the result points into b, and
// on error it is zero.
func ParseAuthenticateNames(b []byte) (AuthenticateNames, error) {
	if Type(b) != TypeAuthenticate {
		return AuthenticateNames{}, fmt.Errorf("ntlmssp: no authenticate message in %d bytes", len(b))
	}
	if len(b) < 64 {
		return AuthenticateNames{}, ErrShort
	}
	lm, nt := readField(b, 12), readField(b, 20)
	domain, user, workstation := readField(b, 28), readField(b, 36), readField(b, 44)
	start := payloadStart(b, lm, nt, domain, user, workstation, readField(b, 52))
	if start < 64 {
		return AuthenticateNames{}, fmt.Errorf("ntlmssp: authenticate payload at %d, before the flags", start)
	}
	a := AuthenticateNames{Flags: Flags(binary.LittleEndian.Uint32(b[60:]))}
	for _, n := range []struct {
		name string
		f    field
		to   *string
	}{{"domain", domain, &a.Domain}, {"user", user, &a.User}, {"workstation", workstation, &a.Workstation}} {
		v, err := n.f.cut(b, n.name)
		if err != nil {
			return AuthenticateNames{}, err
		}
		var ok bool
		if *n.to, ok = decodeText(v, a.Flags); !ok {
			return AuthenticateNames{}, fmt.Errorf("ntlmssp: %s of %d bytes in UTF-16", n.name, len(v))
		}
	}
	if a.Flags&FlagVersion != 0 && start >= micAt {
		a.Version = readVersion(b[64:])
	}
	if err := a.readResponses(b, lm, nt, start); err != nil {
		return AuthenticateNames{}, err
	}
	return a, nil
}

// readResponses tells the kind of response from the sizes of both and reads the pairs of an NTLMv2 response.
func (a *AuthenticateNames) readResponses(b []byte, lm, nt field, start int) error {
	l, err := lm.cut(b, "lm response")
	if err != nil {
		return err
	}
	n, err := nt.cut(b, "nt response")
	if err != nil {
		return err
	}
	switch {
	case len(n) == 0 && len(l) <= 1 && a.User == "":
		a.Response = ResponseAnonymous
	case len(n) == 0 && len(l) == 24:
		a.Response = ResponseLM
	case len(n) == 24 && a.Flags&FlagExtendedSecurity != 0:
		a.Response = ResponseNTLMv1Session
	case len(n) == 24:
		a.Response = ResponseNTLMv1
	case len(n) >= ntlmv2Pairs && n[16] == 1 && n[17] == 1:
		a.Response = ResponseNTLMv2
		return a.readPairs(n[ntlmv2Pairs:], start)
	}
	return nil
}

// ntlmv2Pairs is where the pairs begin in an NTLMv2 response: after the proof and the fixed part of "temp".
const ntlmv2Pairs = 16 + 28

func (a *AuthenticateNames) readPairs(b []byte, start int) error {
	pairs, err := readAVPairs(b)
	if err != nil {
		return err
	}
	flags, _ := findAV(pairs, avFlags)
	a.MIC = avUint32(flags)&avFlagMIC != 0 && start >= authenticateLen
	name, _ := findAV(pairs, avTargetName)
	var ok bool
	if a.TargetName, ok = decodeUTF16(name); !ok {
		return fmt.Errorf("ntlmssp: av pair %d of %d bytes in UTF-16", avTargetName, len(name))
	}
	value, found := findAV(pairs, avChannelBindings)
	switch {
	case !found:
		a.Bindings = BindingAbsent
	case len(value) != 16:
		a.Bindings = BindingEmpty
	case [16]byte(value) == [16]byte{}:
		a.Bindings = BindingZero
	default:
		a.Bindings = BindingPresent
	}
	return nil
}
