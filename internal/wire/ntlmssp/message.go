package ntlmssp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// signature opens every NTLM message ([MS-NLMP] §2.2.1).
const signature = "NTLMSSP\x00"

// MessageType is the MessageType field of an NTLM message; zero stands for "not an NTLM message".
type MessageType uint32

// The three messages of [MS-NLMP] §2.2.1.
const (
	TypeNegotiate    MessageType = 1
	TypeChallenge    MessageType = 2
	TypeAuthenticate MessageType = 3
)

// ErrShort says that a message ends before its fixed part does.
var ErrShort = errors.New("ntlmssp: message ends inside its header")

// Type sniffs the type of the NTLM message that b starts with: it reads twelve bytes and checks nothing else.
// It is zero when b does not start with one of the three messages.
func Type(b []byte) MessageType {
	if len(b) < 12 || string(b[:8]) != signature {
		return 0
	}
	switch t := MessageType(binary.LittleEndian.Uint32(b[8:])); t {
	case TypeNegotiate, TypeChallenge, TypeAuthenticate:
		return t
	}
	return 0
}

// Find looks for a whole CHALLENGE inside a larger token, whatever wraps it, and returns it from its signature to the
// end that its own fields state. The result points into b.
//
// Whole means what [MS-NLMP] §2.2.1.2 has in every message: signature, type 2, the fixed part with its server
// challenge, which is a nonce and hence not nothing, and payload fields that lie inside b. What is cut off before that, or is no more than a signature, proves
// nothing of whoever sent it and is passed over. A field so far away that no message reaches it is rubbish and not a
// sign of a cut: the NTLM helper of Squid 5 writes 0xaaaaaaae for the place of its domain, and names that cannot be read
// do not unmake a message. ParseChallenge tells of those. Where the wrapping is known and the bytes feed a MIC, take them
// from the wrapping instead: a peer may pad the message beyond its fields.
func Find(b []byte) ([]byte, bool) {
	for {
		i := bytes.Index(b, []byte(signature+"\x02\x00\x00\x00"))
		if i < 0 {
			return nil, false
		}
		b = b[i:]
		if end := challengeEnd(b); end <= len(b) && [8]byte(b[24:challengeMin]) != [8]byte{} {
			return b[:end:end], true
		}
		b = b[len(signature):]
	}
}

// challengeEnd says where the CHALLENGE at the start of b ends by its own account; beyond b where b is cut off.
func challengeEnd(b []byte) int {
	if len(b) < challengeMin {
		return challengeMin
	}
	flags := Flags(binary.LittleEndian.Uint32(b[20:]))
	target, info := readField(b, 12).within(mostOffset), field{}
	end := max(challengeMin, target.end())
	if flags&FlagTargetInfo != 0 {
		if len(b) < 48 {
			return 48
		}
		info = readField(b, 40).within(mostOffset)
		if info.off == len(b) {
			return len(b) // an empty list, as ParseChallenge has it
		}
		end = max(end, 48, info.end())
	}
	if flags&FlagVersion != 0 && payloadStart(b, target, info) >= versionEnd {
		end = max(end, versionEnd)
	}
	return end
}

// field is a {Len, MaxLen, BufferOffset} triple: a piece of the message's payload ([MS-NLMP] §2.2.1).
type field struct{ off, n int }

// readField reads the triple at b[at:at+8], which the caller has checked to exist. MaxLen carries nothing.
func readField(b []byte, at int) field {
	return field{
		n: int(binary.LittleEndian.Uint16(b[at:])),
		// An offset above 31 bits lies outside any message; keeping it positive on 32-bit machines is all that matters.
		off: int(binary.LittleEndian.Uint32(b[at+4:]) & 0x7fffffff),
	}
}

// mostOffset is further into a message than any field can begin: there are two, of 16-bit lengths, behind a short head.
const mostOffset = 1 << 18

// within empties a field that begins beyond an offset.
func (f field) within(most int) field {
	if f.off > most {
		return field{}
	}
	return f
}

// end is where the payload of f ends, zero if it has none.
func (f field) end() int {
	if f.n == 0 {
		return 0
	}
	// Neither part can be large enough for the sum to wrap on 64 bits; on 32 it is cut to a length nobody has.
	return int(min(int64(f.off)+int64(f.n), 0x7fffffff))
}

// cut returns the payload of f. An empty field has none, whatever its offset says: peers leave rubbish there.
func (f field) cut(b []byte, name string) ([]byte, error) {
	if f.n == 0 {
		return nil, nil
	}
	if f.off > len(b) || len(b)-f.off < f.n {
		return nil, fmt.Errorf("ntlmssp: %s of %d bytes at %d in a message of %d", name, f.n, f.off, len(b))
	}
	return b[f.off : f.off+f.n : f.off+f.n], nil
}

// payloadStart returns where the first non-empty payload begins, or the length of the message if there is none.
// Optional header fields exist only below it.
func payloadStart(b []byte, fields ...field) int {
	start := len(b)
	for _, f := range fields {
		if f.n > 0 {
			start = min(start, f.off)
		}
	}
	return start
}
