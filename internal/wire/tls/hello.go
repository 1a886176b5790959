package tls

import (
	"encoding/binary"
	"errors"
)

// Content types of records (RFC 8446 §5.1) and types of handshake messages (§4, RFC 5246 §7.4).
const (
	typeChangeCipherSpec = 20
	typeHandshake        = 22

	helloServer        = 2
	certificate        = 11
	certificateRequest = 13
)

// extSupportedVersions is the extension in which TLS 1.3 says that it is that (RFC 8446 §4.2.1).
const extSupportedVersions = 43

// Bounds of what is kept of a handshake, whatever it says.
const (
	mostHandshake    = 256 << 10 // bytes, all messages together
	mostCertificates = 16
)

const (
	recordHeader = 5
	mostRecord   = 1<<14 + 2048 // of TLS 1.2, protected (RFC 5246 §6.2.3)
)

// ErrNone says that the bytes are no TLS, or do not reach a whole hello.
var ErrNone = errors.New("tls: no hello")

// Server is what a server sends in the clear. Version is that of the wire, 0x0303 for TLS 1.2; Certificates are DER, its own
// first, and nil where they are encrypted (TLS 1.3), where a session was resumed, or where the bytes end before them.
type Server struct {
	Version      uint16
	Certificates [][]byte
	// ClientCertificate says that it asked for one.
	ClientCertificate bool
}

// Starts tells whether a stream may begin with the hello of a server.
func Starts(b []byte) bool {
	if len(b) < recordHeader+1 || b[0] != typeHandshake || b[1] != 3 || b[2] > 4 {
		return false
	}
	n := binary.BigEndian.Uint16(b[3:])
	return n >= 4 && n <= mostRecord && b[recordHeader] == helloServer
}

// records yields the handshake bytes of one side, record by record, up to where it says that it encrypts from here on, or
// to the first bytes that are no record. A dummy change_cipher_spec, as TLS 1.3 has them after a HelloRetryRequest, is passed
// over where again says so.
func records(b []byte, again func() bool, yield func([]byte)) {
	for total := 0; len(b) >= recordHeader && b[1] == 3; {
		n := int(binary.BigEndian.Uint16(b[3:]))
		if n > mostRecord || len(b) < recordHeader+n {
			return
		}
		body := b[recordHeader : recordHeader+n]
		switch {
		case b[0] == typeChangeCipherSpec && again():
		case b[0] == typeHandshake && total+n <= mostHandshake:
			total += n
			yield(body)
		default:
			return
		}
		b = b[recordHeader+n:]
	}
}

// messages splits handshake bytes into messages as far as they are whole. What it yields holds until the next bytes come.
type messages struct{ buf []byte }

func (m *messages) add(body []byte, yield func(kind byte, b []byte)) {
	m.buf = append(m.buf, body...)
	b := m.buf
	for len(b) >= 4 {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if len(b) < 4+n {
			break
		}
		yield(b[0], b[4:4+n])
		b = b[4+n:]
	}
	if len(b) < len(m.buf) {
		m.buf = m.buf[:copy(m.buf, b)]
	}
}

// ParseServer reads a server's stream.
func ParseServer(stream []byte) (Server, error) {
	var s Server
	found, retried := false, false
	var m messages
	records(stream, func() bool { return retried && !found }, func(body []byte) {
		m.add(body, func(kind byte, b []byte) {
			switch {
			case kind == helloServer && !found:
				var retry, ok bool
				var hello Server
				if hello, retry, ok = parseServerHello(b); ok && !retry {
					s, found = hello, true
				}
				retried = retried || ok && retry
			case kind == certificate && found && s.Certificates == nil && s.Version < 0x0304:
				s.Certificates = parseCertificates(b)
			case kind == certificateRequest && found && s.Version < 0x0304:
				s.ClientCertificate = true
			}
		})
	})
	if !found {
		return Server{}, ErrNone
	}
	return s, nil
}

// cursor takes vectors off bytes; after the first that is not there everything it takes is empty.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.bad, c.b = true, nil
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) number(size int) int {
	n := 0
	for _, x := range c.take(size) {
		n = n<<8 | int(x)
	}
	return n
}

// vector is a length of so many bytes and what it counts.
func (c *cursor) vector(size int) []byte { return c.take(c.number(size)) }

// retryRandom stands in for the random bytes of a HelloRetryRequest (RFC 8446 §4.1.3).
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

func parseServerHello(b []byte) (s Server, retry, ok bool) {
	c := cursor{b: b}
	s.Version = uint16(c.number(2))
	random := c.take(32)
	c.vector(1)   // session id
	c.take(2 + 1) // cipher suite, compression
	if c.bad || s.Version < 0x0300 || s.Version > 0x0303 {
		return Server{}, false, false
	}
	extensions(&c, func(kind int, body []byte) {
		in := cursor{b: body}
		if v := uint16(in.number(2)); kind == extSupportedVersions && !in.bad {
			s.Version = v
		}
	})
	return s, string(random) == retryRandom, true
}

// extensions yields those that are whole. A hello may have none.
func extensions(c *cursor, yield func(kind int, body []byte)) {
	if len(c.b) == 0 {
		return
	}
	for list := (cursor{b: c.vector(2)}); len(list.b) >= 4; {
		kind, body := list.number(2), list.vector(2)
		if list.bad {
			return
		}
		yield(kind, body)
	}
}

// parseCertificates reads a Certificate of TLS 1.2 and before (RFC 5246 §7.4.2).
func parseCertificates(b []byte) [][]byte {
	c := cursor{b: b}
	var out [][]byte
	for list := (cursor{b: c.vector(3)}); len(list.b) > 0 && len(out) < mostCertificates; {
		if one := list.vector(3); !list.bad && len(one) > 0 {
			out = append(out, append([]byte(nil), one...))
		}
	}
	return out
}
