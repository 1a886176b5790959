package rdp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	tpktVersion = 3
	tpktSize    = 4 // RFC 1006 §6: version, reserved, length

	x224Request = 0xe0 // X.224 §13.3, CR
	x224Confirm = 0xd0 // §13.4, CC
	x224Fixed   = 7    // length indicator to class option

	// MaxConfirm is the size in bytes of the longest TPKT that can hold an X.224 confirm: its length indicator is
	// one byte of at most 254.
	MaxConfirm = tpktSize + 1 + 254

	negSize     = 8
	negRequest  = 0x01
	negResponse = 0x02
	negFailure  = 0x03
	correlation = 0x06 // RDP_NEG_CORRELATION_INFO
)

// ErrShort says that the input ends inside a message: more bytes may complete it.
var ErrShort = errors.New("rdp: input ends inside a message")

// Size returns how many bytes the TPKT at the start of b takes in all. ErrShort means that the four bytes of its
// head are not complete; any other error, that this is no TPKT of a connection request or confirm.
func Size(b []byte) (int, error) {
	if len(b) > 0 && b[0] != tpktVersion || len(b) > 1 && b[1] != 0 {
		return 0, fmt.Errorf("rdp: not a TPKT: starts with %.2x", b)
	}
	if len(b) < tpktSize {
		return 0, ErrShort
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < tpktSize+x224Fixed || n > MaxConfirm {
		return 0, fmt.Errorf("rdp: TPKT of %d bytes, want %d to %d", n, tpktSize+x224Fixed, MaxConfirm)
	}
	return n, nil
}

// read returns the variable part of the X.224 message of the given code, and what follows its TPKT.
func read(b []byte, code byte) (variable, rest []byte, err error) {
	n, err := Size(b)
	if err != nil {
		return nil, nil, err
	}
	if len(b) < n {
		return nil, nil, ErrShort
	}
	body, rest := b[tpktSize:n], b[n:]
	if int(body[0]) != len(body)-1 {
		return nil, nil, fmt.Errorf("rdp: X.224 length %d in a TPKT of %d bytes", body[0], n)
	}
	if body[1]&0xf0 != code { // the low nibble is a credit
		return nil, nil, fmt.Errorf("rdp: X.224 code 0x%02x, want 0x%02x", body[1], code)
	}
	return body[x224Fixed:], rest, nil
}

// appendX224 appends TPKT and X.224 around the variable part. SRC-REF is what the side sends of itself: 0 from
// a client (MS-RDPBCGR 2.2.1.1), 0x1234 from Windows.
func appendX224(dst []byte, code byte, source uint16, variable []byte) []byte {
	dst = append(dst, tpktVersion, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(tpktSize+x224Fixed+len(variable)))
	dst = append(dst, byte(x224Fixed-1+len(variable)), code, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, source)
	dst = append(dst, 0)
	return append(dst, variable...)
}

// Request is an X.224 connection request (MS-RDPBCGR 2.2.1.1).
type Request struct {
	// Negotiate says that RDP_NEG_REQ is there. Without it a client speaks plain RDP only.
	Negotiate bool
	Flags     byte
	Protocols Protocol // what the client supports; 0 is plain RDP
}

// AppendRequest appends a connection request of 11 bytes, or 19 with a negotiation. No cookie, no routing token:
// they would name an account or a session.
func AppendRequest(dst []byte, r Request) []byte {
	var variable []byte
	if r.Negotiate {
		variable = appendNeg(nil, negRequest, r.Flags, uint32(r.Protocols))
	}
	return appendX224(dst, x224Request, 0, variable)
}

// ParseRequest reads a connection request, and what follows its TPKT. A cookie or routing token is skipped unread,
// a correlation id too. On error every result is zero.
func ParseRequest(b []byte) (Request, []byte, error) {
	variable, rest, err := read(b, x224Request)
	if err != nil {
		return Request{}, nil, err
	}
	// A cookie or token is text that ends with CR LF and cannot start with the byte 1.
	if len(variable) > 0 && variable[0] != negRequest {
		_, after, found := bytes.Cut(variable, []byte("\r\n"))
		if !found {
			return Request{}, nil, errors.New("rdp: connection request with a cookie that does not end")
		}
		variable = after
	}
	if len(variable) == 0 {
		return Request{}, rest, nil
	}
	flags, value, after, err := cutNeg(variable, negRequest)
	if err != nil {
		return Request{}, nil, err
	}
	if len(after) > 0 && (len(after) != 36 || after[0] != correlation) {
		return Request{}, nil, fmt.Errorf("rdp: %d bytes after the negotiation request", len(after))
	}
	return Request{Negotiate: true, Flags: flags, Protocols: Protocol(value)}, rest, nil
}

// Confirm is an X.224 connection confirm (MS-RDPBCGR 2.2.1.2). Exactly one of three things holds: the server knows
// no negotiation (neither flag set: plain RDP, as before Windows XP SP2), it selected a protocol, or it refused.
type Confirm struct {
	Negotiated bool
	Flags      byte     // RDP_NEG_RSP flags, 2.2.1.2.1
	Selected   Protocol // with Negotiated: exactly what was chosen, 0 for plain RDP

	Refused bool
	Failure Failure // with Refused
}

// ParseConfirm reads a connection confirm, and what follows its TPKT. A negotiation structure of another type or
// length is an error: nothing is guessed from it. On error every result is zero.
func ParseConfirm(b []byte) (Confirm, []byte, error) {
	variable, rest, err := read(b, x224Confirm)
	if err != nil {
		return Confirm{}, nil, err
	}
	if len(variable) == 0 {
		return Confirm{}, rest, nil
	}
	flags, value, after, err := cutNeg(variable, variable[0])
	if err != nil {
		return Confirm{}, nil, err
	}
	if len(after) > 0 {
		return Confirm{}, nil, fmt.Errorf("rdp: %d bytes after the negotiation answer", len(after))
	}
	switch variable[0] {
	case negResponse:
		return Confirm{Negotiated: true, Flags: flags, Selected: Protocol(value)}, rest, nil
	case negFailure:
		return Confirm{Refused: true, Failure: Failure(value)}, rest, nil
	}
	return Confirm{}, nil, fmt.Errorf("rdp: negotiation answer of type 0x%02x", variable[0])
}

// AppendConfirm appends a connection confirm as Windows sends it: for fake servers and the fuzz target's property.
func AppendConfirm(dst []byte, c Confirm) []byte {
	var variable []byte
	switch {
	case c.Negotiated:
		variable = appendNeg(nil, negResponse, c.Flags, uint32(c.Selected))
	case c.Refused:
		variable = appendNeg(nil, negFailure, 0, uint32(c.Failure))
	}
	return appendX224(dst, x224Confirm, 0x1234, variable)
}

// cutNeg reads the eight bytes that the three negotiation structures share (2.2.1.1.1, 2.2.1.2.1, 2.2.1.2.2).
func cutNeg(b []byte, typ byte) (flags byte, value uint32, rest []byte, err error) {
	if len(b) < negSize || b[0] != typ || binary.LittleEndian.Uint16(b[2:]) != negSize {
		return 0, 0, nil, fmt.Errorf("rdp: malformed negotiation structure %.8x", b)
	}
	return b[1], binary.LittleEndian.Uint32(b[4:]), b[negSize:], nil
}

func appendNeg(dst []byte, typ, flags byte, value uint32) []byte {
	dst = append(dst, typ, flags, negSize, 0)
	return binary.LittleEndian.AppendUint32(dst, value)
}
