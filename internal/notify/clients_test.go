package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/store/postgres"
)

// guarded is a server that tells whether a client trusted it: by TLS it said more than a handshake.
type guarded struct {
	at      string
	trusted atomic.Bool
	came    atomic.Int32
	done    chan struct{} // has one element for each connection that ended
}

// guard starts one. before is what is said in the clear until TLS begins, hello what is said first in TLS.
func guard(t *testing.T, conf *tls.Config, before func(net.Conn) error, hello string) *guarded {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	g := &guarded{at: l.Addr().String(), done: make(chan struct{}, 100)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.came.Add(1)
			go func() {
				defer func() { g.done <- struct{}{} }()
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				if before != nil && before(c) != nil {
					return
				}
				s := tls.Server(c, conf)
				if s.Handshake() != nil {
					return
				}
				s.Write([]byte(hello))
				if n, _ := s.Read(make([]byte, 1)); n > 0 {
					g.trusted.Store(true)
				}
			}()
		}
	}()
	return g
}

// startTLSBefore is what a mail server says until TLS begins.
func startTLSBefore(c net.Conn) error {
	fmt.Fprint(c, "220 mail.corp.example ESMTP\r\n")
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadString('\n')
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "STARTTLS"):
			_, err = fmt.Fprint(c, "220 go on\r\n")
			return err
		}
		fmt.Fprint(c, "250-mail.corp.example\r\n250 STARTTLS\r\n")
	}
}

// postgresBefore takes what a client of PostgreSQL begins TLS with.
func postgresBefore(c net.Conn) error {
	if _, err := c.Read(make([]byte, 8)); err != nil {
		return err
	}
	_, err := c.Write([]byte("S"))
	return err
}

// TestEveryClient: whatever of a server goes out by TLS, to its database or with a message, hangs up on old versions and suites, on short keys
// and on SHA-1, though the program as a whole speaks all of them to those that it scans.
func TestEveryClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	send := func(kind, url string) func(string, *x509.CertPool, string) error {
		return func(at string, roots *x509.CertPool, _ string) error {
			s := sender(t)
			s.Roots = roots
			_, err := s.Send(ctx, Channel{Kind: kind, URL: fmt.Sprintf(url, at)}, hostile())
			return err
		}
	}
	store := func(options string) func(string, *x509.CertPool, string) error {
		return func(at string, _ *x509.CertPool, rootFile string) error {
			s, err := postgres.Open(ctx, "postgres://signet@"+at+"/signet?"+strings.ReplaceAll(options, "ROOT", rootFile))
			if err == nil {
				s.Close()
			}
			return err
		}
	}
	clients := []struct {
		name   string
		before func(net.Conn) error
		hello  string
		call   func(at string, roots *x509.CertPool, rootFile string) error
	}{
		{"webhook", nil, "", send("webhook", "https://%s/")},
		{"slack", nil, "", send("slack", "https://%s/")},
		{"mail", nil, "220 mail.corp.example ESMTP\r\n", send("mail", "smtps://%s/?from=a@corp.example&to=b@corp.example")},
		{"mail, STARTTLS", startTLSBefore, "", send("mail", "smtp://%s/?from=a@corp.example&to=b@corp.example")},
		{"syslog", nil, "", send("syslog", "syslogs://%s")},
		{"PostgreSQL, require", postgresBefore, "", store("sslmode=require")},
		{"PostgreSQL, verify-ca", postgresBefore, "", store("sslmode=verify-ca&sslrootcert=ROOT")},
		{"PostgreSQL, verify-full", postgresBefore, "", store("sslmode=verify-full&sslrootcert=ROOT")},
	}
	for _, c := range []struct {
		name        string
		bits        int
		with        x509.SignatureAlgorithm
		least, most uint16
		suites      []uint16
		ok          bool
	}{
		{"TLS 1.3", 2048, x509.SHA256WithRSA, tls.VersionTLS13, tls.VersionTLS13, nil, true},
		{"TLS 1.2", 2048, x509.SHA256WithRSA, tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, true},
		{"TLS 1.1", 2048, x509.SHA256WithRSA, tls.VersionTLS10, tls.VersionTLS11, nil, false},
		{"no forward secrecy", 2048, x509.SHA256WithRSA, tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, false},
		{"CBC", 2048, x509.SHA256WithRSA, tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, false},
		{"3DES", 2048, x509.SHA256WithRSA, tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA}, false},
		{"a short key", 1024, x509.SHA256WithRSA, tls.VersionTLS12, tls.VersionTLS13, nil, false},
		{"SHA-1", 2048, x509.SHA1WithRSA, tls.VersionTLS12, tls.VersionTLS13, nil, false},
	} {
		certFile, keyFile, roots := certificate(t, c.bits, c.with)
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: c.least, MaxVersion: c.most, CipherSuites: c.suites}
		for _, client := range clients {
			g := guard(t, conf, client.before, client.hello)
			err := client.call(g.at, roots, certFile)
			select {
			case <-g.done:
			case <-ctx.Done():
				t.Fatalf("%s to %s: nothing came: %v", client.name, c.name, err)
			}
			if g.trusted.Load() != c.ok {
				t.Errorf("%s to %s: trusted %v, want %v: %v", client.name, c.name, g.trusted.Load(), c.ok, err)
			}
		}
	}

	// Who insists on no TLS is not driven to none by a certificate, and speaks no old version either.
	certFile, keyFile, _ := certificate(t, 1024, x509.SHA256WithRSA)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for most, ok := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS11: false} {
		g := guard(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: most}, postgresBefore, "")
		store("sslmode=prefer")(g.at, nil, "")
		if <-g.done; g.trusted.Load() != ok {
			t.Errorf("PostgreSQL, prefer, to %x: %v", most, g.trusted.Load())
		}
	}
}
