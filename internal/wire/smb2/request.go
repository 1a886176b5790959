package smb2

import (
	"encoding/binary"
	"slices"
)

// Offer says which negotiate contexts a request carries besides the mandatory pre-authentication one. They are
// sent only where dialect 3.1.1 is offered.
type Offer uint8

// The contexts that can be offered.
const (
	OfferEncryption Offer = 1 << iota
	OfferSigning
	OfferCompression

	OfferAll = OfferEncryption | OfferSigning | OfferCompression
)

// NegotiateRequest is what varies in a NEGOTIATE request (§2.2.3). ClientGUID and Salt should be random; the
// salt is sent only with dialect 3.1.1. MessageID counts the messages of a connection from 0.
type NegotiateRequest struct {
	MessageID  uint64
	Dialects   []uint16
	Offer      Offer
	ClientGUID [16]byte
	Salt       [32]byte

	// NoEncryption hides that 3.0 and 3.0.2 could encrypt: a server that insists on encryption refuses such a
	// client at the session setup (§3.3.5.5).
	NoEncryption bool
}

// Offsets into a framed NEGOTIATE request.
const (
	frameGUID     = 4 + HeaderSize + 12
	frameContexts = 4 + HeaderSize + 28
	preauthSalt   = 8 + 6
)

// AppendNegotiate appends a framed NEGOTIATE request. The client claims what makes a server show the most:
// signing enabled but not required, and every capability if a 3.x dialect is offered.
func AppendNegotiate(dst []byte, r *NegotiateRequest) []byte {
	start := len(dst)
	dst = startFrame(dst)
	base := len(dst)
	dst = AppendHeader(dst, Header{Command: CommandNegotiate, Credits: 1, MessageID: r.MessageID})
	dst = append(dst, 36, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(r.Dialects)))
	dst = binary.LittleEndian.AppendUint16(dst, SigningEnabled)
	dst = append(dst, 0, 0)
	var caps uint32
	if slices.ContainsFunc(r.Dialects, func(d uint16) bool { return d >= Dialect300 }) {
		caps = 0x7f
		if r.NoEncryption {
			caps &^= CapEncryption
		}
	}
	dst = binary.LittleEndian.AppendUint32(dst, caps)
	dst = append(dst, r.ClientGUID[:]...)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0) // context offset and count, or the unused start time
	dst = appendIDs(dst, r.Dialects)
	if slices.Contains(r.Dialects, Dialect311) {
		dst = appendOffer(dst, base, r)
	}
	return endFrame(dst, start)
}

func appendOffer(dst []byte, base int, r *NegotiateRequest) []byte {
	dst = pad8(dst, base)
	binary.LittleEndian.PutUint32(dst[base+HeaderSize+28:], uint32(len(dst)-base))
	dst = appendPreauth(dst, base, &r.Salt)
	count := uint16(1)
	if r.Offer&OfferEncryption != 0 {
		dst = appendList(dst, base, contextEncryption, CipherAES128GCM, CipherAES128CCM, CipherAES256GCM, CipherAES256CCM)
		count++
	}
	if r.Offer&OfferCompression != 0 {
		dst = appendCompression(dst, base, CompressPatternV1, CompressLZ77, CompressLZ77Huff, CompressLZNT1)
		count++
	}
	if r.Offer&OfferSigning != 0 {
		dst = appendList(dst, base, contextSigning, SignAESGMAC, SignAESCMAC, SignHMACSHA256)
		count++
	}
	binary.LittleEndian.PutUint16(dst[base+HeaderSize+32:], count)
	return dst
}

// Template is a NEGOTIATE request of which only the random parts change: one copy and two patches per
// connection instead of building it anew.
type Template struct {
	frame []byte
	salt  int // where the salt stands, 0 if there is none
}

// NewTemplate builds the request once. ClientGUID and Salt of r are what Append replaces.
func NewTemplate(r *NegotiateRequest) Template {
	t := Template{frame: AppendNegotiate(nil, r)}
	if slices.Contains(r.Dialects, Dialect311) {
		t.salt = 4 + int(binary.LittleEndian.Uint32(t.frame[frameContexts:])) + preauthSalt
	}
	return t
}

// Append appends the request with sixteen random bytes as client GUID and thirty-two as salt.
func (t Template) Append(dst []byte, random *[48]byte) []byte {
	start := len(dst)
	dst = append(dst, t.frame...)
	copy(dst[start+frameGUID:], random[:16])
	if t.salt != 0 {
		copy(dst[start+t.salt:], random[16:])
	}
	return dst
}

// Len is the length of the request in bytes.
func (t Template) Len() int { return len(t.frame) }
