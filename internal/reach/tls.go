package reach

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
)

// TLS is TLS as it goes out to a server of a name (empty: whoever dials says it), verified by roots (nil: the system's). Versions and suites are named, since the program's defaults let in all that old servers need to be
// asked with; what nobody should trust any more is refused.
func TLS(name string, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		ServerName: name,
		RootCAs:    roots,
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		VerifyConnection: func(c tls.ConnectionState) error {
			for _, chain := range c.VerifiedChains {
				if Strong(chain) == nil {
					return nil
				}
			}
			if len(c.VerifiedChains) == 0 {
				return fmt.Errorf("its certificate was not verified")
			}
			return Strong(c.VerifiedChains[0])
		},
	}
}

// Strong refuses a chain with a short key, or with a signature that can be forged, but for that of its root, which is not looked at.
func Strong(chain []*x509.Certificate) error {
	for i, c := range chain {
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
			return fmt.Errorf("a certificate of its chain has an RSA key of %d bits, fewer than 2048", k.N.BitLen())
		}
		if i == len(chain)-1 {
			break
		}
		switch c.SignatureAlgorithm {
		case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
			return fmt.Errorf("a certificate of its chain is signed with %s", c.SignatureAlgorithm)
		}
	}
	return nil
}
