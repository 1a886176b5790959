package mssql

import (
	"fmt"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
	"signet/internal/wire/tds"
)

const (
	tls12 = 0x0303 // TDS 7.x knows no TLS 1.3 (MS-TDS 1.7)
	alpn8 = "tds/8.0"

	// banner is how many bytes of something that is not TDS are wanted before it is named.
	banner = 8

	// clientName stands in the login for whoever looks at the server's sessions.
	clientName = "signet"
)

// conversation is one connection: PRELOGIN, TLS where both sides agree on it, and a login that ends at the CHALLENGE.
type conversation struct {
	encrypt tds.Encryption // what PRELOGIN asks for
	strict  bool           // TDS 8.0: the connection is TLS already
	login   bool           // go on to LOGIN7
	spnego  bool           // the token in SPNEGO, else the bare NTLM message
	sni     string         // the server's name, "" when only its address is known; in TLS and in LOGIN7

	state    state
	prelogin *tds.Prelogin
	tls      *signet.TLS
	answer   *tds.LoginAnswer
}

type state uint8

const (
	start state = iota
	preloginSent
	securing
	loginSent
)

// Next holds the conversation.
func (t *conversation) Next(in []byte, eof bool) (check.Step, error) {
	switch t.state {
	case start:
		t.state = preloginSent
		return check.Step{Send: tds.AppendPreloginRequest(nil, t.encrypt)}, nil
	case securing:
		return t.sendLogin(0), nil
	}
	if need := tds.Need(in); need > 0 {
		return check.Step{Need: len(in) + need}, nil
	}
	typ, payload, rest, err := tds.ReadMessage(in)
	if err != nil {
		return t.notTDS(in, eof, err)
	}
	if typ != tds.TypeTabular {
		return check.Step{}, fmt.Errorf("an answer of packet type 0x%02x", typ)
	}
	if t.state == loginSent {
		return t.readLogin(payload, len(in)-len(rest))
	}
	return t.readPrelogin(payload, len(in)-len(rest))
}

// Secured keeps what the handshake showed.
func (t *conversation) Secured(st check.TLSState) { t.tls = &st.Facts }

// notTDS tells another protocol from a malformed answer, once enough of it is there.
func (t *conversation) notTDS(in []byte, eof bool, err error) (check.Step, error) {
	if t.state == preloginSent {
		if foreign := check.SniffForeign(in); foreign != nil {
			return check.Step{}, foreign
		}
		if len(in) < banner && !eof {
			return check.Step{Need: len(in) + 1}, nil
		}
	}
	return check.Step{}, err
}

func (t *conversation) readPrelogin(payload []byte, used int) (check.Step, error) {
	p, err := tds.ParsePrelogin(payload)
	if err != nil {
		return check.Step{}, err
	}
	t.prelogin = &p
	if !t.login {
		return check.Step{Consumed: used, Done: true}, nil
	}
	if t.strict {
		return t.sendLogin(used), nil
	}
	switch p.Encryption { // without the option this is EncryptOff
	case tds.EncryptNotSupported:
		return t.sendLogin(used), nil
	case tds.EncryptOn, tds.EncryptRequired:
		t.state = securing
		return check.Step{Consumed: used, StartTLS: &check.TLS{ServerName: t.sni, MaxVersion: tls12, Framer: &framer{}}}, nil
	}
	// ENCRYPT_OFF would encrypt the login packet alone and answer it in the clear; a connection that asks for
	// encryption throughout needs no such switch, and the same server grants it (MS-TDS 2.2.6.5).
	return check.Step{Consumed: used, Done: true}, nil
}

func (t *conversation) sendLogin(used int) check.Step {
	t.state = loginSent
	token := ntlmssp.Negotiate()
	if t.spnego {
		token = spnego.AppendInitNTLM(nil, token)
	}
	login := tds.AppendLogin7(nil, tds.Login7{
		TDSVersion: tds.VersionFor(t.prelogin.Version), HostName: clientName, AppName: clientName, ServerName: t.sni, Token: token,
	})
	return check.Step{Consumed: used, Send: tds.AppendMessage(nil, tds.TypeLogin7, login, tds.DefaultPacketSize)}
}

func (t *conversation) readLogin(payload []byte, used int) (check.Step, error) {
	a, err := tds.ParseLoginAnswer(payload)
	if err != nil {
		return check.Step{}, err
	}
	a.SSPI = append([]byte(nil), a.SSPI...) // the input is the driver's
	t.answer = &a
	return check.Step{Consumed: used, Done: true}, nil
}

// ntlm reads the CHALLENGE of the answer, nil when there is none.
func (t *conversation) ntlm() *signet.NTLM {
	if t.answer == nil {
		return nil
	}
	n, _ := check.Challenged(t.answer.SSPI) // bare, or inside SPNEGO
	return n
}

// refused tells whether the answer says no to this very token: a failed login, or a rejected negotiation. Other
// errors (too many connections, a server that starts up or shuts down) say nothing about NTLM.
func (t *conversation) refused() bool {
	if t.answer == nil || t.answer.Ack != nil {
		return false
	}
	if r, err := spnego.ParseResp(t.answer.SSPI); err == nil && r.State == spnego.Reject && r.ResponseToken == nil {
		return true
	}
	for _, e := range t.answer.Errors {
		if saysNo(e.Number) {
			return true
		}
	}
	return false
}

// saysNo tells the errors that say no to a Windows login as such.
func saysNo(number int32) bool {
	return number == tds.ErrLoginFailed || number == tds.ErrUntrustedDomain || number == tds.ErrNoWindowsLogins
}
