package reach

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"testing"
)

// A chain whose leaf an authority signed with SHA-1: Go refuses it unless told otherwise, and a client that believes any certificate tells it
// otherwise.
func TestStrong(t *testing.T) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	right := &x509.Certificate{SignatureAlgorithm: x509.ECDSAWithSHA256, PublicKey: &k.PublicKey}
	old := &x509.Certificate{SignatureAlgorithm: x509.SHA1WithRSA, PublicKey: &k.PublicKey}
	weak := &x509.Certificate{SignatureAlgorithm: x509.SHA256WithRSA, PublicKey: &short.PublicKey}
	for name, c := range map[string]struct {
		shown    []*x509.Certificate
		verified [][]*x509.Certificate
		ok       bool
	}{
		"none":                     {},
		"its own":                  {shown: []*x509.Certificate{right}, ok: true},
		"its own, SHA-1":           {shown: []*x509.Certificate{old}},
		"its own, short":           {shown: []*x509.Certificate{weak}},
		"SHA-1 below a root":       {shown: []*x509.Certificate{old, right}},
		"a root by SHA-1":          {shown: []*x509.Certificate{right, old}, ok: true},
		"a short root":             {shown: []*x509.Certificate{right, weak}},
		"between, by SHA-1":        {shown: []*x509.Certificate{right, old, right}},
		"one chain of two is good": {shown: []*x509.Certificate{right}, verified: [][]*x509.Certificate{{right, old, right}, {right, right}}, ok: true},
		"no chain of two is":       {shown: []*x509.Certificate{right}, verified: [][]*x509.Certificate{{right, old, right}, {right, weak}}},
	} {
		if err := verify(tls.ConnectionState{PeerCertificates: c.shown, VerifiedChains: c.verified}); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
