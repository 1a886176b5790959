package ldap

import (
	"slices"
	"strings"
	"testing"

	"signet"
	wire "signet/internal/wire/ldap"
)

// Diagnostic texts, as Samba (prefix) and Windows (data) write them.
const (
	textLogon     = "8009030C: LdapErr: DSID-0C0904DC, comment: AcceptSecurityContext error, data 52e, v1db1"
	textBinding   = "80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 35b, v1db1"
	textBindingMS = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 80090346, v4563\x00"
	textNTLMOff   = "80090302: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 0, v4563\x00"
	textLocked    = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 775, v4563\x00"
	textIntegrity = "00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking, data 0, v4563\x00"
)

// told is a bind with an answer; noNTLM one whose answer held no challenge.
func told(over, question string, code wire.ResultCode, text string) Bind {
	return Bind{Over: over, Question: question, Challenge: true, Code: &code, Text: text}
}

func noNTLM(over, question string, code wire.ResultCode, text string) Bind {
	return Bind{Over: over, Question: question, Code: &code, Text: text}
}

// picked is a bind whose answer is one of SPNEGO without a challenge.
func picked(over string, code wire.ResultCode, negotiation string) Bind {
	b := noNTLM(over, askAnonymous, code, "")
	b.Negotiation = negotiation
	return b
}

func lost(over, question string) Bind {
	return Bind{Over: over, Question: question, Challenge: true, Error: "the peer reset the connection"}
}

// plainFacts has a StartTLS that is not offered, so that the plain way alone decides.
func plainFacts(binds ...Bind) *Facts {
	f := newFacts()
	no := false
	f.StartTLS, f.Binds = &no, binds
	f.readLevels()
	return &f
}

func tlsFacts(binds ...Bind) *Facts {
	f := newFacts()
	f.TLS, f.Certificate, f.Session, f.Role, f.Binds = overLDAPS, certOK, &signet.TLS{}, roleDC, binds
	f.readLevels()
	return &f
}

// ofSamba makes a directory one that answers an unknown user before it looks at signing.
func ofSamba(f *Facts) *Facts {
	f.Root.VendorName = "Samba Team (https://www.samba.org)"
	f.readLevels()
	return f
}

// Every answer to a bind that decides something, and what each leaves unknown.
func TestJudge(t *testing.T) {
	anon := func(over string, code wire.ResultCode, text string) Bind { return told(over, askAnonymous, code, text) }
	wrong := func(code wire.ResultCode, text string) Bind { return told(overLDAPS, askDecoyWrong, code, text) }
	none := func(code wire.ResultCode, text string) Bind { return told(overLDAPS, askDecoyNone, code, text) }
	for _, c := range []struct {
		name    string
		facts   *Facts
		verdict signet.Verdict
		signing signet.Level
		binding signet.Level
		rules   string
	}{
		{"389: 0", plainFacts(anon(overPlain, 0, "")), signet.Exposed, signet.Optional, 0, ruleSigning},
		{"389: 8 of Samba", plainFacts(anon(overPlain, 8, "SASL:[GSS-SPNEGO]: Sign or Seal are required.")), signet.Guarded, signet.Required, 0, ""},
		{"389: 8 of Windows", plainFacts(anon(overPlain, 8, textIntegrity)), signet.Guarded, signet.Required, 0, ""},
		{"389: 49 52e", plainFacts(anon(overPlain, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"389: 49 NTLM off", plainFacts(anon(overPlain, 49, textNTLMOff)), signet.Undetermined, 0, 0, ""},
		{"389: 49 locked", plainFacts(anon(overPlain, 49, textLocked)), signet.Undetermined, 0, 0, ""},
		{"389: 49 without a text", plainFacts(anon(overPlain, 49, "")), signet.Undetermined, 0, 0, ""},
		{"389: 49 bad bindings", plainFacts(anon(overPlain, 49, textBinding)), signet.Undetermined, 0, 0, ""},
		{"389: 7 at once", plainFacts(noNTLM(overPlain, askAnonymous, 7, "")), signet.Guarded, 0, 0, ""},
		{"389: 48 at once", plainFacts(noNTLM(overPlain, askAnonymous, 48, "")), signet.Guarded, 0, 0, ""},
		{"389: 14 without a type 2", plainFacts(noNTLM(overPlain, askAnonymous, 14, "")), signet.Undetermined, 0, 0, ""},
		{"389: 14, NTLM selected", plainFacts(picked(overPlain, 14, ntlmSelected)), signet.Undetermined, 0, 0, ""},
		{"389: 14, another selected", plainFacts(picked(overPlain, 14, otherSelected)), signet.Undetermined, 0, 0, ""},
		{"389: 14, a challenge cut short", plainFacts(picked(overPlain, 14, cutChallenge)), signet.Undetermined, 0, 0, ""},
		{"389: 14, rejected", plainFacts(picked(overPlain, 14, rejected)), signet.Guarded, 0, 0, ""},
		{"636: 14, rejected", tlsFacts(picked(overLDAPS, 14, rejected)), signet.Guarded, 0, 0, ""},
		{"636: 14 without a type 2", tlsFacts(noNTLM(overLDAPS, askAnonymous, 14, "")), signet.Undetermined, 0, 0, ""},
		{"389: 8 before any challenge", plainFacts(noNTLM(overPlain, askAnonymous, 8, "")), signet.Undetermined, 0, 0, ""},
		{"389: 8 at depth handshake", plainFacts(noNTLM(overPlain, askChallenge, 8, "")), signet.Undetermined, 0, 0, ""},
		{"636: 8 before any challenge", tlsFacts(noNTLM(overLDAPS, askAnonymous, 8, "")), signet.Undetermined, 0, 0, ""},
		{"389: simple 8 of whoever says so to all", plainFacts(noNTLM(overPlain, askSimple, 8, "authentication required")), signet.Undetermined, 0, 0, ""},
		{"389: simple 8 of AD", plainFacts(noNTLM(overPlain, askSimple, 8, textIntegrity)), signet.Guarded, signet.Required, 0, ""},
		{"389: NTLM off at once", plainFacts(noNTLM(overPlain, askAnonymous, 49, textNTLMOff)), signet.Undetermined, 0, 0, ""},
		{"389: 49 at once", plainFacts(noNTLM(overPlain, askAnonymous, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"389: success without a challenge", plainFacts(noNTLM(overPlain, askAnonymous, 0, "")), signet.Undetermined, 0, 0, ""},
		{"389: 7 after a type 2", plainFacts(anon(overPlain, 7, "")), signet.Undetermined, 0, 0, ""},
		{"389: 14 after a type 3", plainFacts(anon(overPlain, 14, "")), signet.Undetermined, 0, 0, ""},
		{"389: 13", plainFacts(noNTLM(overPlain, askAnonymous, 13, "")), signet.Guarded, 0, 0, ""},
		{"389: 1", plainFacts(anon(overPlain, 1, "")), signet.Undetermined, 0, 0, ""},
		{"389: 2", plainFacts(anon(overPlain, 2, "")), signet.Undetermined, 0, 0, ""},
		{"389: 51", plainFacts(anon(overPlain, 51, "")), signet.Undetermined, 0, 0, ""},
		{"389: 52", plainFacts(anon(overPlain, 52, "")), signet.Undetermined, 0, 0, ""},
		{"389: 53", plainFacts(anon(overPlain, 53, "")), signet.Undetermined, 0, 0, ""},
		{"389: reset", plainFacts(lost(overPlain, askAnonymous)), signet.Undetermined, 0, 0, ""},
		{"389: challenge only", plainFacts(told(overPlain, askChallenge, 14, "")), signet.Undetermined, 0, 0, ""},
		{"389: no bind", plainFacts(), signet.Undetermined, 0, 0, ""},
		{"389: 49, simple 8", plainFacts(anon(overPlain, 49, textNTLMOff), noNTLM(overPlain, askSimple, 8, "BindSimple: Transport encryption required.")), signet.Guarded, signet.Required, 0, ""},
		{"389: in a capture, simple 8 alone", plainFacts(noNTLM(overPlain, askSimple, 8, "BindSimple: Transport encryption required.")), signet.Guarded, signet.Required, 0, ""},
		{"389: 49, simple 49", plainFacts(anon(overPlain, 49, textNTLMOff), noNTLM(overPlain, askSimple, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"389: 49, simple 0", plainFacts(anon(overPlain, 49, textNTLMOff), noNTLM(overPlain, askSimple, 0, "")), signet.Undetermined, 0, 0, ""},

		{"636: 52e", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textLogon)), signet.Exposed, 0, signet.Off, ruleBindingOff},
		{"636: 80090346 as prefix, 52e", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBinding), none(49, textLogon)), signet.Exposed, 0, signet.Optional, ruleBindingOptional},
		{"636: 80090346 as data, 52e", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBindingMS), none(49, textLogon)), signet.Exposed, 0, signet.Optional, ruleBindingOptional},
		{"636: 80090346 twice, as data", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBindingMS), none(49, textBindingMS)), signet.Guarded, 0, signet.Required, ""},
		{"636: 80090346 twice, both ways", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBinding), none(49, textBindingMS)), signet.Guarded, 0, signet.Required, ""},
		{"636: anonymous 80090346", tlsFacts(anon(overLDAPS, 49, textBinding)), signet.Guarded, 0, signet.Required, ""},
		{"636: anonymous 8", tlsFacts(anon(overLDAPS, 8, "")), signet.Guarded, signet.Required, 0, ""},
		{"636: anonymous 8, decoy 52e", tlsFacts(anon(overLDAPS, 8, ""), wrong(49, textLogon)), signet.Guarded, signet.Required, signet.Off, ""},
		{"636: anonymous 0 alone", tlsFacts(anon(overLDAPS, 0, "")), signet.Undetermined, 0, 0, ""},
		{"636: anonymous 49 alone", tlsFacts(anon(overLDAPS, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"636: decoy 8", tlsFacts(anon(overLDAPS, 49, ""), wrong(8, "")), signet.Guarded, 0, 0, ""},
		{"636: decoy NTLM off", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textNTLMOff)), signet.Undetermined, 0, 0, ""},
		{"636: decoy 775", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textLocked)), signet.Undetermined, 0, 0, ""},
		{"636: decoy 49 without a text", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, "")), signet.Undetermined, 0, 0, ""},
		{"636: decoy 7", tlsFacts(anon(overLDAPS, 0, ""), wrong(7, "")), signet.Undetermined, 0, 0, ""},
		{"636: decoy reset", tlsFacts(anon(overLDAPS, 0, ""), lost(overLDAPS, askDecoyWrong)), signet.Undetermined, 0, 0, ""},
		{"636: second decoy reset", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBinding), lost(overLDAPS, askDecoyNone)), signet.Undetermined, 0, 0, ""},
		{"636: second decoy 775", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBinding), none(49, textLocked)), signet.Undetermined, 0, 0, ""},
		{"636: 80090346 to the anonymous type 1", tlsFacts(noNTLM(overLDAPS, askAnonymous, 49, textBinding)), signet.Undetermined, 0, 0, ""},
		{"636: NTLM off at once", tlsFacts(noNTLM(overLDAPS, askAnonymous, 49, textNTLMOff)), signet.Undetermined, 0, 0, ""},
		{"636: 52e to the decoy's type 1", tlsFacts(anon(overLDAPS, 0, ""), noNTLM(overLDAPS, askDecoyWrong, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"636: 80090346, then 52e to a type 1", tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textBinding), noNTLM(overLDAPS, askDecoyNone, 49, textLogon)), signet.Undetermined, 0, 0, ""},
		{"636: Samba, anonymous 49, decoy 52e", ofSamba(tlsFacts(anon(overLDAPS, 49, textLogon), wrong(49, textLogon))), signet.Undetermined, 0, 0, ""},
		{"636: Samba, anonymous reset, decoy 52e", ofSamba(tlsFacts(lost(overLDAPS, askAnonymous), wrong(49, textLogon))), signet.Undetermined, 0, 0, ""},
		{"636: Samba, anonymous 0, decoy 52e", ofSamba(tlsFacts(anon(overLDAPS, 0, ""), wrong(49, textLogon))), signet.Exposed, 0, signet.Off, ruleBindingOff},
		{"636: decoy let in", tlsFacts(anon(overLDAPS, 0, ""), wrong(0, "")), signet.Exposed, 0, signet.Off, ruleBindingOff},
		{"636: 7 at once", tlsFacts(noNTLM(overLDAPS, askAnonymous, 7, "")), signet.Guarded, 0, 0, ""},
		{"636: challenge only", tlsFacts(told(overLDAPS, askChallenge, 14, "")), signet.Undetermined, 0, 0, ""},
		{"636: no bind", tlsFacts(), signet.Undetermined, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := judge(c.facts)
			if j.Verdict != c.verdict || c.facts.Signing != c.signing || c.facts.ChannelBinding != c.binding {
				t.Errorf("%v with signing %v and binding %v, want %v %v %v, because %q", j.Verdict, c.facts.Signing, c.facts.ChannelBinding, c.verdict, c.signing, c.binding, j.Because)
			}
			var rules []string
			for _, b := range j.Breaches {
				rules = append(rules, b.Rule)
				if len(b.Because) == 0 {
					t.Errorf("%s without a reason", b.Rule)
				}
			}
			if got := strings.Join(rules, " "); got != c.rules {
				t.Errorf("rules %q, want %q", got, c.rules)
			}
			if len(j.Because) == 0 || (j.Verdict == signet.Exposed) != (len(j.Breaches) > 0) {
				t.Errorf("because %q, %d breaches", j.Because, len(j.Breaches))
			}
			for _, s := range j.Because {
				if strings.HasSuffix(s, ".") || strings.ContainsRune(s, 0) {
					t.Errorf("sentence %q", s)
				}
			}
		})
	}
}

// A plain port has two ways in, and the worst wins: exposed, then undetermined, then guarded.
func TestJudgeBothWays(t *testing.T) {
	behind := func(text string) []Bind {
		return []Bind{told(overStartTLS, askAnonymous, 0, ""), told(overStartTLS, askDecoyWrong, 49, text), told(overStartTLS, askDecoyNone, 49, textBinding)}
	}
	for _, c := range []struct {
		name     string
		plain    wire.ResultCode
		startTLS string // no, cut, missing, untold, withheld, open, closed
		want     signet.Verdict
		where    []string
	}{
		{"signing required, no StartTLS", 8, "no", signet.Guarded, nil},
		{"signing required, StartTLS refused for want of a certificate", 8, "missing", signet.Guarded, nil},
		{"signing required, StartTLS not told", 8, "untold", signet.Undetermined, nil},
		{"signing required, handshake cut off", 8, "cut", signet.Undetermined, nil},
		{"signing required, StartTLS withheld", 8, "withheld", signet.Undetermined, nil},
		{"signing required, StartTLS unguarded", 8, "open", signet.Exposed, []string{"starttls"}},
		{"signing required, StartTLS guarded", 8, "closed", signet.Guarded, nil},
		{"signing not required, StartTLS guarded", 0, "closed", signet.Exposed, []string{""}},
		{"signing not required, StartTLS unguarded", 0, "open", signet.Exposed, []string{"", "starttls"}},
		{"signing unknown, StartTLS guarded", 49, "closed", signet.Undetermined, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFacts()
			f.Role, f.Domain = roleDC, "signet.test"
			f.put(told(overPlain, askAnonymous, c.plain, ""))
			yes, no := true, false
			if f.StartTLS = &yes; c.startTLS == "untold" {
				f.StartTLS = nil
			}
			switch c.startTLS {
			case "no":
				f.StartTLS = &no
			case "missing":
				f.StartTLS, f.Certificate = &no, certMissing
			case "cut":
				f.Certificate = certMissing
			case "withheld", "open", "closed":
				f.TLS, f.Certificate, f.Session = overStartTLS, certOK, &signet.TLS{}
				n := map[string]int{"withheld": 1, "open": 3, "closed": 3}[c.startTLS]
				text := map[string]string{"open": textLogon, "closed": textBinding}[c.startTLS]
				f.Binds = append(f.Binds, behind(text)[:n]...)
			}
			f.readLevels()
			j := judge(&f)
			if j.Verdict != c.want {
				t.Errorf("%v, want %v, because %q", j.Verdict, c.want, j.Because)
			}
			var where []string
			for _, b := range j.Breaches {
				where = append(where, b.Where)
				if !slices.Contains(b.Because, "one weak domain controller opens the whole domain signet.test") {
					t.Errorf("%s does not name the domain: %q", b.Rule, b.Because)
				}
			}
			if !slices.Equal(where, c.where) {
				t.Errorf("breaches at %q, want %q", where, c.where)
			}
		})
	}
}

// A StartTLS that is not there is no guard: where nothing else is known of an endpoint, nothing was seen.
func TestNoStartTLSIsNoGuard(t *testing.T) {
	f := plainFacts(noNTLM(overPlain, askAnonymous, 7, ""))
	if all := ways(f); all[0].verdict != signet.Guarded || all[1].verdict != signet.Unseen || !all[1].absent {
		t.Errorf("%+v", all)
	}
	j := judge(f)
	if last := j.Because[len(j.Because)-1]; j.Verdict != signet.Guarded || !strings.HasPrefix(last, "the server does not offer StartTLS") {
		t.Errorf("%v because %q", j.Verdict, j.Because)
	}
}

// A directory that is not AD writes no numbers, so no depth is promised to decide its channel binding.
func TestJudgePromisesNothingOfOtherDirectories(t *testing.T) {
	f := tlsFacts(told(overLDAPS, askAnonymous, 80, ""))
	f.Role = roleDirectory
	if w := ways(f)[0]; w.deeper != "" || w.unasked != "" || strings.Contains(strings.Join(w.because, " "), "--depth") {
		t.Errorf("%+v", w)
	}
	f.Role = roleDC
	if w := ways(f)[0]; w.deeper != "decoy" || w.unasked != "channel-binding" {
		t.Errorf("%+v", w)
	}
}
