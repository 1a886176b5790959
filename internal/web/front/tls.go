package front

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
)

// tlsConfig is TLS as this server speaks it. Versions, suites and signatures are named, since the program's defaults let in all that old
// servers need to be asked with.
func tlsConfig(own *renewed) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: own.show,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}

// loadCertificate reads the server's own certificate, and refuses one that browsers would refuse or that protects nobody. It says with which
// signatures it proves that it has the key.
func loadCertificate(certFile, keyFile string) (tls.Certificate, error) {
	switch {
	case certFile == "":
		return tls.Certificate{}, wrong("tls-cert", "is missing beside --tls-key")
	case keyFile == "":
		return tls.Certificate{}, wrong("tls-key", "is missing beside --tls-cert")
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return tls.Certificate{}, wrong("tls-cert", "%v", err)
	}
	for i, der := range cert.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return tls.Certificate{}, wrong("tls-cert", "certificate %d of the file: %v", i+1, err)
		}
		if err := strong(c); err != nil {
			return tls.Certificate{}, wrong("tls-cert", "%v", err)
		}
	}
	cert.SupportedSignatureAlgorithms = []tls.SignatureScheme{
		tls.ECDSAWithP256AndSHA256, tls.ECDSAWithP384AndSHA384, tls.ECDSAWithP521AndSHA512, tls.Ed25519,
		tls.PSSWithSHA256, tls.PSSWithSHA384, tls.PSSWithSHA512, tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512,
	}
	return cert, nil
}

// strong refuses a certificate signed with a broken hash, or of a short key.
func strong(c *x509.Certificate) error {
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		return fmt.Errorf("the certificate of %s is signed with %s: have one made that is signed with SHA-256", c.Subject, c.SignatureAlgorithm)
	}
	if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
		return fmt.Errorf("the certificate of %s has an RSA key of %d bits: have one made with at least 2048", c.Subject, k.N.BitLen())
	}
	return nil
}
