package netbios

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// AppendSessionRequest appends a framed SESSION REQUEST (72 bytes): the first packet on port 139.
func AppendSessionRequest(dst []byte, called, calling Name) []byte {
	dst = append(dst, SessionRequest, 0, 0, 2*encodedSize)
	dst = appendEncoded(dst, called)
	return appendEncoded(dst, calling)
}

// Error codes of a negative session response (RFC 1002 §4.3.4).
const (
	NotListeningOnCalled   = 0x80
	NotListeningForCalling = 0x81
	CalledNameNotPresent   = 0x82
	InsufficientResources  = 0x83
	UnspecifiedError       = 0x8f
)

// SessionReply is the answer to a session request.
type SessionReply struct {
	// Type is PositiveResponse, NegativeResponse or RetargetResponse.
	Type byte
	// Code says why, when Type is NegativeResponse.
	Code byte
	// Addr and Port say where to, when Type is RetargetResponse. They are the peer's wish: no caller is obliged.
	Addr [4]byte
	Port uint16
}

// ParseSessionReply reads the answer to a session request. A positive response may carry a body, which
// RFC 1002 does not foresee and some servers send: it is ignored.
func ParseSessionReply(f Frame) (SessionReply, error) {
	r := SessionReply{Type: f.Type}
	switch f.Type {
	case PositiveResponse:
	case NegativeResponse:
		if len(f.Payload) < 1 {
			return SessionReply{}, errors.New("netbios: negative response without its code")
		}
		r.Code = f.Payload[0]
	case RetargetResponse:
		if len(f.Payload) < 6 {
			return SessionReply{}, fmt.Errorf("netbios: retarget response of %d bytes, want 6", len(f.Payload))
		}
		copy(r.Addr[:], f.Payload)
		r.Port = binary.BigEndian.Uint16(f.Payload[4:])
	default:
		return SessionReply{}, fmt.Errorf("netbios: packet type 0x%02x, want a session response", f.Type)
	}
	return r, nil
}

// AppendSessionReply appends the framed reply, as a server sends it.
func AppendSessionReply(dst []byte, r SessionReply) []byte {
	switch r.Type {
	case NegativeResponse:
		return append(dst, r.Type, 0, 0, 1, r.Code)
	case RetargetResponse:
		dst = append(dst, r.Type, 0, 0, 6)
		dst = append(dst, r.Addr[:]...)
		return binary.BigEndian.AppendUint16(dst, r.Port)
	}
	return append(dst, r.Type, 0, 0, 0)
}

// CodeText names the code of a negative response in words.
func CodeText(code byte) string {
	switch code {
	case NotListeningOnCalled:
		return "not listening on called name"
	case NotListeningForCalling:
		return "not listening for calling name"
	case CalledNameNotPresent:
		return "called name not present"
	case InsufficientResources:
		return "insufficient resources"
	case UnspecifiedError:
		return "unspecified error"
	}
	return fmt.Sprintf("error 0x%02x", code)
}
