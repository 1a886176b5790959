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
	openSigning = "open to NTLM relayed from HTTP and WebDAV clients, which do not ask for signing, and to NTLMv1 from any client"
	openOff     = openSigning
	openPartly  = "open to NTLMv1 and to clients that send no channel binding; closed to NTLMv2 of patched Windows clients"
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
		return guarded("a simple bind without TLS was refused before its password was looked at (" + simple.said() + "): LDAP signing is required")
	}
	if b == nil {
		if f.simpleRefused() != nil { // in a capture
			return stronger()
		}
		w := undetermined("whether LDAP signing is required is not known: no NTLM bind without signing was seen to be accepted, or refused for want of it")
		w.unasked = "signing"
		return w
	}
	switch b.answer() {
	case answerAccepted:
		if b.Question == askOverheard {
			return way{verdict: signet.Exposed, breach: ruleSigning, because: []string{
				"a client's NTLM bind without signing was accepted (" + b.said() + "): LDAP signing is not required", openSigning}}
		}
		return way{verdict: signet.Exposed, breach: ruleSigning, because: []string{
			"an anonymous NTLM bind without signing was accepted (" + b.said() + "): LDAP signing is not required", openSigning}}
	case answerStronger:
		return guarded("an NTLM bind without signing was refused (" + b.said() + "): LDAP signing is required")
	case answerTLSFirst:
		return guarded("binds without TLS are refused (" + b.said() + ")")
	case answerNotOffered:
		return guarded("NTLM is not offered without TLS (" + b.said() + ")")
	}
	if b.Question == askChallenge && b.Challenge {
		w := undetermined("LDAP signing was not asked: it takes the anonymous NTLM bind of --depth anonymous")
		w.unasked, w.deeper = "signing", "anonymous"
		return w
	}
	if f.simpleRefused() != nil {
		return stronger()
	}
	if b.Code == nil {
		return undetermined("whether LDAP signing is required was not answered: " + b.said())
	}
	if !b.Challenge {
		w := undetermined("NTLM got no challenge without TLS (" + b.said() + "): whether signing is required cannot be told")
		if *b.Code == wire.StrongerAuthRequired {
			w.because = append(w.because, "8 before a challenge need not be about signing")
		}
		return f.hinted(w, b, simple)
	}
	w := undetermined("the anonymous NTLM bind was not accepted, for another reason than signing (" + b.said() + "): whether signing is required cannot be told")
	return f.hinted(w, b, simple)
}

// hinted adds to an undetermined way what the answers hint at.
func (f *Facts) hinted(w way, b, simple *Bind) way {
	if wire.ParseDiagnostic(b.Text).Reason() == wire.ReasonNTLMUnsupported {
		w.because = append(w.because, "80090302 is a hint that NTLM is switched off there")
	}
	if simple != nil {
		w.because = append(w.because, "a simple bind without TLS was answered with "+simple.said()+", which does not settle it either")
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
		w := way{verdict: signet.Unseen, because: []string{"StartTLS is not offered" + evidence + ": it opens no way round signing"}}
		if w.absent = true; f.Certificate == certMissing {
			w.because[0] = "StartTLS is refused" + evidence + ", likely for want of a certificate: it opens no way round signing"
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
		w.because = []string{"whether StartTLS is offered was not told: " + b.said()}
	case f.Spared:
		w.because = []string{"whether StartTLS is offered was not told: a Samba whose LDAPS port is closed is not asked, since StartTLS can crash it"}
	default:
		w.because = []string{"whether StartTLS is offered was not told"}
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
		return guarded("an NTLM bind without signing was refused even " + place + " (" + b.said() + ")")
	case answerNotOffered:
		return guarded("NTLM is not offered " + place + " (" + b.said() + ")")
	}
	for _, d := range []*Bind{wrong, none} {
		if d.answer() == answerStronger {
			return guarded("an NTLM logon without signing was refused even " + place + " (" + d.said() + ")")
		}
	}
	switch f.ChannelBinding {
	case signet.Off:
		return way{verdict: signet.Exposed, breach: ruleBindingOff, because: []string{
			"a logon with a wrong channel binding got past the binding " + place + " (" + wrong.said() + "): channel binding is never checked", openOff}}
	case signet.Optional:
		return way{verdict: signet.Exposed, breach: ruleBindingOptional, because: []string{
			"a wrong channel binding was refused " + place + " (" + wrong.said() + "), none at all was let through (" + none.said() + "): it is checked only when sent", openPartly}}
	case signet.Required:
		if none == nil {
			none = b
		}
		return guarded("NTLM without a channel binding was refused " + place + " (" + none.said() + "): channel binding is required")
	}
	switch {
	case wrong != nil && none != nil:
		return undetermined("a wrong channel binding was refused " + place + " (" + wrong.said() + "), but what none at all meets was not told (" + none.said() + ")")
	case wrong != nil && wrong.Code == nil:
		return undetermined("whether channel bindings are checked " + place + " was not answered: " + wrong.said())
	case wrong != nil:
		return undetermined("the logon that tells whether channel bindings are checked was answered " + place + " with " + wrong.said() + ", which decides nothing")
	case b.Code == nil:
		return undetermined("NTLM " + place + " was not answered: " + b.said())
	case !b.Challenge:
		return undetermined("NTLM got no challenge " + place + " (" + b.said() + ")")
	}
	if !f.tellsBinding() {
		return undetermined("NTLM is offered " + place + ", and whether it is tied to the channel cannot be told of a directory that is not AD (" + b.said() + ")")
	}
	u := undetermined("channel binding " + place + " was not asked: it takes a logon that fails, as a user that cannot exist (--depth decoy)")
	u.deeper = "decoy"
	if b.answer() == answerAccepted {
		u.because = append(u.because, "the anonymous NTLM bind without a binding was accepted "+place+" ("+b.said()+")")
	}
	return u
}

// noHandshake words a way on which TLS did not come about, or behind which nothing was asked.
func noHandshake(f *Facts, place string) way {
	switch {
	case f.Session != nil:
		w := undetermined("what NTLM meets " + place + " was not seen")
		w.unasked = "channel-binding"
		return w
	case f.Certificate == certMissing:
		return undetermined("the handshake was cut off " + place + ": likely the server has no certificate, but a filter or a fault looks the same")
	}
	return undetermined("no TLS handshake was seen " + place)
}
