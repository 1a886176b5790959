package ntlmssp

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Logon is what an NTLMv2 AUTHENTICATE says beside its challenge. The caller passes everything random and the
// time in, so that the same input gives the same bytes.
type Logon struct {
	User, Domain, Workstation string

	// Key takes the place of the user's NT hash. For a user that cannot exist it is 16 random bytes: no password
	// is behind it, hence none is tried.
	Key [16]byte

	ClientChallenge [8]byte

	// Time counts only where the challenge carries no timestamp of its own.
	Time time.Time

	// Bindings is the value of MsvAvChannelBindings. Nil leaves the pair out, as a client without Extended
	// Protection does; 16 zero bytes are what Windows sends over a connection without TLS.
	Bindings *[16]byte

	// TargetName is the value of MsvAvTargetName, as in "ldap/dc1.example.com". Empty leaves the pair out.
	TargetName string
}

// authenticateMax bounds each variable part of what we send, far below the 16-bit length fields.
const authenticateMax = 0x4000

// Authenticate answers a challenge with an NTLMv2 AUTHENTICATE ([MS-NLMP] §2.2.1.3, §3.1.5.1.2, §3.3.2) that
// carries a MIC and asks for neither signing nor sealing. The MIC covers all three messages, so negotiate and
// challenge are the exact bytes that went over the wire, without what wrapped them.
//
// It fails on a malformed challenge, on one that is not in Unicode, which is all that Negotiate offers, and on
// names too long for the message.
func Authenticate(negotiate, challenge []byte, l Logon) ([]byte, error) {
	if Type(negotiate) != TypeNegotiate {
		return nil, errors.New("ntlmssp: the first message is not a negotiate")
	}
	c, err := parseChallenge(challenge)
	if err != nil {
		return nil, err
	}
	if c.Flags&FlagUnicode == 0 {
		return nil, fmt.Errorf("ntlmssp: challenge with flags 0x%08x, want Unicode", uint32(c.Flags))
	}
	if l.User == "" {
		return nil, errors.New("ntlmssp: a logon without a user's name")
	}
	temp := ntlmv2Temp(c.clientPairs(l), c.filetime(l.Time), l.ClientChallenge)
	domain, user, workstation := encodeUTF16(l.Domain), encodeUTF16(l.User), encodeUTF16(l.Workstation)
	for _, part := range [][]byte{domain, user, workstation, temp} {
		if len(part) > authenticateMax {
			return nil, fmt.Errorf("ntlmssp: a part of %d bytes in an authenticate", len(part))
		}
	}
	key := ntowfv2(l.Key, l.User, l.Domain)
	proof := hmacMD5(key, c.nonce[:], temp)
	sessionKey := hmacMD5(key, proof)
	// With TargetInfo in the challenge the LM response is 24 zero bytes (§3.1.5.1.2).
	b := appendAuthenticate(c.Flags, domain, user, workstation, make([]byte, 24), append(proof, temp...))
	copy(b[micAt:], hmacMD5(sessionKey, negotiate, challenge, b))
	return b, nil
}

const (
	micAt           = 72
	authenticateLen = micAt + 16 // the header with Version and MIC
)

// appendAuthenticate lays the message out with an empty MIC, in the order in which Windows lays out its payload.
func appendAuthenticate(server Flags, domain, user, workstation, lm, nt []byte) []byte {
	// What the server may deny us is what it did not answer; the rest we cannot do without.
	flags := offered & (server | FlagUnicode | FlagRequestTarget | FlagNTLM | FlagVersion)
	b := make([]byte, authenticateLen, authenticateLen+len(domain)+len(user)+len(workstation)+len(lm)+len(nt))
	copy(b, signature)
	binary.LittleEndian.PutUint32(b[8:], uint32(TypeAuthenticate))
	for _, p := range []struct {
		at    int
		value []byte
	}{{28, domain}, {36, user}, {44, workstation}, {12, lm}, {20, nt}, {52, nil}} {
		binary.LittleEndian.PutUint16(b[p.at:], uint16(len(p.value)))
		binary.LittleEndian.PutUint16(b[p.at+2:], uint16(len(p.value)))
		binary.LittleEndian.PutUint32(b[p.at+4:], uint32(len(b)))
		b = append(b, p.value...)
	}
	binary.LittleEndian.PutUint32(b[60:], uint32(flags))
	copy(b[64:], ourVersion)
	return b
}

// clientPairs returns the server's pairs with ours added: the promise of a MIC, then bindings and target name.
func (c parsedChallenge) clientPairs(l Logon) []byte {
	var b []byte
	for _, p := range c.pairs {
		switch p.id {
		case avFlags, avTargetName, avChannelBindings: // these are the client's to say
		default:
			b = appendAV(b, p.id, p.value)
		}
	}
	b = appendAV(b, avFlags, binary.LittleEndian.AppendUint32(nil, c.AVFlags|avFlagMIC))
	if l.Bindings != nil {
		b = appendAV(b, avChannelBindings, l.Bindings[:])
	}
	if l.TargetName != "" {
		b = appendAV(b, avTargetName, encodeUTF16(l.TargetName))
	}
	return appendAV(b, avEOL, nil)
}

// filetime is the time that the response states: the server's own where it gave one, bit for bit.
func (c parsedChallenge) filetime(t time.Time) uint64 {
	if v, _ := findAV(c.pairs, avTimestamp); len(v) == 8 {
		return binary.LittleEndian.Uint64(v)
	}
	return toFiletime(t)
}

// ntlmv2Temp is the NTLMv2_CLIENT_CHALLENGE of [MS-NLMP] §2.2.2.7, "temp" in §3.3.2.
func ntlmv2Temp(pairs []byte, filetime uint64, client [8]byte) []byte {
	b := []byte{1, 1, 0, 0, 0, 0, 0, 0}
	b = binary.LittleEndian.AppendUint64(b, filetime)
	b = append(b, client[:]...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, pairs...)
	return append(b, 0, 0, 0, 0)
}

// ntowfv2 is NTOWFv2 of [MS-NLMP] §3.3.2, from the NT hash on.
func ntowfv2(ntHash [16]byte, user, domain string) []byte {
	return hmacMD5(ntHash[:], encodeUTF16(strings.ToUpper(user)+domain))
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
