package smb2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// negotiateFixed is the length of the fixed part of a NEGOTIATE response body, in bytes.
const negotiateFixed = 64

// NegotiateResponse is the answer to NEGOTIATE (§2.2.4). The security buffer and the contexts are read by
// methods, so that a server which garbles them still has its signing bits read.
type NegotiateResponse struct {
	SecurityMode uint16
	Dialect      uint16
	ServerGUID   [16]byte
	Capabilities uint32
	MaxTransact  uint32 // bytes
	MaxRead      uint32 // bytes
	MaxWrite     uint32 // bytes
	SystemTime   uint64 // FILETIME: 100 ns since 1601, UTC
	StartTime    uint64 // FILETIME, 0 where the server does not tell

	msg []byte
}

// ParseNegotiate reads an answer to NEGOTIATE with status 0. Any other status is an error, because such an
// answer has no security mode: read its header with ParseHeader first. Nothing is copied: the result points
// into msg. It allocates only on error, and on error the result is zero.
func ParseNegotiate(msg []byte) (NegotiateResponse, error) {
	h, b, err := answer(msg, CommandNegotiate)
	if err != nil {
		return NegotiateResponse{}, err
	}
	if h.Status != StatusSuccess {
		return NegotiateResponse{}, fmt.Errorf("smb2: negotiate answered %s", StatusName(h.Status))
	}
	if len(b) < negotiateFixed {
		return NegotiateResponse{}, fmt.Errorf("smb2: negotiate answer of %d bytes, want at least %d", len(msg), HeaderSize+negotiateFixed)
	}
	if n := binary.LittleEndian.Uint16(b); n != 65 {
		return NegotiateResponse{}, fmt.Errorf("smb2: negotiate answer of structure size %d, want 65", n)
	}
	return NegotiateResponse{
		SecurityMode: binary.LittleEndian.Uint16(b[2:]),
		Dialect:      binary.LittleEndian.Uint16(b[4:]),
		ServerGUID:   [16]byte(b[8:24]),
		Capabilities: binary.LittleEndian.Uint32(b[24:]),
		MaxTransact:  binary.LittleEndian.Uint32(b[28:]),
		MaxRead:      binary.LittleEndian.Uint32(b[32:]),
		MaxWrite:     binary.LittleEndian.Uint32(b[36:]),
		SystemTime:   binary.LittleEndian.Uint64(b[40:]),
		StartTime:    binary.LittleEndian.Uint64(b[48:]),
		msg:          msg,
	}, nil
}

// SecurityBuffer returns the SPNEGO token that names the mechanisms, empty if the server sent none.
func (n *NegotiateResponse) SecurityBuffer() ([]byte, error) {
	if n.msg == nil {
		return nil, nil
	}
	return buffer(n.msg, HeaderSize+56, HeaderSize+negotiateFixed)
}

// Contexts reads the negotiate contexts. Below dialect 3.1.1 there are none: servers leave chance bytes in the
// two fields that announce them.
func (n *NegotiateResponse) Contexts() (Contexts, error) {
	if n.msg == nil || n.Dialect != Dialect311 {
		return Contexts{}, nil
	}
	count := int(binary.LittleEndian.Uint16(n.msg[HeaderSize+6:]))
	if count == 0 {
		return Contexts{}, nil
	}
	off := binary.LittleEndian.Uint32(n.msg[HeaderSize+60:])
	if off < HeaderSize+negotiateFixed || uint64(off) > uint64(len(n.msg)) {
		return Contexts{}, fmt.Errorf("smb2: negotiate contexts at offset %d of a message of %d bytes", off, len(n.msg))
	}
	return parseContexts(n.msg[off:], count)
}

var errBuffer = errors.New("smb2: security buffer lies outside the message")

// buffer returns the part of msg that the offset and length fields at position at describe. It must not start
// before low, unless it is empty.
func buffer(msg []byte, at, low int) ([]byte, error) {
	off, n := int(binary.LittleEndian.Uint16(msg[at:])), int(binary.LittleEndian.Uint16(msg[at+2:]))
	if n == 0 {
		return nil, nil
	}
	if off < low || off+n > len(msg) {
		return nil, errBuffer
	}
	return msg[off : off+n : off+n], nil
}

// AppendNegotiateResponse appends the framed answer of a server: the fixed fields of n, the security buffer, and
// for dialect 3.1.1 the contexts of c with a zero salt. Tests and stand-in servers use it.
func AppendNegotiateResponse(dst []byte, h Header, n *NegotiateResponse, token []byte, c *Contexts) []byte {
	start := len(dst)
	dst = startFrame(dst)
	base := len(dst)
	h.Command, h.Flags = CommandNegotiate, h.Flags|FlagResponse
	token = token[:min(len(token), 0xffff)]
	dst = AppendHeader(dst, h)
	dst = append(dst, 65, 0)
	dst = binary.LittleEndian.AppendUint16(dst, n.SecurityMode)
	dst = binary.LittleEndian.AppendUint16(dst, n.Dialect)
	dst = append(dst, 0, 0)
	dst = append(dst, n.ServerGUID[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, n.Capabilities)
	dst = binary.LittleEndian.AppendUint32(dst, n.MaxTransact)
	dst = binary.LittleEndian.AppendUint32(dst, n.MaxRead)
	dst = binary.LittleEndian.AppendUint32(dst, n.MaxWrite)
	dst = binary.LittleEndian.AppendUint64(dst, n.SystemTime)
	dst = binary.LittleEndian.AppendUint64(dst, n.StartTime)
	dst = append(dst, HeaderSize+negotiateFixed, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(token)))
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, token...)
	if n.Dialect == Dialect311 && c != nil {
		dst = appendAnswered(dst, base, c)
	}
	return endFrame(dst, start)
}

func appendAnswered(dst []byte, base int, c *Contexts) []byte {
	dst = pad8(dst, base)
	binary.LittleEndian.PutUint32(dst[base+HeaderSize+60:], uint32(len(dst)-base))
	count := uint16(0)
	if c.HasPreauth {
		var salt [32]byte
		dst = appendContext(dst, base, contextPreauth, 4+2*c.Hashes.Len()+len(salt))
		dst = append(dst, byte(c.Hashes.Len()), 0, byte(len(salt)), 0)
		dst = appendIDs(dst, c.Hashes.list[:c.Hashes.n])
		dst = append(dst, salt[:]...)
		count++
	}
	if c.HasEncryption {
		dst = appendList(dst, base, contextEncryption, c.Ciphers.list[:c.Ciphers.n]...)
		count++
	}
	if c.HasCompression {
		dst = appendCompression(dst, base, c.Compression.list[:c.Compression.n]...)
		count++
	}
	if c.HasSigning {
		dst = appendList(dst, base, contextSigning, c.Signing.list[:c.Signing.n]...)
		count++
	}
	binary.LittleEndian.PutUint16(dst[base+HeaderSize+6:], count)
	return dst
}

// FileTime converts a FILETIME (100 ns since 1601) to a time in UTC; 0 and what lies after the year 9999, which
// RFC 3339 cannot write, become the zero time.
func FileTime(ft uint64) time.Time {
	const from1601to1970, year10000 = 116444736000000000, 2650467744000000000
	if ft == 0 || ft >= year10000 {
		return time.Time{}
	}
	ticks := int64(ft) - from1601to1970
	return time.Unix(ticks/1e7, ticks%1e7*100).UTC()
}
