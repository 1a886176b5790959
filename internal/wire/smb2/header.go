package smb2

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of the message header, in bytes (§2.2.1).
const HeaderSize = 64

// Commands.
const (
	CommandNegotiate    uint16 = 0
	CommandSessionSetup uint16 = 1
)

// Header flags.
const (
	FlagResponse uint32 = 0x00000001
)

// ErrProtocol says that a message does not start with the SMB 2 protocol id: it is SMB 1, encrypted, compressed,
// or no SMB at all.
var ErrProtocol = errors.New("smb2: no plain SMB 2 message")

// Header is the part of the message header (§2.2.1.2) that the two exchanges use.
type Header struct {
	CreditCharge uint16
	Status       uint32
	Command      uint16
	Credits      uint16
	Flags        uint32
	NextCommand  uint32
	MessageID    uint64
	SessionID    uint64
}

// Response says whether the message comes from a server.
func (h Header) Response() bool { return h.Flags&FlagResponse != 0 }

// ParseHeader reads the header of a message. On error the result is zero.
func ParseHeader(msg []byte) (Header, error) {
	if len(msg) >= 4 && string(msg[:4]) != "\xfeSMB" {
		return Header{}, fmt.Errorf("%w but %s", ErrProtocol, other(msg[:4]))
	}
	if len(msg) < HeaderSize {
		return Header{}, fmt.Errorf("smb2: message of %d bytes, want at least %d", len(msg), HeaderSize)
	}
	if n := binary.LittleEndian.Uint16(msg[4:]); n != HeaderSize {
		return Header{}, fmt.Errorf("smb2: header of stated size %d, want %d", n, HeaderSize)
	}
	return Header{
		CreditCharge: binary.LittleEndian.Uint16(msg[6:]),
		Status:       binary.LittleEndian.Uint32(msg[8:]),
		Command:      binary.LittleEndian.Uint16(msg[12:]),
		Credits:      binary.LittleEndian.Uint16(msg[14:]),
		Flags:        binary.LittleEndian.Uint32(msg[16:]),
		NextCommand:  binary.LittleEndian.Uint32(msg[20:]),
		MessageID:    binary.LittleEndian.Uint64(msg[24:]),
		SessionID:    binary.LittleEndian.Uint64(msg[40:]),
	}, nil
}

// other names a message by its protocol id (§2.2.1, §2.2.41, §2.2.42).
func other(id []byte) string {
	switch string(id) {
	case "\xffSMB":
		return "one of SMB 1"
	case "\xfdSMB":
		return "an encrypted one"
	case "\xfcSMB":
		return "a compressed one"
	}
	return fmt.Sprintf("bytes that start with %x", id)
}

// AppendHeader appends a header with a zero signature. The reserved field before the tree id carries 0xFEFF, the
// process id that Windows clients have always put there.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, 0xfe, 'S', 'M', 'B', HeaderSize, 0)
	dst = binary.LittleEndian.AppendUint16(dst, h.CreditCharge)
	dst = binary.LittleEndian.AppendUint32(dst, h.Status)
	dst = binary.LittleEndian.AppendUint16(dst, h.Command)
	dst = binary.LittleEndian.AppendUint16(dst, h.Credits)
	dst = binary.LittleEndian.AppendUint32(dst, h.Flags)
	dst = binary.LittleEndian.AppendUint32(dst, h.NextCommand)
	dst = binary.LittleEndian.AppendUint64(dst, h.MessageID)
	dst = append(dst, 0xff, 0xfe, 0, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, h.SessionID)
	return append(dst, make([]byte, 16)...)
}

// answer checks that msg is an answer to command and returns its header and body.
func answer(msg []byte, command uint16) (Header, []byte, error) {
	h, err := ParseHeader(msg)
	if err != nil {
		return Header{}, nil, err
	}
	if !h.Response() {
		return Header{}, nil, errors.New("smb2: a request, want a response")
	}
	if h.Command != command {
		return Header{}, nil, fmt.Errorf("smb2: an answer to command %d, want command %d", h.Command, command)
	}
	return h, msg[HeaderSize:], nil
}

// startFrame appends room for the transport header; endFrame fills it in once the message stands behind it.
func startFrame(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

func endFrame(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4)&0x00ffffff)
	return dst
}
