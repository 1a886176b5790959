package smb1

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of the message header, in bytes ([MS-CIFS] §2.2.3.1).
const HeaderSize = 32

// Commands.
const (
	CommandNegotiate    = 0x72
	CommandSessionSetup = 0x73
)

const (
	flagReply = 0x80

	flags2ExtendedSecurity = 0x0800
	flags2NTStatus         = 0x4000
	flags2Unicode          = 0x8000
)

// StatusMoreProcessing is the status of a session setup that goes on with another token.
const StatusMoreProcessing uint32 = 0xc0000016

// ErrProtocol says that a message does not start with the SMB 1 protocol id: it is SMB 2, or no SMB at all.
var ErrProtocol = errors.New("smb1: no SMB 1 message")

// errShort says that a message ends inside a field.
var errShort = errors.New("smb1: message ends early")

// Header is the part of the message header that the two exchanges use.
type Header struct {
	Command byte
	// Status is an NTSTATUS, or where NTStatus is false a DOS error class and code ([MS-CIFS] §2.2.1.5) as they
	// stand in the four bytes. Zero is success in both.
	Status uint32
	Flags  byte
	Flags2 uint16
	TID    uint16
	PID    uint16
	UID    uint16
	MID    uint16
}

// Response says whether the message comes from a server.
func (h Header) Response() bool { return h.Flags&flagReply != 0 }

// NTStatus says whether Status is an NTSTATUS.
func (h Header) NTStatus() bool { return h.Flags2&flags2NTStatus != 0 }

// ParseHeader reads the header of a message. On error the result is zero.
func ParseHeader(msg []byte) (Header, error) {
	if len(msg) >= 4 && string(msg[:4]) != "\xffSMB" {
		return Header{}, fmt.Errorf("%w: starts with %x", ErrProtocol, msg[:4])
	}
	if len(msg) < HeaderSize {
		return Header{}, fmt.Errorf("smb1: message of %d bytes, want at least %d", len(msg), HeaderSize)
	}
	return Header{
		Command: msg[4],
		Status:  binary.LittleEndian.Uint32(msg[5:]),
		Flags:   msg[9],
		Flags2:  binary.LittleEndian.Uint16(msg[10:]),
		TID:     binary.LittleEndian.Uint16(msg[24:]),
		PID:     binary.LittleEndian.Uint16(msg[26:]),
		UID:     binary.LittleEndian.Uint16(msg[28:]),
		MID:     binary.LittleEndian.Uint16(msg[30:]),
	}, nil
}

// AppendHeader appends a header with a zero signature.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, 0xff, 'S', 'M', 'B', h.Command)
	dst = binary.LittleEndian.AppendUint32(dst, h.Status)
	dst = append(dst, h.Flags)
	dst = binary.LittleEndian.AppendUint16(dst, h.Flags2)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint16(dst, h.TID)
	dst = binary.LittleEndian.AppendUint16(dst, h.PID)
	dst = binary.LittleEndian.AppendUint16(dst, h.UID)
	return binary.LittleEndian.AppendUint16(dst, h.MID)
}

// request is the header of what we send: case-insensitive paths, and every Flags2 bit that makes a server show
// NT status codes, Unicode and extended security.
func request(command byte) Header {
	return Header{Command: command, Flags: 0x18, Flags2: 0xc853, TID: 0xffff, PID: 0x089d}
}

// answer checks that msg is an answer to command and splits its parameter words from its bytes.
func answer(msg []byte, command byte) (h Header, words, data []byte, err error) {
	h, err = ParseHeader(msg)
	if err != nil {
		return Header{}, nil, nil, err
	}
	if !h.Response() {
		return Header{}, nil, nil, errors.New("smb1: a request, want a response")
	}
	if h.Command != command {
		return Header{}, nil, nil, fmt.Errorf("smb1: an answer to command 0x%02x, want 0x%02x", h.Command, command)
	}
	b := msg[HeaderSize:]
	if len(b) < 1 || len(b) < 1+2*int(b[0])+2 {
		return Header{}, nil, nil, errShort
	}
	n := 2 * int(b[0])
	words, b = b[1:1+n], b[1+n:]
	size := int(binary.LittleEndian.Uint16(b))
	if len(b)-2 < size {
		return Header{}, nil, nil, errShort
	}
	return h, words, b[2 : 2+size : 2+size], nil
}

// appendBlock appends a word count, words, a byte count and bytes, and writes the transport header at start.
func appendBlock(dst []byte, start int, words, data []byte) []byte {
	dst = append(dst, byte(len(words)/2))
	dst = append(dst, words...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(data)))
	dst = append(dst, data...)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4)&0x00ffffff)
	return dst
}

// startFrame appends room for the transport header.
func startFrame(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }
