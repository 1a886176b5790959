package check

import (
	"crypto/x509"

	"signet"
	"signet/internal/certificate"
	"signet/internal/wire/tls"
)

// HeardTLS is what a TLS handshake between others showed, of which server is what the server sent, from its first record on:
// up to TLS 1.2 its certificate, in TLS 1.3 the version alone. ok is false where there is no handshake.
func HeardTLS(server []byte) (f *signet.TLS, ok bool) {
	s, err := tls.ParseServer(server)
	if err != nil {
		return nil, false
	}
	f = &signet.TLS{Version: certificate.Version(s.Version), Names: []string{}, ClientCertificate: s.ClientCertificate}
	if len(s.Certificates) > 0 {
		if leaf, err := x509.ParseCertificate(s.Certificates[0]); err == nil {
			certificate.Describe(f, leaf)
		}
	}
	return f, true
}

// Plainer tells whether a handshake shows more of the server than another: its certificate, or an older version, which
// is what it still takes. A nil one shows nothing.
func Plainer(a, b *signet.TLS) bool {
	switch {
	case a == nil || b == nil:
		return a != nil
	case (a.Subject != "") != (b.Subject != ""):
		return a.Subject != ""
	case a.Version != b.Version:
		return a.Version < b.Version
	}
	return a.Subject+a.NotAfter < b.Subject+b.NotAfter
}
