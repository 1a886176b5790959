package ntlmssp

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.Hash.New
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"testing"
)

// certificates makes one for each signature algorithm that crypto/x509 can sign with.
func certificates(t testing.TB) map[x509.SignatureAlgorithm][]byte {
	t.Helper()
	made := map[x509.SignatureAlgorithm][]byte{}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for a, key := range map[x509.SignatureAlgorithm]crypto.Signer{
		x509.SHA1WithRSA: rsaKey, x509.SHA256WithRSA: rsaKey, x509.SHA384WithRSA: rsaKey, x509.SHA512WithRSA: rsaKey,
		x509.SHA256WithRSAPSS: rsaKey, x509.SHA384WithRSAPSS: rsaKey, x509.SHA512WithRSAPSS: rsaKey,
		x509.ECDSAWithSHA1: ecKey, x509.ECDSAWithSHA256: ecKey, x509.ECDSAWithSHA384: ecKey, x509.ECDSAWithSHA512: ecKey,
		x509.PureEd25519: edKey,
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: a}
		if made[a], err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
			t.Fatalf("%v: %v", a, err)
		}
	}
	return made
}

// Every algorithm a certificate can be signed with, and the hash that its binding takes (RFC 5929 §4.1).
func TestServerEndPoint(t *testing.T) {
	expect := func(name string, der []byte, h crypto.Hash) {
		t.Helper()
		sum := h.New()
		sum.Write(der)
		got, err := ServerEndPoint(der)
		if want := sum.Sum([]byte("tls-server-end-point:")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x (%v), want %x", name, got, err, want)
		}
	}
	made := certificates(t)
	for a, h := range map[x509.SignatureAlgorithm]crypto.Hash{
		x509.SHA1WithRSA: crypto.SHA256, x509.SHA256WithRSA: crypto.SHA256, x509.SHA384WithRSA: crypto.SHA384, x509.SHA512WithRSA: crypto.SHA512,
		x509.SHA256WithRSAPSS: crypto.SHA256, x509.SHA384WithRSAPSS: crypto.SHA384, x509.SHA512WithRSAPSS: crypto.SHA512,
		x509.ECDSAWithSHA1: crypto.SHA256, x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
		x509.PureEd25519: crypto.SHA256,
	} {
		expect(a.String(), made[a], h)
	}
	// What crypto/x509 does not sign with: the last arc of an identifier turned into another's.
	for _, c := range []struct {
		name     string
		of       x509.SignatureAlgorithm
		from, to string
		want     crypto.Hash
	}{
		{"MD5 with RSA", x509.SHA256WithRSA, "2a864886f70d01010b", "2a864886f70d010104", crypto.SHA256},
		{"SHA-224 with RSA", x509.SHA256WithRSA, "2a864886f70d01010b", "2a864886f70d01010e", crypto.SHA224},
		{"ECDSA with SHA-224", x509.ECDSAWithSHA256, "2a8648ce3d040302", "2a8648ce3d040301", crypto.SHA224},
		{"PSS with SHA-224", x509.SHA256WithRSAPSS, "608648016503040201", "608648016503040204", crypto.SHA224},
		{"nobody's algorithm", x509.ECDSAWithSHA512, "2a8648ce3d040304", "2a8648ce3d04037f", crypto.SHA256},
		// Salt as long as the hash is usual, and not the rule.
		{"PSS with SHA-384 and another salt", x509.SHA384WithRSAPSS, "a203020130", "a203020120", crypto.SHA384},
	} {
		der := bytes.ReplaceAll(made[c.of], unhex(t, c.from), unhex(t, c.to))
		if bytes.Equal(der, made[c.of]) {
			t.Fatalf("%s: nothing to turn", c.name)
		}
		expect(c.name, der, c.want)
	}
	for _, bad := range []string{"", "30", "3003020101", "30053000300102", "300e3000300a06092a864886f70d01010a"} {
		if got, err := ServerEndPoint(unhex(t, bad)); err == nil || got != nil {
			t.Errorf("%q: %x, %v", bad, got, err)
		}
	}
}

// TestChannelBindings uses the value that gss-ntlmssp 1.2.0 computed for the same data and compared with ours.
func TestChannelBindings(t *testing.T) {
	got := ChannelBindings([]byte("tls-server-end-point:0123456789abcdef0123456789abcdef"))
	if hex.EncodeToString(got[:]) != "5eda5394c965f26697e73da2828a7ad0" {
		t.Errorf("%x", got)
	}
}

// Whatever a server shows as its certificate, a binding is its hash or an error.
func FuzzServerEndPoint(f *testing.F) {
	for _, der := range certificates(f) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ServerEndPoint(b)
		if (err == nil) != (len(got) > len("tls-server-end-point:")) {
			t.Fatalf("%x, %v", got, err)
		}
	})
}
