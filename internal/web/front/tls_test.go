package front

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate of a key for signet.example, signed by itself, in files.
func certificate(t *testing.T, key crypto.Signer, alg x509.SignatureAlgorithm) (cert, keyFile string) {
	t.Helper()
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signet.example"}, DNSNames: []string{"signet.example"}, SignatureAlgorithm: alg,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signet.example"}}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: k}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, keyFile
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestWeakCertificate: the program reads weak certificates of others, and shows none itself.
func TestWeakCertificate(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := rsaKey(t, 2048)
	for _, c := range []struct {
		key  crypto.Signer
		alg  x509.SignatureAlgorithm
		want string
	}{
		{rsaKey(t, 1024), x509.SHA256WithRSA, "1024 bits"},
		{good, x509.SHA1WithRSA, "SHA1-RSA"},
		{ec, x509.ECDSAWithSHA1, "ECDSA-SHA1"},
		{good, x509.SHA256WithRSA, ""},
		{ec, x509.ECDSAWithSHA256, ""},
	} {
		cert, key := certificate(t, c.key, c.alg)
		_, err := New(Config{Listen: "0.0.0.0:0", Cert: cert, Key: key})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v, want %q", c.alg, err, c.want)
		}
	}
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA)
	at := start(t, Config{Cert: cert, Key: key}, ok)
	if want := "https://127.0.0.1:"; !strings.HasPrefix(at.URL(), want) {
		t.Errorf("reached by %s, want %s", at.URL(), want)
	}
	for _, c := range []struct {
		name   string
		config *tls.Config
		want   bool
	}{
		{"1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
		{"1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"RSA key exchange", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, false},
		{"CBC", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}}, false},
		{"3DES", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}, false},
	} {
		err := clientTLS(at, c.config)
		if (err == nil) != c.want {
			t.Errorf("%s: %v, want it to work: %v", c.name, err, c.want)
		}
		if c.name == "1.1" && err != nil && !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("%s is refused since %v, want it refused as a version", c.name, err)
		}
	}
	for sigalg, want := range map[string]bool{"RSA+SHA1": false, "RSA+SHA256": true} { // Go's own client cannot be told
		out, err := exec.Command("openssl", "s_client", "-connect", at.addr, "-tls1_2", "-cipher", "DEFAULT@SECLEVEL=0", "-sigalgs", sigalg, "-brief", "-no_ign_eof").CombinedOutput()
		if got := err == nil && strings.Contains(string(out), "CONNECTION ESTABLISHED"); got != want {
			t.Errorf("%s: %v %s, want it to work: %v", sigalg, err, out, want)
		}
	}
}

// TestURLOfCertificate: the names of the certificate are names of the server.
func TestURLOfCertificate(t *testing.T) {
	cert, key := certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA)
	c := Config{Listen: "0.0.0.0:0", Cert: cert, Key: key}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReach(&c, s.own, "8471")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"signet.example:8471": true, "other.example:8471": false, "signet.example": false, "192.0.2.1:8471": true} {
		if r.knows(host) != want {
			t.Errorf("%s: known %v, want %v", host, !want, want)
		}
	}
	c.URL = "http://signet.example"
	if _, err := New(c); err == nil {
		t.Error("a URL of http with TLS is taken")
	}
}

// TestRenewedCertificate: a certificate that is renewed in its files is shown to who connects next, under its own names; what is no good is not.
func TestRenewedCertificate(t *testing.T) {
	cert, key := certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA)
	at := start(t, Config{Cert: cert, Key: key, Stat: os.Stat}, ok)
	replace := func(fromCert, fromKey string) {
		t.Helper()
		for to, from := range map[string]string{cert: fromCert, key: fromKey} {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to+".new", text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(to+".new", to); err != nil {
				t.Fatal(err)
			}
		}
	}
	shown := func() []byte {
		t.Helper()
		conn, err := tls.Dial("tcp", at.addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Raw
	}
	first := shown()
	replace(certificate(t, rsaKey(t, 1024), x509.SHA256WithRSA))
	for range 2 {
		if !bytes.Equal(shown(), first) {
			t.Fatal("a certificate that would be refused at the start is shown")
		}
	}
	if n := strings.Count(at.trouble.text(), "goes on"); n != 1 || !strings.Contains(at.trouble.text(), "1024 bits") {
		t.Errorf("told of %d times: %s", n, at.trouble.text())
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(shown(), first) {
		t.Error("without a key, something else is shown")
	}
	replace(certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA))
	if bytes.Equal(shown(), first) {
		t.Error("the renewed certificate is not shown")
	}
	if err := Probe(t.Context(), Config{Listen: at.addr, Cert: cert, Key: key}); err != nil {
		t.Errorf("a probe that reads the renewed one: %v", err)
	}
}

func clientTLS(at *running, c *tls.Config) error {
	pool := x509.NewCertPool()
	pool.AddCert(at.own.shown.Leaf)
	c.RootCAs, c.ServerName = pool, "signet.example"
	conn, err := tls.Dial("tcp", at.addr, c)
	if err == nil {
		conn.Close()
	}
	return err
}
