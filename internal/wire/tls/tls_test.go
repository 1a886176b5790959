package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	gotls "crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/fuzzing"
)

// recorded loads both sides of a recording.
func recorded(t testing.TB, name string) (client, server []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ">>> client\n")
	c, s, ok := strings.Cut(rest, ">>> server\n")
	if !ok {
		t.Fatalf("%s is no recording", name)
	}
	both := [2][]byte{}
	for i, side := range []string{c, s} {
		if both[i], err = hex.DecodeString(strings.Join(strings.Fields(side), "")); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return both[0], both[1]
}

// Handshakes of real servers: GnuTLS in Samba, OpenSSL in Apache.
func TestRecordings(t *testing.T) {
	for name, want := range map[string]struct {
		version uint16
		leaf    string // part of a name in the certificate
		asks    bool   // for a client certificate
	}{
		"samba-ldaps-12.hex":  {0x0303, "dc1.lab.example", true},
		"samba-ldaps-13.hex":  {0x0304, "", false},
		"apache-https-12.hex": {0x0303, "lab.example", false},
	} {
		client, server := recorded(t, name)
		s, err := ParseServer(server)
		if err != nil || s.Version != want.version || s.ClientCertificate != want.asks {
			t.Errorf("%s: server %04x, %v", name, s.Version, err)
		}
		if (want.leaf == "") != (len(s.Certificates) == 0) {
			t.Fatalf("%s: %d certificates", name, len(s.Certificates))
		}
		if want.leaf != "" {
			leaf, err := x509.ParseCertificate(s.Certificates[0])
			if err != nil || !strings.Contains(leaf.Subject.String()+strings.Join(leaf.DNSNames, " "), want.leaf) {
				t.Errorf("%s: %v, %v", name, leaf.Subject, err)
			}
		}
		if !Starts(server) || Starts(client) {
			t.Errorf("%s: a server's first bytes are not told from a client's", name)
		}
		// Cut anywhere it says less or nothing, never something else.
		for n := range server {
			cut, err := ParseServer(server[:n])
			if err == nil && (cut.Version != s.Version || len(cut.Certificates) > 0 && !bytes.Equal(cut.Certificates[0], s.Certificates[0])) {
				t.Fatalf("%s: the first %d bytes say %+v", name, n, cut)
			}
		}
		if _, err := ParseServer(client); err == nil {
			t.Errorf("%s: the client's bytes pass for a server's", name)
		}
	}
}

// pair is a connection to itself.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// tee keeps what is written.
type tee struct {
	net.Conn
	kept bytes.Buffer
}

func (t *tee) Write(b []byte) (int, error) {
	t.kept.Write(b)
	return t.Conn.Write(b)
}

// Every version that Go's server speaks, one that asks for a client certificate, one that has the client try again, and
// handshake messages over many records.
func TestHandshakes(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.example"}, NotAfter: time.Now().Add(time.Hour)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		version uint16
		server  func(*gotls.Config)
	}{
		{"1.0", gotls.VersionTLS10, nil},
		{"1.1", gotls.VersionTLS11, nil},
		{"1.2", gotls.VersionTLS12, nil},
		{"1.2, client certificate", gotls.VersionTLS12, func(c *gotls.Config) { c.ClientAuth = gotls.RequestClientCert }},
		{"1.3", gotls.VersionTLS13, nil},
		{"1.3, tried again", gotls.VersionTLS13, func(c *gotls.Config) { c.CurvePreferences = []gotls.CurveID{gotls.CurveP384} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := pair(t)
			server := &tee{Conn: far}
			config := &gotls.Config{Certificates: []gotls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: c.version, MaxVersion: c.version, NextProtos: []string{"ldap"}}
			if c.server != nil {
				c.server(config)
			}
			done := make(chan error, 1)
			go func() { done <- gotls.Server(server, config).Handshake() }()
			conn := gotls.Client(near, &gotls.Config{InsecureSkipVerify: true, MinVersion: gotls.VersionTLS10, ServerName: "a.example", NextProtos: []string{"ldap"}})
			near.SetDeadline(time.Now().Add(10 * time.Second))
			if err := conn.Handshake(); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			state := conn.ConnectionState()
			s, err := ParseServer(server.kept.Bytes())
			if err != nil || s.Version != state.Version {
				t.Fatalf("%+v, %v; it was %04x", s, err, state.Version)
			}
			clear := c.version < gotls.VersionTLS13
			if clear != (len(s.Certificates) == 1) || clear && !bytes.Equal(s.Certificates[0], der) {
				t.Errorf("%d certificates", len(s.Certificates))
			}
			if s.ClientCertificate != (config.ClientAuth != 0) {
				t.Errorf("client certificate %v", s.ClientCertificate)
			}
			again, err := ParseServer(fragmented(server.kept.Bytes()))
			if err != nil || again.Version != s.Version || len(again.Certificates) != len(s.Certificates) {
				t.Errorf("in small records: %+v, %v", again, err)
			}
		})
	}
}

// fragmented puts each handshake record's content into records of 7 bytes.
func fragmented(b []byte) []byte {
	var out []byte
	for len(b) >= recordHeader {
		n := int(b[3])<<8 | int(b[4])
		head, body := b[:3], b[recordHeader:recordHeader+n]
		b = b[recordHeader+n:]
		size := len(body)
		if head[0] == typeHandshake {
			size = 7
		}
		for part := range slices.Chunk(body, max(size, 1)) {
			out = append(append(append(out, head...), byte(len(part)>>8), byte(len(part))), part...)
		}
	}
	return out
}

// A message over the smallest records costs no more than its bytes.
func TestCostIsLinear(t *testing.T) {
	body := append([]byte{helloServer, 1, 0xff, 0xff}, make([]byte, 0x5000)...) // whose end never comes
	var stream []byte
	for _, b := range body {
		stream = append(stream, typeHandshake, 3, 3, 0, 1, b)
	}
	fuzzing.Bounded(t, len(stream), func() {
		if _, err := ParseServer(stream); err != ErrNone {
			t.Error(err)
		}
	})
}

func TestNoHandshake(t *testing.T) {
	for _, b := range []string{"", "\x16", "HTTP/1.1 200 OK\r\n\r\n", "\x16\x03\x01\x00\x04\x02\x00\x00\x00", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x03\xff\xff\x02\x00\x00\x00"} {
		if s, err := ParseServer([]byte(b)); err != ErrNone || s.Certificates != nil || s.Version != 0 {
			t.Errorf("%x: %+v, %v", b, s, err)
		}
	}
}

// FuzzParseServer: an error comes with nothing, and what is kept is in the input.
func FuzzParseServer(f *testing.F) {
	for _, name := range []string{"samba-ldaps-12.hex", "samba-ldaps-13.hex", "apache-https-12.hex"} {
		c, s := recorded(f, name)
		f.Add(c)
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseServer(b)
		if err != nil && (s.Version != 0 || s.Certificates != nil) || len(s.Certificates) > mostCertificates {
			t.Fatalf("%+v, %v", s, err)
		}
		total := 0
		for _, c := range s.Certificates {
			total += len(c)
		}
		if total > len(b) {
			t.Fatalf("%d bytes out of %d", total, len(b))
		}
		Starts(b)
	})
}
