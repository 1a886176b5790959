package smb1

import (
	"encoding/binary"
	"fmt"
)

// Parts of a session setup: no further command follows it, and what we claim to take.
const (
	noAndX       = 0xff
	maxBuffer    = 0x1104
	capabilities = CapExtendedSecurity | 0x0000005c // Unicode, large files, NT SMBs, NT status
)

// AppendSessionSetup appends a framed SESSION_SETUP_ANDX request with extended security ([MS-SMB] §2.2.4.6.1)
// that carries token, at most 65000 bytes.
//
// The virtual circuit number is 1: with 0 a server may take the client for restarted and drop every other session
// from its address ([MS-CIFS] §2.2.4.53.1), and a health check shares an address with people at work.
func AppendSessionSetup(dst, token []byte) []byte {
	start := len(dst)
	h := request(CommandSessionSetup)
	h.TID, h.MID = 0, 1
	dst = AppendHeader(startFrame(dst), h)
	token = token[:min(len(token), 65000)]
	words := []byte{noAndX, 0, 0, 0}
	words = binary.LittleEndian.AppendUint16(words, maxBuffer)
	words = append(words, 2, 0, 1, 0, 0, 0, 0, 0)
	words = binary.LittleEndian.AppendUint16(words, uint16(len(token)))
	words = append(words, 0, 0, 0, 0)
	words = binary.LittleEndian.AppendUint32(words, capabilities)
	data := append(make([]byte, 0, len(token)+8), token...)
	if textAt(len(words), len(data))%2 != 0 {
		data = append(data, 0)
	}
	data = appendText(appendText(data, "", true), "", true) // no names of ours
	return appendBlock(dst, start, words, data)
}

// SessionSetupResponse is the answer to SESSION_SETUP_ANDX. Token points into the input. The names are what the
// server says of itself: "Windows 5.1", "Samba 3.0.25b".
type SessionSetupResponse struct {
	Status       uint32
	NTStatus     bool // false: Status is a DOS error class and code
	Guest        bool
	Token        []byte
	NativeOS     string
	NativeLanMan string
	Domain       string // PrimaryDomain, which Samba sends and Windows leaves out with extended security
}

// ParseSessionSetup reads an answer to SESSION_SETUP_ANDX, with extended security (4 words) or without (3 words).
// An error answer has no words: only its status is set. On error the result is zero.
func ParseSessionSetup(msg []byte) (SessionSetupResponse, error) {
	h, words, data, err := answer(msg, CommandSessionSetup)
	if err != nil {
		return SessionSetupResponse{}, err
	}
	r := SessionSetupResponse{Status: h.Status, NTStatus: h.NTStatus()}
	size := 0
	switch len(words) {
	case 0:
		if h.Status == 0 {
			return SessionSetupResponse{}, errShort
		}
		return r, nil
	case 6:
	case 8:
		size = int(binary.LittleEndian.Uint16(words[6:]))
	default:
		return SessionSetupResponse{}, fmt.Errorf("smb1: session setup answer of %d words, want 3 or 4", len(words)/2)
	}
	if len(data) < size {
		return SessionSetupResponse{}, errShort
	}
	r.Guest = words[4]&1 != 0
	r.Token = data[:size:size]
	wide := h.Flags2&flags2Unicode != 0
	text := data[size:]
	if wide && textAt(len(words), size)%2 != 0 && len(text) > 0 {
		text = text[1:]
	}
	r.NativeOS, text = cutText(text, wide)
	r.NativeLanMan, text = cutText(text, wide)
	r.Domain, _ = cutText(text, wide)
	return r, nil
}

// textAt is the offset from the header's start of what follows n bytes of data: UTF-16 text starts on an even one.
func textAt(words, n int) int { return HeaderSize + 1 + words + 2 + n }

// AppendSessionSetupResponse appends the framed answer of a server, for tests and stand-in servers. Without a
// token the answer is of the form without extended security.
func AppendSessionSetupResponse(dst []byte, r *SessionSetupResponse) []byte {
	start := len(dst)
	h := request(CommandSessionSetup)
	h.Flags, h.Status = h.Flags|flagReply, r.Status
	if !r.NTStatus {
		h.Flags2 &^= flags2NTStatus
	}
	dst = AppendHeader(startFrame(dst), h)
	words, token := []byte{noAndX, 0, 0, 0, 0, 0}, r.Token[:min(len(r.Token), 60000)]
	if r.Guest {
		words[4] = 1
	}
	if len(token) > 0 {
		words = binary.LittleEndian.AppendUint16(words, uint16(len(token)))
	}
	data := append(make([]byte, 0, len(token)+64), token...)
	if textAt(len(words), len(data))%2 != 0 {
		data = append(data, 0)
	}
	for _, s := range []string{r.NativeOS, r.NativeLanMan, r.Domain} {
		data = appendText(data, s, true)
	}
	return appendBlock(dst, start, words, data)
}
