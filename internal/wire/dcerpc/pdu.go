package dcerpc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Type is the type of a PDU (C706 §12.6.1).
type Type uint8

// The types that a client of this package sends or may get.
const (
	Request  Type = 0
	Response Type = 2
	Fault    Type = 3
	Bind     Type = 11
	BindAck  Type = 12
	BindNak  Type = 13

	AlterContext Type = 14 // heard from other clients only
)

// Flags of a PDU (C706 §12.6.3.1).
const (
	FirstFragment = 0x01
	LastFragment  = 0x02
	ObjectPresent = 0x80 // an object UUID stands before the stub of a request
)

const (
	headerSize = 16
	// maxFragment is what this client offers to receive, and so the longest PDU that it accepts.
	maxFragment = 5840
)

// ErrShort says that the input ends inside a PDU: more bytes may complete it.
var ErrShort = errors.New("dcerpc: input ends inside a pdu")

// PDU is one fragment. Body is what follows the common header, without an authentication verifier; it points into
// the input. Order is the byte order of the integers in Body.
type PDU struct {
	Type   Type
	Flags  uint8
	CallID uint32
	Order  binary.ByteOrder
	Body   []byte
}

// Size returns how many bytes the first PDU of b takes in all, from its common header (C706 §12.6.3.1). An error
// other than [ErrShort] means that these bytes are no DCE/RPC of version 5.0. The size is at most 5840.
func Size(b []byte) (int, error) {
	// What is there of the first octets is looked at early, so that another protocol is told after a few bytes.
	if len(b) >= 1 && b[0] != 5 || len(b) >= 2 && b[1] > 1 {
		return 0, errors.New("dcerpc: not version 5 of the protocol")
	}
	if len(b) >= 5 && b[4] != 0x10 && b[4] != 0 {
		return 0, fmt.Errorf("dcerpc: data representation 0x%02x", b[4])
	}
	if len(b) < headerSize {
		return 0, ErrShort
	}
	n := int(byteOrder(b).Uint16(b[8:]))
	if n < headerSize || n > maxFragment {
		return 0, fmt.Errorf("dcerpc: fragment of %d octets", n)
	}
	return n, nil
}

// byteOrder reads the integer representation of a header: 1 in the high half octet is little-endian, 0 big-endian
// (C706 §14.2.5).
func byteOrder(b []byte) binary.ByteOrder {
	if b[4]&0xf0 != 0 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// ReadPDU splits the first PDU off b. On error every result is zero.
func ReadPDU(b []byte) (p PDU, rest []byte, err error) {
	n, err := Size(b)
	if err != nil {
		return PDU{}, nil, err
	}
	if len(b) < n {
		return PDU{}, nil, ErrShort
	}
	order := byteOrder(b)
	body := b[headerSize:n:n]
	if verifier := int(order.Uint16(b[10:])); verifier > 0 {
		// sec_trailer of 8 octets, then the verifier (C706 §13.2.6.1).
		if len(body) < verifier+8 {
			return PDU{}, nil, fmt.Errorf("dcerpc: verifier of %d octets in a fragment of %d", verifier, n)
		}
		body = body[: len(body)-verifier-8 : len(body)-verifier-8]
	}
	return PDU{Type: Type(b[2]), Flags: b[3], CallID: order.Uint32(b[12:]), Order: order, Body: body}, b[n:], nil
}

// AppendPDU appends p with its header, without a verifier, little-endian whatever Order says of Body. A body that
// does not fit is a programmer's error and is cut.
func AppendPDU(dst []byte, p PDU) []byte {
	body := p.Body[:min(len(p.Body), maxFragment-headerSize)]
	dst = append(dst, 5, 0, byte(p.Type), p.Flags, 0x10, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(headerSize+len(body)))
	dst = append(dst, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, p.CallID)
	return append(dst, body...)
}
