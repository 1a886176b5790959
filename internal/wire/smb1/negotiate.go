package smb1

import (
	"encoding/binary"
	"fmt"
)

// Dialect is the only dialect that we offer.
const Dialect = "NT LM 0.12"

// NoDialect is the dialect index of a server that accepts none of those offered.
const NoDialect uint16 = 0xffff

// SecurityMode bits ([MS-CIFS] §2.2.4.52.2). Without UserLevel the server protects shares, not users; without
// EncryptPasswords it wants passwords in plain text; without both signing bits it does not sign.
const (
	UserLevel        byte = 0x01
	EncryptPasswords byte = 0x02
	SigningEnabled   byte = 0x04
	SigningRequired  byte = 0x08
)

// Capability bits. CapExtendedSecurity says that a session setup carries SPNEGO tokens; CapUnicode also says how
// the names of the answer itself are written, whatever its Flags2 claim: Windows 2000 and XP answer a client that
// did not offer Unicode with UTF-16 names under Flags2 0.
const (
	CapUnicode          uint32 = 0x00000004
	CapExtendedSecurity uint32 = 0x80000000
)

// AppendNegotiate appends a framed NEGOTIATE request for NT LM 0.12 (51 bytes).
func AppendNegotiate(dst []byte) []byte {
	start := len(dst)
	dst = AppendHeader(startFrame(dst), request(CommandNegotiate))
	return appendBlock(dst, start, nil, []byte("\x02"+Dialect+"\x00"))
}

// AppendMultiProtocol appends a framed NEGOTIATE request for NT LM 0.12 and SMB 2 (73 bytes). A server that has
// SMB 2 answers in SMB 2, with a negotiate response of dialect 2.0.2 or the wildcard, even where SMB 1 is removed
// ([MS-SMB2] §3.3.5.3.1); one that answers in SMB 1 has no SMB 2. It says nothing about SMB 1 on a server with both.
func AppendMultiProtocol(dst []byte) []byte {
	start := len(dst)
	h := request(CommandNegotiate)
	h.PID = 0x523d // as in the bytes that were tried out; any would do
	dst = AppendHeader(startFrame(dst), h)
	return appendBlock(dst, start, nil, []byte("\x02"+Dialect+"\x00\x02SMB 2.002\x00\x02SMB 2.???\x00"))
}

// NegotiateResponse is the answer to NEGOTIATE. What WordCount does not provide for stays zero.
type NegotiateResponse struct {
	// WordCount tells the three forms of the answer apart: 17 NT LM 0.12, 13 LAN Manager, 1 the core protocol or,
	// with DialectIndex NoDialect, no dialect at all. Only 17 has a security mode with signing bits.
	WordCount    byte
	DialectIndex uint16
	SecurityMode byte
	Capabilities uint32
	SystemTime   uint64 // FILETIME: 100 ns since 1601, UTC; only NT LM 0.12
	TimeZone     int16  // minutes west of UTC
	GUID         [16]byte
	Token        []byte // SPNEGO, with extended security; points into the input
	Challenge    []byte // without extended security; points into the input
	Domain       string
	Server       string
}

// ExtendedSecurity says whether the answer carries a GUID and a token instead of a challenge.
func (n *NegotiateResponse) ExtendedSecurity() bool { return n.Capabilities&CapExtendedSecurity != 0 }

// Accepted says whether the server agreed to a dialect.
func (n *NegotiateResponse) Accepted() bool { return n.WordCount != 0 && n.DialectIndex != NoDialect }

// ParseNegotiate reads an answer to NEGOTIATE with status 0; any other status is an error, because such an answer
// has no security mode. On error the result is zero.
func ParseNegotiate(msg []byte) (NegotiateResponse, error) {
	h, words, data, err := answer(msg, CommandNegotiate)
	if err != nil {
		return NegotiateResponse{}, err
	}
	if h.Status != 0 {
		return NegotiateResponse{}, fmt.Errorf("smb1: negotiate answered status 0x%08x", h.Status)
	}
	n := NegotiateResponse{WordCount: byte(len(words) / 2)}
	switch n.WordCount {
	case 1:
		n.DialectIndex = binary.LittleEndian.Uint16(words)
	case 13:
		err = n.lanman(words, data)
	case 17:
		err = n.ntlm012(words, data)
	default:
		err = fmt.Errorf("smb1: negotiate answer of %d words, want 1, 13 or 17", n.WordCount)
	}
	if err != nil {
		return NegotiateResponse{}, err
	}
	return n, nil
}

func (n *NegotiateResponse) ntlm012(words, data []byte) error {
	n.DialectIndex = binary.LittleEndian.Uint16(words)
	n.SecurityMode = words[2]
	n.Capabilities = binary.LittleEndian.Uint32(words[19:])
	n.SystemTime = binary.LittleEndian.Uint64(words[23:])
	n.TimeZone = int16(binary.LittleEndian.Uint16(words[31:]))
	if n.ExtendedSecurity() {
		if len(data) < len(n.GUID) {
			return errShort
		}
		n.Token = data[copy(n.GUID[:], data):]
		return nil
	}
	size := int(words[33])
	if len(data) < size {
		return errShort
	}
	n.Challenge = data[:size:size]
	// The names are not aligned, even when they are UTF-16.
	wide := n.Capabilities&CapUnicode != 0
	n.Domain, data = cutText(data[size:], wide)
	n.Server, _ = cutText(data, wide)
	return nil
}

func (n *NegotiateResponse) lanman(words, data []byte) error {
	n.DialectIndex = binary.LittleEndian.Uint16(words)
	n.SecurityMode = words[2] & (UserLevel | EncryptPasswords) // LAN Manager knows no other bit
	n.TimeZone = int16(binary.LittleEndian.Uint16(words[20:]))
	size := int(binary.LittleEndian.Uint16(words[22:]))
	if len(data) < size {
		return errShort
	}
	n.Challenge = data[:size:size]
	n.Domain, _ = cutText(data[size:], false)
	return nil
}

// AppendNegotiateResponse appends the framed answer of a server, for tests and stand-in servers. A WordCount that
// is neither 1 nor 13 is written as 17.
func AppendNegotiateResponse(dst []byte, n *NegotiateResponse) []byte {
	start := len(dst)
	h := request(CommandNegotiate)
	h.Flags |= flagReply
	dst = AppendHeader(startFrame(dst), h)
	challenge := n.Challenge[:min(len(n.Challenge), 0xff)]
	words, data := make([]byte, 34), []byte(nil)
	binary.LittleEndian.PutUint16(words, n.DialectIndex)
	words[2] = n.SecurityMode
	switch n.WordCount {
	case 1:
		return appendBlock(dst, start, words[:2], nil)
	case 13:
		binary.LittleEndian.PutUint16(words[20:], uint16(n.TimeZone))
		binary.LittleEndian.PutUint16(words[22:], uint16(len(challenge)))
		data = appendText(append(data, challenge...), n.Domain, false)
		return appendBlock(dst, start, words[:26], data)
	}
	binary.LittleEndian.PutUint32(words[19:], n.Capabilities)
	binary.LittleEndian.PutUint64(words[23:], n.SystemTime)
	binary.LittleEndian.PutUint16(words[31:], uint16(n.TimeZone))
	if n.ExtendedSecurity() {
		data = append(append(data, n.GUID[:]...), n.Token...)
	} else {
		words[33] = byte(len(challenge))
		wide := n.Capabilities&CapUnicode != 0
		data = appendText(append(data, challenge...), n.Domain, wide)
		data = appendText(data, n.Server, wide)
	}
	return appendBlock(dst, start, words, data)
}
