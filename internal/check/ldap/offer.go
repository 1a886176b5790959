package ldap

import (
	"bytes"

	wire "signet/internal/wire/ldap"
	"signet/internal/wire/spnego"
)

// form is how a type 1 is put.
type form uint8

const (
	formBare form = iota // as it is, which GSS-SPNEGO of AD and Samba takes ([MS-ADTS] §5.1.1.1.2)
	formResp             // in a NegTokenResp: what a client sends on once NTLM is selected (RFC 4178 §4.2.2)
	formInit             // in a NegTokenInit that names NTLM alone: a negotiation from its start
)

// Values of Bind.Negotiation: what SPNEGO said in place of a challenge.
const (
	ntlmSelected  = "ntlm-selected"
	otherSelected = "other-selected"
	rejected      = "rejected"
	cutChallenge  = "challenge-cut"
)

// wrap puts a type 1 into a form.
func (f form) wrap(type1 []byte) []byte {
	switch f {
	case formResp:
		return spnego.AppendResp(nil, type1)
	case formInit:
		return spnego.AppendInitNTLM(nil, type1)
	}
	return type1
}

// negotiation reads a token that holds no challenge. "" says that it is no SPNEGO, or that none came.
func negotiation(token []byte) string {
	if bytes.Contains(token, []byte(ntlmType2)) {
		return cutChallenge
	}
	if r, err := spnego.ParseResp(token); err == nil {
		switch {
		case r.State == spnego.Reject:
			return rejected
		case r.SupportedMech == "" || r.SupportedMech == spnego.OIDNTLM:
			return ntlmSelected // or nothing, which leaves it selected
		}
		return otherSelected
	}
	if i, err := spnego.ParseInit(token); err == nil { // it begins a negotiation of its own
		if i.Offers(spnego.OIDNTLM) {
			return ntlmSelected
		}
		return otherSelected
	}
	return ""
}

// anotherForm tells whether the type 1 is to be put in another form: where the server goes on without a challenge, or
// rejects what may be the form alone. Each form is put once.
func (d *conversation) anotherForm(r wire.BindResponse) (form, bool) {
	said := negotiation(r.SASLCreds)
	goesOn := r.Code == wire.SaslBindInProgress && said != cutChallenge
	if d.mechanism != wire.GSSSPNEGO || !goesOn && said != rejected {
		return 0, false
	}
	if d.form < formResp && said == ntlmSelected {
		return formResp, true
	}
	return formInit, d.form < formInit
}
