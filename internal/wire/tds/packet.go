package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Packet types (MS-TDS 2.2.3.1.1).
const (
	TypeTabular  = 0x04 // every answer of a server, the one to PRELOGIN included
	TypeLogin7   = 0x10
	TypeSSPI     = 0x11
	TypePrelogin = 0x12 // PRELOGIN, and the TLS handshake in both directions
)

const (
	// HeaderSize is the size in bytes of a packet header.
	HeaderSize = 8
	// DefaultPacketSize is the packet size, header included, that holds until the login is answered
	// (MS-TDS 2.2.6.4, PacketSize).
	DefaultPacketSize = 4096
	// MaxPacketSize is the largest packet size that can be negotiated (MS-TDS 2.2.7.9, ENVCHANGE type 4).
	MaxPacketSize = 32767
	// MaxMessage bounds the payload of a reassembled message, in bytes. A login answer is far smaller: the
	// longest token it can hold has a length of 16 bits.
	MaxMessage = 128 << 10
)

const statusEOM = 0x01 // MS-TDS 2.2.3.1.2: last packet of the message

// ErrShort says that the input ends inside a packet or message: more bytes may complete it.
var ErrShort = errors.New("tds: input ends inside a message")

// ErrNotTDS says that the bytes cannot be a server's TDS packet, whatever follows.
var ErrNotTDS = errors.New("tds: not a TDS packet")

// Packet is one packet (MS-TDS 2.2.3).
type Packet struct {
	Type    byte
	Status  byte
	SPID    uint16
	ID      byte
	Window  byte
	Payload []byte // points into the input
}

// Last reports whether the packet ends its message.
func (p Packet) Last() bool { return p.Status&statusEOM != 0 }

// PacketSize returns the size in bytes of the packet at the start of b, header included, from its header alone.
// ErrShort means that not even the header is complete.
func PacketSize(b []byte) (int, error) {
	if len(b) > 0 {
		switch b[0] {
		case TypeTabular, TypeLogin7, TypeSSPI, TypePrelogin:
		default:
			return 0, fmt.Errorf("%w: type 0x%02x", ErrNotTDS, b[0])
		}
	}
	if len(b) < HeaderSize {
		return 0, ErrShort
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < HeaderSize || n > MaxPacketSize {
		return 0, fmt.Errorf("%w: packet of %d bytes", ErrNotTDS, n)
	}
	return n, nil
}

// ReadPacket splits the first packet of b from what follows it. On error every result is zero.
func ReadPacket(b []byte) (p Packet, rest []byte, err error) {
	n, err := PacketSize(b)
	if err != nil {
		return Packet{}, nil, err
	}
	if len(b) < n {
		return Packet{}, nil, ErrShort
	}
	p = Packet{
		Type: b[0], Status: b[1], SPID: binary.BigEndian.Uint16(b[4:]), ID: b[6], Window: b[7],
		Payload: b[HeaderSize:n:n],
	}
	return p, b[n:], nil
}

// ReadMessage reassembles the packets of the first message of b. The payload points into b when the message is
// one packet and is a copy otherwise. On error every result is zero; a message over MaxMessage is an error.
func ReadMessage(b []byte) (typ byte, payload, rest []byte, err error) {
	p, rest, err := ReadPacket(b)
	if err != nil {
		return 0, nil, nil, err
	}
	typ, payload = p.Type, p.Payload
	for n := 1; !p.Last(); n++ {
		if p, rest, err = ReadPacket(rest); err != nil {
			return 0, nil, nil, err
		}
		if p.Type != typ {
			return 0, nil, nil, fmt.Errorf("tds: packet of type 0x%02x inside a message of type 0x%02x", p.Type, typ)
		}
		if n == 1 {
			payload = append([]byte(nil), payload...)
		}
		// Empty packets add no payload: without a bound of their own they could go on for ever.
		if len(payload)+len(p.Payload) > MaxMessage || n >= maxPackets {
			return 0, nil, nil, fmt.Errorf("tds: message of more than %d bytes or %d packets", MaxMessage, maxPackets)
		}
		payload = append(payload, p.Payload...)
	}
	return typ, payload, rest, nil
}

// maxPackets allows a message of MaxMessage bytes in packets of 512 bytes, the smallest that can be negotiated.
const maxPackets = MaxMessage/(512-HeaderSize) + 1

// Need returns how many more bytes b needs before ReadMessage can say more than ErrShort; 0 when it can already
// tell. It never asks for more than one packet at a time.
func Need(b []byte) int {
	if _, _, _, err := ReadMessage(b); !errors.Is(err, ErrShort) {
		return 0
	}
	for {
		n, err := PacketSize(b)
		if err != nil { // ErrShort: any other was ruled out above
			return HeaderSize - len(b)
		}
		if len(b) < n {
			return n - len(b)
		}
		b = b[n:]
	}
}

// AppendMessage appends payload as a message of the given type in packets of at most size bytes, header included.
// A size outside 512…MaxPacketSize is taken as DefaultPacketSize. PacketID counts from 1 and wraps (MS-TDS
// 2.2.3.1.5); SPID and Window are 0, as a client sends them.
func AppendMessage(dst []byte, typ byte, payload []byte, size int) []byte {
	if size < 512 || size > MaxPacketSize {
		size = DefaultPacketSize
	}
	for id := byte(1); ; id++ {
		part := payload[:min(len(payload), size-HeaderSize)]
		payload = payload[len(part):]
		status := byte(0)
		if len(payload) == 0 {
			status = statusEOM
		}
		dst = append(dst, typ, status)
		dst = binary.BigEndian.AppendUint16(dst, uint16(HeaderSize+len(part)))
		dst = append(dst, 0, 0, id, 0)
		dst = append(dst, part...)
		if len(payload) == 0 {
			return dst
		}
	}
}
