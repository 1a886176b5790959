package notify

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sender is one that may reach this machine, as no other may.
func sender(t *testing.T) *Sender {
	t.Helper()
	return &Sender{Version: "1.0", near: true}
}

// hostile is a message about a server that calls itself what it likes.
func hostile() *Message {
	return &Message{ID: "msg_1", At: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Kind: Worsened, Severity: "high", Site: "hq", Run: "r1",
		Title: "2 findings are worse\r\nBcc: evil@evil.example\r\nX-Evil: 1", Link: "https://signet.corp.example/board?state=open",
		Rows: []Row{{Change: "worsened", Rule: "smb-signing-not-required", Severity: "high", Host: `"}],"x":"<img src=x>{{.Link}}`, Address: "10.0.0.5", Port: 445},
			{Change: "appeared", Rule: "adcs", Severity: "critical", Host: "<!channel> @all [click](http://evil.example)", Address: "10.0.0.6", Port: 80, Where: "/certsrv/", Owner: "desk"}},
		More: 3}
}

// certificate makes one of 127.0.0.1 that signs itself, as files, and the roots that trust it.
func certificate(t *testing.T, bits int, with x509.SignatureAlgorithm) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, SignatureAlgorithm: with, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(c)
	return certFile, keyFile, roots
}

// took is what a receiver of webhooks took.
type took struct {
	header http.Header
	body   []byte
}

func TestSyslog(t *testing.T) {
	certFile, keyFile, roots := certificate(t, 2048, x509.SHA256WithRSA)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"syslog", "syslogs"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if scheme == "syslogs" {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
		}
		all := make(chan []byte, 1)
		go func() {
			defer close(all)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			b, err := io.ReadAll(c)
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
			}
			all <- b
		}()
		s := sender(t)
		s.Roots, s.Host = roots, "hub 1"
		m := hostile()
		m.Rows[0].Host = "naïve 🏴 host"
		if r, err := s.Send(t.Context(), Channel{Kind: "syslog", URL: scheme + "://" + l.Addr().String()}, m); err != nil || r.Status != "sent" {
			t.Fatalf("%s: %+v %v", scheme, r, err)
		}
		b := <-all
		l.Close()
		var n int
		r := bufio.NewReader(bytes.NewReader(b))
		if _, err := fmt.Fscanf(r, "%d ", &n); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		record, err := io.ReadAll(r)
		if err != nil || len(record) != n {
			t.Fatalf("%v: %d bytes, %d said", err, len(record), n)
		}
		head, text, _ := strings.Cut(string(record), " - {")
		if head != "<35>1 2026-11-29T12:00:00.000Z hub1 signet - findings.worsened" {
			t.Errorf("head %q", head)
		}
		var e struct {
			ID   string
			Data struct{ Rows []struct{ Host string } }
		}
		if err := json.Unmarshal([]byte("{"+text), &e); err != nil || e.ID != "msg_1" || e.Data.Rows[0].Host != m.Rows[0].Host || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%v %s", err, text)
		}
	}
	m := hostile()
	m.Rows = nil
	for range MostRows {
		m.Rows = append(m.Rows, Row{Text: strings.Repeat("é", 400)})
	}
	b, err := sender(t).record(m)
	if err != nil || len(b) > mostRecord || !strings.Contains(string(b), `"more":`+fmt.Sprint(3+20-strings.Count(string(b), `"text"`))) {
		t.Errorf("%v: %d bytes", err, len(b))
	}
}

func TestWhatIsNoChannel(t *testing.T) {
	for _, c := range []struct {
		channel Channel
		field   string
	}{
		{Channel{Kind: "pager", URL: "https://x.example"}, "kind"}, {Channel{Kind: "webhook", URL: "x.example"}, "url"}, {Channel{Kind: "webhook", URL: "file:///etc/passwd"}, "url"},
		{Channel{Kind: "webhook", URL: "gopher://x.example"}, "url"}, {Channel{Kind: "webhook", URL: "https:///x"}, "url"}, {Channel{Kind: "webhook", URL: "https://a:b@x.example"}, "url"},
		{Channel{Kind: "webhook", URL: "https://x.example", Secret: "hush"}, "secret"}, {Channel{Kind: "webhook", URL: "https://x.example", Secret: "whsec_c2hvcnQ="}, "secret"},
		{Channel{Kind: "webhook", URL: "https://x.example/\r\nHost: y"}, "url"}, {Channel{Kind: "slack", URL: "https://x.example", Secret: "hush"}, "secret"}, {Channel{Kind: "slack", URL: "https://x.example", Template: "{}"}, "template"},
		{Channel{Kind: "mail", URL: "mailto:"}, "url"}, {Channel{Kind: "mail", URL: "mailto:a@x.example?bcc=b@x.example"}, "url"}, {Channel{Kind: "mail", URL: "mailto:a@x.example%0d%0aBcc:b@x.example"}, "url"},
		{Channel{Kind: "mail", URL: "smtp://x.example"}, "url"}, {Channel{Kind: "mail", URL: "smtp://a:hush@x.example/?from=a@x.example&to=b@x.example", Secret: "hush"}, "url"},
		{Channel{Kind: "mail", URL: "smtp://a@x.example/?from=a@x.example&to=b@x.example"}, "secret"}, {Channel{Kind: "mail", URL: "smtp://a@x.example/?from=a@x.example&to=b@x.example&tls=none", Secret: "hush"}, "url"},
		{Channel{Kind: "mail", URL: "smtp://x.example/?from=a@x.example&to=b@x.example&tls=maybe"}, "url"}, {Channel{Kind: "mail", URL: "smtp://x.example/?from=a@x.example,c@x.example&to=b@x.example"}, "url"},
		{Channel{Kind: "syslog", URL: "udp://x.example"}, "url"}, {Channel{Kind: "syslog", URL: "syslog://x.example/a"}, "url"}, {Channel{Kind: "syslog", URL: "syslog://x.example", Secret: "hush"}, "secret"},
		{Channel{Kind: "webhook", URL: "https://x.example/" + strings.Repeat("a", mostURL)}, "url"},
	} {
		var f *FieldError
		if err := c.channel.Check(); !errors.As(err, &f) || f.Field != c.field || strings.Contains(err.Error(), "hush") {
			t.Errorf("%+.80v: %v", c.channel, err)
		}
	}
	sum := sha256.Sum256(nil)
	for _, c := range []Channel{{Kind: "webhook", URL: "https://x.example/a?b=c#d", Secret: "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {Kind: "slack", URL: "https://hooks.slack.example/services/" + hex.EncodeToString(sum[:])},
		{Kind: "mail", URL: "mailto:a@x.example,b@x.example"}, {Kind: "mail", URL: "smtp://x.example:25/?from=a@x.example&to=b@x.example&tls=none"}, {Kind: "syslog", URL: "syslogs://x.example"}, {Kind: "syslog", URL: "tcp://10.0.0.1:514"}} {
		if err := c.Check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestParseRelay(t *testing.T) {
	for text, password := range map[string]string{"": "", "mailto:a@x.example": "", "smtp://x.example": "", "smtp://x.example/?from=a@x.example&to=b@x.example": "", "smtp://a@x.example/?from=a@x.example": "",
		"smtp://x.example/?from=a@x.example": "hush", "smtp://a:hush@x.example/?from=a@x.example": "hush"} {
		var f *FieldError
		if _, err := ParseRelay(text, password); !errors.As(err, &f) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", text, err)
		}
	}
	r, err := ParseRelay("smtps://a@127.0.0.1/?from=signet@x.example", "hush")
	if err != nil || *r != (Relay{Server: "127.0.0.1:465", From: "signet@x.example", User: "a", Password: "hush", AtOnce: true}) {
		t.Errorf("%+v %v", r, err)
	}
	if r, err = ParseRelay("smtp://localhost:25/?from=signet@x.example&tls=none", ""); err != nil || !r.Plain || r.Server != "localhost:25" {
		t.Errorf("%+v %v", r, err)
	}
}
