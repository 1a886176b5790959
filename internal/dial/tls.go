package dial

import (
	"context"
	"crypto/tls"
	"net"

	"signet"
	"signet/internal/certificate"
)

// Secure is a TLS connection and what its handshake showed.
type Secure struct {
	*tls.Conn
	Facts signet.TLS
	State tls.ConnectionState
}

// Options of a handshake.
type TLSOptions struct {
	ServerName string
	NextProtos []string
	MaxVersion uint16
}

// Client makes c a TLS connection. Deadlines are the caller's.
func Client(ctx context.Context, c net.Conn, o TLSOptions) (*Secure, error) {
	asked := false
	conn := tls.Client(c, &tls.Config{
		ServerName:         o.ServerName,
		NextProtos:         o.NextProtos,
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         o.MaxVersion,
		CipherSuites:       allSuites(),
		CurvePreferences:   curves(),
		Renegotiation:      tls.RenegotiateOnceAsClient,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	s := &Secure{Conn: conn, State: conn.ConnectionState()}
	s.Facts = describe(s.State)
	s.Facts.ClientCertificate = asked
	return s, nil
}

// curves leaves out the key exchanges that guard secrets against tomorrow's machines: there is no secret here, they take a
// fifth of a handshake, and their long first message is more than some old load balancers take. Every server that has
// them has one of these.
func curves() []tls.CurveID {
	return []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
}

// allSuites lists every cipher suite crypto/tls has, insecure ones last: servers of 2003 have no other.
func allSuites() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}

func describe(st tls.ConnectionState) signet.TLS {
	f := signet.TLS{Version: certificate.Version(st.Version), Names: []string{}}
	if len(st.PeerCertificates) > 0 {
		certificate.Describe(&f, st.PeerCertificates[0])
	}
	return f
}
