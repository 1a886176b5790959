package rdp

import (
	"errors"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/rdp"
)

// conversation is one connection: a request for security protocols, its answer and, where that is NLA and names are
// wanted, a TLS handshake and one CredSSP message each way.
type conversation struct {
	ask   rdp.Protocol
	names bool   // go on to CredSSP when NLA is selected
	sni   string // server name for TLS

	state   state
	answer  *rdp.Confirm
	tls     *signet.TLS
	ntlm    *signet.NTLM
	failure *uint32 // NTSTATUS of a CredSSP answer without a challenge
}

type state uint8

const (
	start state = iota
	confirming
	securing
	challenging
)

// banner is how many bytes of something that is not RDP are wanted before it is named.
const banner = 8

// Next holds the conversation.
func (t *conversation) Next(in []byte, eof bool) (check.Step, error) {
	switch t.state {
	case start:
		t.state = confirming
		return check.Step{Send: rdp.AppendRequest(nil, rdp.Request{Negotiate: true, Protocols: t.ask})}, nil
	case confirming:
		return t.confirm(in, eof)
	case securing:
		t.state = challenging
		return check.Step{Send: rdp.AppendTSRequest(nil, rdp.TSRequest{Version: rdp.Version, Tokens: [][]byte{ntlmssp.Negotiate()}})}, nil
	default:
		return t.challenge(in)
	}
}

// Secured keeps what the handshake showed.
func (t *conversation) Secured(st check.TLSState) { t.tls = &st.Facts }

func (t *conversation) confirm(in []byte, eof bool) (check.Step, error) {
	n, err := rdp.Size(in)
	if errors.Is(err, rdp.ErrShort) {
		return check.Step{Need: 4}, nil
	}
	if err != nil {
		if foreign := check.SniffForeign(in); foreign != nil {
			return check.Step{}, foreign
		}
		if len(in) < banner && !eof {
			return check.Step{Need: len(in) + 1}, nil
		}
		return check.Step{}, err
	}
	if len(in) < n {
		return check.Step{Need: n}, nil
	}
	c, rest, err := rdp.ParseConfirm(in)
	if err != nil {
		return check.Step{}, err
	}
	if c.Negotiated && !allowed(c.Selected, t.ask) {
		return check.Step{}, errors.New("the server selected " + c.Selected.String() + ", which was not asked for")
	}
	t.answer = &c
	step := check.Step{Consumed: len(in) - len(rest), Done: true}
	if t.names && isNLA(c) && len(rest) == 0 {
		t.state = securing
		step.Done, step.StartTLS = false, &check.TLS{ServerName: t.sni}
	}
	return step, nil
}

// allowed tells whether a server may select that when those were asked for. Plain RDP needs no flag.
func allowed(selected, asked rdp.Protocol) bool {
	switch selected {
	case rdp.PlainRDP:
		return true
	case rdp.TLS, rdp.NLA, rdp.NLAEx:
		return asked&selected != 0
	}
	return false
}

func isNLA(c rdp.Confirm) bool { return c.Negotiated && c.Selected&(rdp.NLA|rdp.NLAEx) != 0 }

func (t *conversation) challenge(in []byte) (check.Step, error) {
	n, err := rdp.TSRequestSize(in)
	if errors.Is(err, rdp.ErrShort) {
		return check.Step{Need: len(in) + 1}, nil
	}
	if err != nil {
		return check.Step{}, err
	}
	if len(in) < n {
		return check.Step{Need: n}, nil
	}
	r, _, err := rdp.ParseTSRequest(in)
	if err != nil {
		return check.Step{}, err
	}
	for _, token := range r.Tokens {
		if n, ok := check.Challenged(token); ok { // bare, or inside SPNEGO
			t.ntlm = n
			break
		}
	}
	if t.ntlm == nil && r.HasError {
		t.failure = &r.ErrorCode
	}
	return check.Step{Consumed: n, Done: true}, nil
}
