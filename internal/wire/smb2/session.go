package smb2

import (
	"encoding/binary"
	"fmt"
)

// sessionFixed is the length of the fixed part of a SESSION_SETUP response body; sessionToken is where the token
// of a request starts.
const (
	sessionFixed = 8
	sessionToken = HeaderSize + 24
)

// SessionSetupRequest is what varies in a SESSION_SETUP request (§2.2.5). Token is the security token, at most
// 65535 bytes.
type SessionSetupRequest struct {
	MessageID uint64
	SessionID uint64
	Token     []byte
}

// AppendSessionSetup appends a framed SESSION_SETUP request. It states what NEGOTIATE stated: signing enabled,
// not required.
func AppendSessionSetup(dst []byte, r *SessionSetupRequest) []byte {
	start := len(dst)
	dst = startFrame(dst)
	token := r.Token[:min(len(r.Token), 0xffff)]
	dst = AppendHeader(dst, Header{Command: CommandSessionSetup, CreditCharge: 1, Credits: 1, MessageID: r.MessageID, SessionID: r.SessionID})
	dst = append(dst, 25, 0, 0, byte(SigningEnabled))
	dst = binary.LittleEndian.AppendUint32(dst, CapDFS)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, sessionToken, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(token)))
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = append(dst, token...)
	return endFrame(dst, start)
}

// SessionSetupResponse is the answer to SESSION_SETUP (§2.2.6). Token points into the input.
type SessionSetupResponse struct {
	Status    uint32
	SessionID uint64
	Flags     uint16
	Token     []byte
}

// ParseSessionSetup reads an answer to SESSION_SETUP. Status is the first thing to look at: with another one
// than StatusSuccess or StatusMoreProcessing the answer is an error message without flags and token
// (§2.2.2), and StatusPending announces that the real answer follows in a message of its own (§3.3.4.4).
// On error the result is zero.
func ParseSessionSetup(msg []byte) (SessionSetupResponse, error) {
	h, b, err := answer(msg, CommandSessionSetup)
	if err != nil {
		return SessionSetupResponse{}, err
	}
	r := SessionSetupResponse{Status: h.Status, SessionID: h.SessionID}
	if h.Status != StatusSuccess && h.Status != StatusMoreProcessing {
		return r, nil
	}
	if len(b) < sessionFixed {
		return SessionSetupResponse{}, fmt.Errorf("smb2: session setup answer of %d bytes, want at least %d", len(msg), HeaderSize+sessionFixed)
	}
	if n := binary.LittleEndian.Uint16(b); n != 9 {
		return SessionSetupResponse{}, fmt.Errorf("smb2: session setup answer of structure size %d, want 9", n)
	}
	r.Flags = binary.LittleEndian.Uint16(b[2:])
	if r.Token, err = buffer(msg, HeaderSize+4, HeaderSize+sessionFixed); err != nil {
		return SessionSetupResponse{}, err
	}
	return r, nil
}

// AppendSessionSetupResponse appends the framed answer of a server, for tests and stand-in servers.
func AppendSessionSetupResponse(dst []byte, messageID uint64, r *SessionSetupResponse) []byte {
	start := len(dst)
	dst = startFrame(dst)
	dst = AppendHeader(dst, Header{
		Command: CommandSessionSetup, Status: r.Status, Credits: 1, Flags: FlagResponse, MessageID: messageID, SessionID: r.SessionID,
	})
	token := r.Token[:min(len(r.Token), 0xffff)]
	dst = append(dst, 9, 0)
	if r.Status != StatusSuccess && r.Status != StatusMoreProcessing {
		return endFrame(append(dst, 0, 0, 0, 0, 0, 0, 0), start)
	}
	dst = binary.LittleEndian.AppendUint16(dst, r.Flags)
	dst = append(dst, HeaderSize+sessionFixed, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(token)))
	return endFrame(append(dst, token...), start)
}
