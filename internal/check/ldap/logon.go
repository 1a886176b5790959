package ldap

import (
	"bytes"
	"encoding/hex"
	"slices"

	"signet/internal/check"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
)

// logon holds what a bind as somebody who cannot exist is made of. All of it is random but the run's one name, so
// that no password is tried on anyone.
type logon struct {
	ntlmssp.Logon
	dn, password string
}

// newLogon draws a logon for a question.
func newLogon(o *check.Options, question, base string) *logon {
	l := &logon{}
	if question == askSimple {
		var secret [16]byte
		o.Random(secret[:])
		l.dn = "CN=" + o.DecoyName
		if base != "" {
			l.dn += "," + base
		}
		l.password = hex.EncodeToString(secret[:])
		return l
	}
	l.User, l.Time = o.DecoyName, o.Now()
	o.Random(l.Key[:])
	o.Random(l.ClientChallenge[:])
	if question == askDecoyWrong {
		wrong := new([16]byte)
		o.Random(wrong[:])
		for i := range wrong {
			wrong[i] |= 1 // 16 zero bytes would say "no binding", which is another question
		}
		l.Bindings = wrong
	}
	return l
}

// ntlmType2 is how a CHALLENGE starts.
const ntlmType2 = "NTLMSSP\x00\x02\x00\x00\x00"

// mechanismNTLM is the SASL mechanism of Cyrus and Samba that takes raw NTLM tokens.
const mechanismNTLM = "NTLM"

// otherMechanism tells whether NTLM is to be tried under its own name: GSS-SPNEGO is not known here, or gave no
// challenge where NTLM is listed beside it.
func (d *conversation) otherMechanism(code wire.ResultCode) bool {
	return d.mechanism == wire.GSSSPNEGO &&
		(code == wire.AuthMethodNotSupported || slices.Contains(d.listed, mechanismNTLM))
}

// bound takes the answer to a bind.
func (d *conversation) bound(m wire.Message) (check.Step, bool, error) {
	r, err := wire.ParseBindResponse(m)
	if err != nil {
		return check.Step{}, false, err
	}
	if d.mechanism == wire.GSSSPNEGO || d.seen.result == nil || d.seen.result.Code == wire.AuthMethodNotSupported || r.Code == wire.SaslBindInProgress || d.seen.challenge {
		res := r.Result
		res.MatchedDN = nil
		d.seen.result, d.seen.mechanism = &res, d.mechanism
	}
	at := bytes.Index(r.SASLCreds, []byte(ntlmType2))
	ntlm, whole := check.Challenged(r.SASLCreds)
	if !whole {
		at = -1 // half of one proves nothing
	}
	if d.phase == phaseFirstBind && at < 0 && d.question != askSimple {
		d.seen.spnego = negotiation(r.SASLCreds)
		if next, again := d.anotherForm(r); again {
			d.form, d.phase = next, phaseRoot
			return d.request(), false, nil
		}
		if d.otherMechanism(r.Code) {
			d.mechanism, d.form, d.phase = mechanismNTLM, formBare, phaseRoot
			return d.request(), false, nil
		}
	}
	if d.phase == phaseSecondBind || r.Code != wire.SaslBindInProgress || at < 0 {
		d.phase = phaseOver
		return d.request(), false, nil
	}
	d.seen.challenge, d.seen.spnego = true, ""
	type2 := r.SASLCreds[at:]
	d.seen.ntlm = ntlm
	var type3 []byte
	switch d.question {
	case askAnonymous:
		type3 = ntlmssp.Anonymous()
	case askDecoyWrong, askDecoyNone:
		d.logon.Domain = ntlm.NBDomain
		if type3, err = ntlmssp.Authenticate(d.type1, type2, d.logon.Logon); err != nil {
			d.seen.failed = err
		}
	}
	if type3 == nil {
		d.phase = phaseOver
		return d.request(), false, nil
	}
	if at > 0 { // a peer that wraps its challenge expects the answer wrapped
		type3 = spnego.AppendResp(nil, type3)
	}
	d.phase = phaseSecondBind
	d.id++
	return check.Step{Send: wire.AppendSASLBind(d.send[:0], d.id, d.mechanism, type3)}, false, nil
}
