package reach

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// TLS is TLS as it goes out to a server of a name (empty: whoever dials says it), verified by roots (nil: the system's), and guarded.
func TLS(name string, roots *x509.CertPool) *tls.Config {
	return Guard(&tls.Config{ServerName: name, RootCAs: roots})
}

// Guard names versions and suites, since the program's defaults let in all that old servers need to be asked with, and refuses certificates
// that nobody should trust any more. Whose they have to be stays as c says.
func Guard(c *tls.Config) *tls.Config {
	c.MinVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	c.VerifyConnection = verify
	return c
}

// verify refuses what a server showed. Where the client believes any certificate, the chain is held to what it says all the same.
func verify(c tls.ConnectionState) error {
	if len(c.VerifiedChains) == 0 {
		if len(c.PeerCertificates) == 0 {
			return errors.New("it shows no certificate")
		}
		return strong(c.PeerCertificates)
	}
	for _, chain := range c.VerifiedChains {
		if strong(chain) == nil {
			return nil
		}
	}
	return strong(c.VerifiedChains[0])
}

// strong refuses a chain, whose first certificate is the server's, with a short key, or with a signature that can be forged. That of a root
// is not looked at.
func strong(chain []*x509.Certificate) error {
	for i, c := range chain {
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
			return fmt.Errorf("a certificate of its chain has an RSA key of %d bits, fewer than 2048", k.N.BitLen())
		}
		if i > 0 && i == len(chain)-1 {
			break
		}
		switch c.SignatureAlgorithm {
		case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
			return fmt.Errorf("a certificate of its chain is signed with %s", c.SignatureAlgorithm)
		}
	}
	return nil
}
