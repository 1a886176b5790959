package netbios

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Types of session packets (RFC 1002 §4.3.1).
const (
	SessionMessage   = 0x00
	SessionRequest   = 0x81
	PositiveResponse = 0x82
	NegativeResponse = 0x83
	RetargetResponse = 0x84
	KeepAlive        = 0x85
)

const (
	// HeaderSize is the number of bytes before the payload: type, then length or flags and length.
	HeaderSize = 4
	// MaxFrame bounds the payload of a frame that we are willing to read, in bytes. A negotiate or session setup
	// answer of a real server stays under 2 KiB; 64 KiB is the largest security buffer that SMB can describe.
	MaxFrame = 64 << 10
)

var (
	// ErrShort says that the input ends inside a frame: more bytes may complete it.
	ErrShort = errors.New("netbios: input ends inside a frame")
	// ErrType says that the first byte is no session packet type: the peer speaks another protocol.
	ErrType = errors.New("netbios: no session packet")
	// ErrLength says that the header states a payload over MaxFrame.
	ErrLength = errors.New("netbios: frame too long")
)

// Frame is one session packet. Payload points into the input.
type Frame struct {
	Type    byte
	Payload []byte
}

// Need returns how many bytes the first frame of b takes in all, header included: HeaderSize while the header is
// incomplete, at most HeaderSize+MaxFrame. The first byte alone is enough to refuse another protocol (ErrType),
// the header alone to refuse a length (ErrLength); the error text names what was found.
func Need(b []byte) (int, error) {
	if len(b) == 0 {
		return HeaderSize, nil
	}
	if b[0] != SessionMessage && (b[0] < SessionRequest || b[0] > KeepAlive) {
		return 0, fmt.Errorf("%w: first byte 0x%02x", ErrType, b[0])
	}
	if len(b) < HeaderSize {
		return HeaderSize, nil
	}
	n := int(binary.BigEndian.Uint32(b) & 0x00ffffff)
	if n > MaxFrame {
		return 0, fmt.Errorf("%w: %d bytes stated, at most %d taken", ErrLength, n, MaxFrame)
	}
	return HeaderSize + n, nil
}

// Read splits the first frame of b from what follows it. On error every result is zero.
func Read(b []byte) (f Frame, rest []byte, err error) {
	n, err := Need(b)
	if err != nil {
		return Frame{}, nil, err
	}
	if len(b) < n {
		return Frame{}, nil, ErrShort
	}
	return Frame{Type: b[0], Payload: b[HeaderSize:n:n]}, b[n:], nil
}

// Append appends one frame. A payload over 0xFFFFFF bytes has no encoding and is cut there; no message of ours
// comes near.
func Append(dst []byte, f Frame) []byte {
	p := f.Payload[:min(len(f.Payload), 0xffffff)]
	dst = binary.BigEndian.AppendUint32(dst, uint32(f.Type)<<24|uint32(len(p)))
	return append(dst, p...)
}
