package check

import "signet"

// TLS says how to make a connection a TLS one. Certificates are never verified: the question is what the server
// does, not who it is.
type TLS struct {
	ServerName string   // SNI; empty sends none
	NextProtos []string // ALPN
	MaxVersion uint16   // crypto/tls constant; 0 means 1.3
	Framer     Framer   // wraps TLS records for protocols that carry them inside their own packets (TDS); nil: bare
}

// Framer wraps each flight of TLS records on its way out and unwraps what arrives.
type Framer interface {
	// Wrap appends records to dst as the carrying protocol sends them.
	Wrap(dst, records []byte) []byte
	// Unwrap returns the TLS bytes of the first whole packet of in and how much of in it took; consumed 0 means
	// that more bytes are needed.
	Unwrap(in []byte) (records []byte, consumed int, err error)
	// Established is called once when the handshake is over, for protocols that then stop wrapping.
	Established()
}

// TLSState is what a handshake showed.
type TLSState struct {
	Facts    signet.TLS
	Version  uint16 // crypto/tls constant
	Protocol string // ALPN
	Leaf     []byte // the server's certificate, DER; nil if it showed none
}
