package ldap

import (
	"strings"

	"signet"
	"signet/internal/text"
	wire "signet/internal/wire/ldap"
)

// Facts is what was learned of one LDAP endpoint.
type Facts struct {
	TLS            string       `json:"tls"`      // none, starttls (offered and taken), ldaps
	StartTLS       *bool        `json:"starttls"` // offered; nil: not asked or not told
	Signing        signet.Level `json:"signing"`
	ChannelBinding signet.Level `json:"channel_binding"` // over TLS, or behind StartTLS on a plain port
	Certificate    string       `json:"certificate"`     // ok, missing (likely), failed, unknown
	GlobalCatalog  bool         `json:"global_catalog"`
	Spared         bool         `json:"starttls_spared,omitempty"` // StartTLS was left out for the server's sake: see knock.go

	Role            string `json:"role"`             // ad-dc, ad-rodc, ad-lds, directory, unknown
	Domain          string `json:"domain,omitempty"` // DNS name, of an AD domain controller
	FunctionalLevel string `json:"functional_level,omitempty"`
	Root            Root   `json:"root"`

	Mechanisms []string     `json:"mechanisms"` // supportedSASLMechanisms
	NTLM       *signet.NTLM `json:"ntlm,omitempty"`
	Session    *signet.TLS  `json:"session,omitempty"` // what the TLS handshake showed
	Binds      []Bind       `json:"binds"`             // each question put, and its answer
}

// Values of Facts.TLS, Bind.Over and Facts.Certificate.
const (
	overPlain    = "none"
	overStartTLS = "starttls"
	overLDAPS    = "ldaps"

	certOK      = "ok"
	certMissing = "missing"
	certFailed  = "failed"
	certUnknown = "unknown"
)

// Values of Facts.Role.
const (
	roleDC        = "ad-dc"
	roleRODC      = "ad-rodc"
	roleLDS       = "ad-lds"
	roleDirectory = "directory"
	roleUnknown   = "unknown"
)

// Values of Bind.Question.
const (
	askRoot       = "root"         // no bind at all
	askChallenge  = "challenge"    // a type 1 only, no logon attempted
	askAnonymous  = "anonymous"    // anonymous NTLM without SIGN
	askDecoyWrong = "decoy-wrong"  // a user that cannot exist, with a wrong channel binding
	askDecoyNone  = "decoy-none"   // the same user, without a binding
	askSimple     = "decoy-simple" // a simple bind as a DN that cannot exist
	askOverheard  = "overheard"    // somebody else's NTLM bind without SIGN, in a capture
	askStartTLS   = "starttls"     // StartTLS itself, where it was not taken
)

// Bind is one question and its answer. Text is the peer's and is never shown as ours.
type Bind struct {
	Over      string `json:"over"` // none, starttls, ldaps
	Question  string `json:"question"`
	Mechanism string `json:"mechanism,omitempty"` // SASL mechanism of the answer
	Challenge bool   `json:"challenge"`           // an NTLM type 2 came
	// Negotiation is what SPNEGO said where none came: ntlm-selected, other-selected, rejected, challenge-cut.
	Negotiation string           `json:"negotiation,omitempty"`
	Code        *wire.ResultCode `json:"code,omitempty"`   // of the last answer; nil: none came
	Result      string           `json:"result,omitempty"` // its RFC 4511 name
	Text        string           `json:"text,omitempty"`   // its diagnosticMessage, shortened
	Error       string           `json:"error,omitempty"`  // why there is no answer
}

// AppendJSON appends the facts as one JSON object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }

// newFacts returns facts that claim nothing.
func newFacts() Facts {
	return Facts{TLS: overPlain, Certificate: certUnknown, Role: roleUnknown, Mechanisms: []string{}, Binds: []Bind{}}
}

// samba tells by its own word that a server is Samba.
func (f *Facts) samba() bool { return strings.HasPrefix(f.Root.VendorName, "Samba Team") }

// bind finds the answer to a question, nil when it was not put.
func (f *Facts) bind(over, question string) *Bind {
	for i := range f.Binds {
		if f.Binds[i].Over == over && f.Binds[i].Question == question {
			return &f.Binds[i]
		}
	}
	return nil
}

// tellsBinding tells whether a logon of an unknown user can decide channel binding: a directory that is known not to be
// AD writes none of the numbers that tell a binding from a password.
func (f *Facts) tellsBinding() bool { return f.Role != roleDirectory }

// put files an answer; the answer to a question that was repeated replaces the first.
func (f *Facts) put(b Bind) {
	if old := f.bind(b.Over, b.Question); old != nil {
		*old = b
		return
	}
	f.Binds = append(f.Binds, b)
}
