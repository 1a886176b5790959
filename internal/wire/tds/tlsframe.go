package tds

import (
	"errors"
	"fmt"
)

// AppendWrapped appends TLS bytes of the handshake as PRELOGIN packets (MS-TDS 3.2.5.2): TLS records and packets
// do not have to line up, but one flight ends with an end-of-message packet.
func AppendWrapped(dst, tls []byte) []byte {
	if len(tls) == 0 {
		return dst
	}
	return AppendMessage(dst, TypePrelogin, tls, DefaultPacketSize)
}

// ErrRefused says that the server answered a TLS handshake with an error token instead.
var ErrRefused = errors.New("tds: the server answered the TLS handshake with an error")

// Unwrap returns the TLS bytes of the first packet of b, and how many bytes of b that packet took: 0 means that it
// is not complete yet. A server wraps its flights in PRELOGIN packets (MS-TDS 3.3.5.2); one that uses tabular
// packets is read too. first says that nothing was unwrapped before: only then is an error token told from TLS.
//
// An error means that b does not continue the handshake; the other results are then zero.
func Unwrap(b []byte, first bool) (tls []byte, n int, err error) {
	p, rest, err := ReadPacket(b)
	switch {
	case errors.Is(err, ErrShort):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	case p.Type != TypePrelogin && p.Type != TypeTabular:
		return nil, 0, fmt.Errorf("tds: packet of type 0x%02x in a TLS handshake", p.Type)
	case first && p.Type == TypeTabular && len(p.Payload) > 0 && p.Payload[0] == tokenError:
		return nil, 0, ErrRefused // 0xaa starts no TLS record
	}
	return p.Payload, len(b) - len(rest), nil
}
