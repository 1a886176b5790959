package mssql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"
	"unicode/utf16"

	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
	"signet/internal/wire/tds"
)

// No SQL Server can be had to record from, so this one is built from the specifications: what it says and when is
// cited line by line. FreeTDS 1.3.17's client logs in to it (and is refused) in its three settings. It is not evidence
// of what SQL Server does beyond the specifications.

// fake is one instance.
type fake struct {
	version tds.Version
	// setting is how the server is configured, in the words of MS-TDS 2.2.6.5: EncryptOff (TLS when the client asks),
	// EncryptRequired (Force Encryption), EncryptNotSupported.
	setting tds.Encryption
	strict  bool // Force Strict Encryption: TLS first, ALPN tds/8.0 (MS-TDS 1.3, 3.2.5.1 for TDS 8.0)
	// login answers the token of a LOGIN7; nil hangs up.
	login func(token []byte) *tds.LoginAnswer
	// browser is what 1434/udp answers, nothing if empty (MC-SQLR 2.2.5).
	browser string
}

// prelogin answers the client's ENCRYPTION by the table of MS-TDS 2.2.6.5.
func (f *fake) prelogin(client tds.Encryption) tds.Prelogin {
	answer := f.setting
	switch {
	case f.setting == tds.EncryptOff && client == tds.EncryptOn:
		answer = tds.EncryptOn
	case f.setting == tds.EncryptOff && client == tds.EncryptNotSupported:
		answer = tds.EncryptNotSupported
	case f.setting == tds.EncryptRequired && client == tds.EncryptOn:
		answer = tds.EncryptOn
	}
	return tds.Prelogin{
		Version: f.version, HasEncryption: true, Encryption: answer,
		Instance: []byte{0}, // INSTOPT: the name matches, or none was given
		HasMARS:  true,      // the answer to a client without MARS is 0
	}
}

// serve holds one connection.
func (f *fake) serve(c net.Conn, certificate tls.Certificate) error {
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if f.strict {
		config.NextProtos = []string{alpn8}
		s := tls.Server(c, config)
		if err := s.Handshake(); err != nil {
			return err // a plain PRELOGIN ends here
		}
		c = s
	}
	typ, payload, err := readMessage(c)
	if err != nil {
		return err
	}
	asked, err := tds.ParsePrelogin(payload)
	if err != nil || typ != tds.TypePrelogin {
		return errors.New("the first message is no PRELOGIN") // MS-TDS 3.3.5.1: the server closes
	}
	p := f.prelogin(asked.Encryption)
	// MS-TDS 2.2.6.5: the answer comes in a packet of type 0x04.
	if _, err := c.Write(tds.AppendMessage(nil, tds.TypeTabular, tds.AppendPrelogin(nil, p), 0)); err != nil {
		return err
	}
	bare := c
	if !f.strict && p.Encryption != tds.EncryptNotSupported {
		config.MaxVersion = tls.VersionTLS12 // TDS 7.x
		w := &wrapped{Conn: c}
		s := tls.Server(w, config)
		if err := s.Handshake(); err != nil {
			return err
		}
		w.over = true
		c = s
	}
	if typ, payload, err = readMessage(c); err != nil {
		return err
	}
	login, err := tds.ParseLogin7(payload)
	if err != nil || typ != tds.TypeLogin7 || f.login == nil {
		return errors.New("no login")
	}
	answer := f.login(login.Token)
	if !f.strict && p.Encryption == tds.EncryptOff {
		c = bare // MS-TDS 2.2.6.5: only the login packet is encrypted
	}
	_, err = c.Write(tds.AppendMessage(nil, tds.TypeTabular, tds.AppendLoginAnswer(nil, *answer), 0))
	readMessage(c) // the client's next word, or its leaving
	return err
}

func readMessage(c net.Conn) (typ byte, payload []byte, err error) {
	var b []byte
	for {
		need := tds.Need(b)
		if need == 0 {
			typ, payload, _, err := tds.ReadMessage(b)
			return typ, payload, err
		}
		more := make([]byte, need)
		n, err := c.Read(more)
		if b = append(b, more[:n]...); err != nil {
			return 0, nil, err
		}
	}
}

// wrapped is the server's side of TLS inside PRELOGIN packets (MS-TDS 3.3.5.2).
type wrapped struct {
	net.Conn
	over    bool
	pending []byte
}

func (w *wrapped) Write(p []byte) (int, error) {
	out := p
	if !w.over {
		out = tds.AppendMessage(nil, tds.TypePrelogin, p, 0)
	}
	if _, err := w.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *wrapped) Read(p []byte) (int, error) {
	if w.over && len(w.pending) == 0 {
		return w.Conn.Read(p)
	}
	for len(w.pending) == 0 {
		typ, payload, err := readMessage(w.Conn)
		if err != nil {
			return 0, err
		}
		if typ != tds.TypePrelogin {
			return 0, errors.New("a handshake packet of another type")
		}
		w.pending = payload
	}
	n := copy(p, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// start listens on an address of its own, on 1433/tcp and, if it has a browser, 1434/udp.
func (f *fake) start(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "1433"))
	if err != nil {
		t.Skipf("no address %s to listen on (%v): wants Linux' whole loopback network", address, err)
	}
	t.Cleanup(func() { l.Close() })
	certificate := selfSigned(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c, certificate)
		}
	}()
	if f.browser == "" {
		return
	}
	u, err := net.ListenPacket("udp", net.JoinHostPort(address, "1434"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	go func() {
		b := make([]byte, 64)
		for {
			n, from, err := u.ReadFrom(b)
			if err != nil {
				return
			}
			if n == 1 && b[0] == 3 { // CLNT_UCAST_EX
				u.WriteTo(browserAnswer(f.browser), from)
			}
		}
	}()
}

func browserAnswer(text string) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{5}, uint16(len(text))), text...) // SVR_RESP
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// SQL Server makes itself a certificate of this subject when it was given none.
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SSL_Self_Signed_Fallback"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// challenges answers a bare type 1 with a type 2 in an SSPI token (MS-TDS 2.2.7.22).
func challenges(token []byte) *tds.LoginAnswer {
	if ntlmssp.Type(token) != ntlmssp.TypeNegotiate {
		return refusal(tds.ErrUntrustedDomain)
	}
	return &tds.LoginAnswer{SSPI: type2()}
}

// onlySPNEGO takes the token in SPNEGO alone: negTokenResp, accept-incomplete (RFC 4178 4.2.2).
func onlySPNEGO(token []byte) *tds.LoginAnswer {
	if len(token) == 0 || token[0] != 0x60 {
		return refusal(tds.ErrUntrustedDomain)
	}
	r := spnego.Resp{State: spnego.AcceptIncomplete, SupportedMech: spnego.OIDNTLM, ResponseToken: type2()}
	return &tds.LoginAnswer{SSPI: r.Append(nil)}
}

func refuses([]byte) *tds.LoginAnswer { return refusal(tds.ErrUntrustedDomain) }

// refusal is an ERROR of class 14 and a DONE with DONE_ERROR (MS-TDS 2.2.7.10, 2.2.7.6).
func refusal(number int32) *tds.LoginAnswer {
	return &tds.LoginAnswer{
		Errors: []tds.Notice{{Number: number, State: 1, Class: 14, Text: "Login failed.", Server: `SQL01\PAYROLL`}},
		Done:   &tds.Done{Status: 2},
	}
}

// type2 is a CHALLENGE of a member server by MS-NLMP 2.2.1.2: its five names, a time, version 10.0.20348.
func type2() []byte {
	var pairs []byte
	av := func(id uint16, v []byte) {
		pairs = binary.LittleEndian.AppendUint16(pairs, id)
		pairs = binary.LittleEndian.AppendUint16(pairs, uint16(len(v)))
		pairs = append(pairs, v...)
	}
	text := func(s string) (b []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return b
	}
	av(2, text("CORP"))
	av(1, text("SQL01"))
	av(4, text("corp.example"))
	av(3, text("sql01.corp.example"))
	av(7, binary.LittleEndian.AppendUint64(nil, 134100000000000000))
	av(0, nil)
	target := text("CORP")
	b := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	field := func(n, off int) {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(off))
	}
	field(len(target), 56)
	b = binary.LittleEndian.AppendUint32(b, 0xa2898205)
	b = append(b, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 0)
	field(len(pairs), 56+len(target))
	b = append(b, 10, 0, 0x7c, 0x4f, 0, 0, 0, 15)
	return append(append(b, target...), pairs...)
}
