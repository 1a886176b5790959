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

// Unwrap appends to tls the TLS bytes of every complete packet at the start of b, and returns it with what is
// left of b: less than one packet. A server wraps its flight in PRELOGIN packets (3.3.5.2); one that answers in
// tabular packets is read too, so that its refusal can be told from silence.
//
// An error means that b does not continue the handshake; the results are then zero. ErrRefused is a server that
// answered with an error token.
func Unwrap(tls, b []byte) (out, rest []byte, err error) {
	for {
		p, rest, err := ReadPacket(b)
		if errors.Is(err, ErrShort) {
			return tls, b, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if p.Type == TypeTabular && len(tls) == 0 && len(p.Payload) > 0 && p.Payload[0] == tokenError {
			return nil, nil, ErrRefused // 0xaa starts no TLS record
		}
		if p.Type != TypePrelogin && p.Type != TypeTabular {
			return nil, nil, fmt.Errorf("tds: packet of type 0x%02x in a TLS handshake", p.Type)
		}
		if len(tls)+len(p.Payload) > MaxMessage {
			return nil, nil, fmt.Errorf("tds: TLS flight of more than %d bytes", MaxMessage)
		}
		tls = append(tls, p.Payload...)
		b = rest
	}
}

// ErrRefused says that the server answered a TLS handshake with an error token instead.
var ErrRefused = errors.New("tds: the server answered the TLS handshake with an error")
