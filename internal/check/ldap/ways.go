package ldap

import (
	"signet"
	wire "signet/internal/wire/ldap"
)

// way is one way into an endpoint: plain LDAP, StartTLS on the same port, or LDAPS.
type way struct {
	verdict signet.Verdict
	because []string
	breach  string // the rule that is broken, "" for none
	where   string
	unasked string // what was left out, as the contract's word
	deeper  string // the depth that would decide an undetermined way
	absent  bool   // there is no such way: nothing to guard, and no answer to the check's question
}

// The rules, and what a way that breaks one is called in a finding.
const (
	ruleSigning         = "ldap-signing-not-required"
	ruleBindingOff      = "ldap-channel-binding-off"
	ruleBindingOptional = "ldap-channel-binding-optional"
)

// Who gets through: the sentences of every exposed way.
const (
	openSigning = "attackers can relay NTLM from HTTP and WebDAV clients, which ask for no signing, and NTLMv1 from any client"
	openOff     = openSigning
	openPartly  = "attackers can relay NTLMv1 and clients that send no channel binding; NTLMv2 of patched Windows clients is safe"
)

// ways judges each way in by itself.
func ways(f *Facts) []way {
	if f.TLS == overLDAPS {
		return []way{tlsWay(f, overLDAPS, "over TLS")}
	}
	return []way{plainWay(f), startTLSWay(f)}
}

func guarded(because string) way      { return way{verdict: signet.Guarded, because: []string{because}} }
func undetermined(because string) way { return way{because: []string{because}} }

// first returns the bind that opened a way: the anonymous one, or at depth handshake the challenge alone.
func (f *Facts) first(over string) *Bind {
	if b := f.bind(over, askAnonymous); b != nil {
		return b
	}
	if b := f.bind(over, askOverheard); b != nil {
		return b
	}
	return f.bind(over, askChallenge)
}

func plainWay(f *Facts) way {
	b, simple := f.first(overPlain), f.bind(overPlain, askSimple)
	stronger := func() way {
		return guarded("the server refused a simple bind without TLS before it looked at the password (" + simple.said() + "), so it requires LDAP signing")
	}
	if b == nil {
		if f.simpleRefused() != nil { // in a capture
			return stronger()
		}
		w := undetermined("no answer to an NTLM bind without signing was seen that shows the server's LDAP signing level")
		w.unasked = "signing"
		return w
	}
	switch b.answer() {
	case answerAccepted:
		if b.Question == askOverheard {
			return way{verdict: signet.Exposed, breach: ruleSigning, because: []string{
				"the server accepted a client's NTLM bind without signing (" + b.said() + "), so it does not require LDAP signing", openSigning}}
		}
		return way{verdict: signet.Exposed, breach: ruleSigning, because: []string{
			"the server accepted an anonymous NTLM bind without signing (" + b.said() + "), so it does not require LDAP signing", openSigning}}
	case answerStronger:
		return guarded("the server refused an NTLM bind without signing (" + b.said() + "), so it requires LDAP signing")
	case answerTLSFirst:
		return guarded("the server refuses binds without TLS (" + b.said() + ")")
	case answerNotOffered:
		return guarded("the server refuses NTLM without TLS (" + b.said() + ")")
	}
	if b.Question == askChallenge && b.Challenge {
		w := undetermined("this depth does not test LDAP signing; --depth anonymous does, by an anonymous NTLM bind")
		w.unasked, w.deeper = "signing", "anonymous"
		return w
	}
	if f.simpleRefused() != nil {
		return stronger()
	}
	if b.Code == nil {
		return undetermined("the test of LDAP signing got no answer: " + b.said())
	}
	if !b.Challenge {
		w := undetermined("the server sent no NTLM challenge without TLS (" + b.said() + "): its LDAP signing level is unknown")
		if *b.Code == wire.StrongerAuthRequired {
			w.because = append(w.because, "result 8 before a challenge may be about something other than signing")
		}
		return f.hinted(w, b, simple)
	}
	w := undetermined("the server refused the anonymous NTLM bind for another reason than signing (" + b.said() + "): its LDAP signing level is unknown")
	return f.hinted(w, b, simple)
}

// hinted adds to an undetermined way what the answers hint at.
func (f *Facts) hinted(w way, b, simple *Bind) way {
	if wire.ParseDiagnostic(b.Text).Reason() == wire.ReasonNTLMUnsupported {
		w.because = append(w.because, "80090302 hints that NTLM is switched off there")
	}
	if simple != nil {
		w.because = append(w.because, "the server's answer to a simple bind without TLS ("+simple.said()+") does not settle it either")
	}
	return w
}

func startTLSWay(f *Facts) way {
	switch {
	case f.StartTLS == nil:
		return startTLSUntold(f)
	case !*f.StartTLS:
		evidence := ""
		if b := f.bind(overStartTLS, askStartTLS); b != nil {
			evidence = " (" + b.said() + ")"
		}
		w := way{verdict: signet.Unseen, because: []string{"the server does not offer StartTLS" + evidence}}
		if w.absent = true; f.Certificate == certMissing {
			w.because[0] = "the server refuses StartTLS" + evidence + ", likely because it has no certificate"
		}
		return w
	}
	return tlsWay(f, overStartTLS, "behind StartTLS")
}

// startTLSUntold words a StartTLS that was not asked, or got no answer that lasts.
func startTLSUntold(f *Facts) way {
	w := way{unasked: "starttls"}
	switch b := f.bind(overStartTLS, askStartTLS); {
	case b != nil:
		w.unasked = ""
		w.because = []string{"the server did not say whether it offers StartTLS: " + b.said()}
	case f.Spared:
		w.because = []string{"Signet did not ask for StartTLS, which can crash a Samba whose LDAPS port is closed"}
	default:
		w.because = []string{"the answers do not show whether the server offers StartTLS"}
	}
	return w
}

// tlsWay judges a way whose channel is TLS: NTLM is tied to it by a channel binding, or by signing inside it, or
// not at all.
func tlsWay(f *Facts, over, place string) way {
	w := tlsVerdict(f, over, place)
	if over == overStartTLS {
		w.where = "starttls"
	}
	wrong := f.bind(over, askDecoyWrong)
	asked := wrong != nil && wrong.Code != nil
	if b := f.first(over); f.ChannelBinding == signet.Unknown && f.tellsBinding() && b != nil && b.Challenge && b.Code != nil && !b.settles() && !asked {
		w.unasked = "channel-binding"
	}
	return w
}

func tlsVerdict(f *Facts, over, place string) way {
	b := f.first(over)
	if b == nil {
		return noHandshake(f, place)
	}
	wrong, none := f.bind(over, askDecoyWrong), f.bind(over, askDecoyNone)
	switch b.answer() {
	case answerStronger:
		return guarded("the server refused an NTLM bind without signing even " + place + " (" + b.said() + ")")
	case answerNotOffered:
		return guarded("the server refuses NTLM " + place + " (" + b.said() + ")")
	}
	for _, d := range []*Bind{wrong, none} {
		if d.answer() == answerStronger {
			return guarded("the server refused an NTLM logon without signing even " + place + " (" + d.said() + ")")
		}
	}
	switch f.ChannelBinding {
	case signet.Off:
		return way{verdict: signet.Exposed, breach: ruleBindingOff, because: []string{
			"the server let a wrong channel binding pass " + place + " (" + wrong.said() + "), so it never checks channel bindings", openOff}}
	case signet.Optional:
		return way{verdict: signet.Exposed, breach: ruleBindingOptional, because: []string{
			"the server refused a wrong channel binding " + place + " (" + wrong.said() + ") and let a logon without one pass (" + none.said() + "), so it checks only what is sent", openPartly}}
	case signet.Required:
		if none == nil {
			none = b
		}
		return guarded("the server refused NTLM without a channel binding " + place + " (" + none.said() + "), so it requires channel binding")
	}
	switch {
	case wrong != nil && none != nil:
		return undetermined("the server refused a wrong channel binding " + place + " (" + wrong.said() + "); its answer to none at all decides nothing (" + none.said() + ")")
	case wrong != nil && wrong.Code == nil:
		return undetermined("the test of channel binding " + place + " got no answer: " + wrong.said())
	case wrong != nil:
		return undetermined("the server's answer to the test of channel binding " + place + " decides nothing (" + wrong.said() + ")")
	case b.Code == nil:
		return undetermined("NTLM " + place + " got no answer: " + b.said())
	case !b.Challenge:
		return undetermined("the server sent no NTLM challenge " + place + " (" + b.said() + ")")
	}
	if !f.tellsBinding() {
		return undetermined("the server offers NTLM " + place + " (" + b.said() + "); Signet can test channel binding on Active Directory only")
	}
	u := undetermined("this depth does not test channel binding " + place + "; --depth decoy does, by a failed logon of a user that cannot exist")
	u.deeper = "decoy"
	if b.answer() == answerAccepted {
		u.because = append(u.because, "the server accepted an anonymous NTLM bind without a channel binding "+place+" ("+b.said()+")")
	}
	return u
}

// noHandshake words a way on which TLS did not come about, or behind which nothing was asked.
func noHandshake(f *Facts, place string) way {
	switch {
	case f.Session != nil:
		w := undetermined("the answers do not show how the server treats NTLM " + place)
		w.unasked = "channel-binding"
		return w
	case f.Certificate == certMissing:
		return undetermined("the server cut off the TLS handshake " + place + ", likely for want of a certificate; a filter or a fault looks the same")
	}
	return undetermined("no TLS handshake was seen " + place)
}
