package smb

import (
	"slices"

	"signet"
	"signet/internal/check"
)

// way is what one generation of the protocol means for a relay to the endpoint.
type way struct {
	counts   bool // it is spoken, or may be
	verdict  signet.Verdict
	because  []string
	breaches []check.Breach
}

func (w *way) breach(rule string, because ...string) {
	w.breaches = append(w.breaches, check.Breach{Rule: rule, Because: because})
}

// judge turns facts into a verdict. SMB 2/3 and SMB 1 are two ways into the same server: the worse one counts.
func judge(f *Facts) check.Judgement {
	two, one := smb2Way(f), smb1Way(f)
	j := check.Judgement{Breaches: append(two.breaches, one.breaches...)}
	switch {
	case two.counts && one.counts:
		j.Verdict = two.verdict.Worse(one.verdict)
	case two.counts:
		j.Verdict = two.verdict
	case one.counts:
		j.Verdict = one.verdict
	default:
		j.Because = append(two.because, one.because...)
		if j.Because == nil {
			j.Because = []string{"No dialect of SMB was agreed, so there is no signing to speak of"}
		}
		return j
	}
	for _, w := range []way{two, one} {
		if w.counts && w.verdict == j.Verdict || !w.counts && j.Verdict == signet.Guarded {
			j.Because = append(j.Because, w.because...)
		}
	}
	return j
}

func smb2Way(f *Facts) way {
	switch {
	case isNot(f.SMB2Offered):
		return way{because: []string{"SMB 2 and 3 are not offered"}}
	case f.SMB2Offered == nil && slices.Contains(f.Undecided, askSMB2):
		return way{counts: true, because: []string{"The SMB 2 negotiate got no usable answer, so signing in SMB 2 and 3 is not known"}}
	case f.SMB2Offered == nil:
		return way{counts: true, because: []string{"SMB 2 and 3 were not asked about, so signing there is not known"}}
	case f.Odd:
		return way{counts: true, because: []string{"The server answered with dialect " + f.Dialect +
			", which is none that was offered: SecurityMode " + f.SecurityMode + " is shown but not relied upon"}}
	}
	w := way{counts: true}
	name := f.Dialect
	if name == "" {
		name = "2 or 3" // overheard: the answer that tells the dialect is not in the capture
	}
	bits := func(text string) string {
		if f.SecurityMode == "" { // another tool's word, without the bits
			return "SMB " + name + text
		}
		return "SMB " + name + " SecurityMode " + f.SecurityMode + text
	}
	if f.NTLMOffer == ntlmNo {
		w.breach(RuleNoNTLM, "NTLM is not among the mechanisms, and an NTLM token was refused")
	}
	switch f.Signing {
	case signet.Required:
		w.verdict, w.because = signet.Guarded, []string{bits(": signing required")}
		return w
	case signet.Optional, signet.Off:
	default:
		w.because = []string{bits(" says no signing level: only 0x00 to 0x03 have a meaning")}
		if f.SecurityMode == "" {
			w.because = []string{"SMB 2 or 3 is offered, and its signing level was not told"}
		}
		return w
	}
	level := bits(": signing enabled, not required")
	if f.Signing == signet.Off {
		level = bits(": signing not even enabled, which no SMB 2 server should say; it is not required")
	}
	if f.floorGuards() {
		w.verdict = signet.Guarded
		w.because = []string{level + ", but 3.1.1 is the only dialect, and there " + f.maker().String() + " refuses an unsigned session of a user (inferred from [MS-SMB2] 3.3.5.7)"}
		w.breach(RuleFloorOnly, level, "No dialect below 3.1.1 is accepted")
		return w
	}
	if is(f.EncryptionRequired) {
		w.verdict = signet.Guarded
		w.because = []string{level + ", but " + encryptionSeen(f) + ", and a relay has no key to encrypt with (inferred)"}
		return w
	}
	open := notRequired(f, level)
	w.verdict, w.because = open.verdict, open.because
	w.breach(RuleSigning, level)
	return w
}

// encryptionSeen words by what required encryption was recognised.
func encryptionSeen(f *Facts) string {
	if f.maker() == makerSamba {
		return "nobody's session was refused (STATUS_ACCESS_DENIED), which Samba does only where it requires encryption"
	}
	return "a logon was refused without encryption (STATUS_ACCESS_DENIED) that went on with it"
}

// notRequired judges a server that lets its clients choose, and shows nothing else that would stop a relay.
func notRequired(f *Facts, level string) way {
	switch {
	case f.NTLMOffer == ntlmNo:
		return way{because: []string{level, "NTLM is neither named nor accepted, which closes NTLM; a Kerberos relay stays possible while signing is not required"}}
	case f.NTLMOffer != ntlmOffered && f.NTLMOffer != ntlmProven:
		return way{because: []string{level, "Whether NTLM is accepted could not be told"}}
	case slices.Contains(f.Undecided, askFloor):
		return way{because: []string{level, "Whether a dialect below 3.1.1 is accepted, where such a session is relayed, could not be told"}}
	case slices.Contains(f.Undecided, askEncryption):
		return way{because: []string{level, "Whether encryption is required, which would stop a relay, could not be told"}}
	case f.DialectFloor == top:
		return way{because: []string{level, "3.1.1 is the only dialect, where Windows and Samba refuse an unsigned session of a user; whether this server does is not known, since too few signs show who made it"}}
	case f.NTLMOffer == ntlmProven:
		return way{verdict: signet.Exposed, because: []string{level, "NTLM is offered: the server answered a type 1 with a challenge"}}
	}
	offer := "NTLM is among the mechanisms that the server names"
	if !slices.Contains(f.Mechanisms, "ntlm") { // SMB 1 without extended security, or a tool's word of it
		offer = "NTLM is offered: SMB 1 takes challenge and response, which is NTLM"
	}
	return way{verdict: signet.Exposed, because: []string{level, offer}}
}

func smb1Way(f *Facts) way {
	s := &f.SMB1
	switch {
	case isNot(s.Offered):
		return way{because: []string{"SMB 1 is not offered"}}
	case s.Offered == nil && slices.Contains(f.Undecided, askSMB1):
		return way{counts: true, because: []string{"The SMB 1 negotiate got no usable answer, so SMB 1 may be on without signing"}}
	case s.Offered == nil:
		return way{because: []string{"SMB 1 was not asked about"}}
	}
	w := way{counts: true}
	bits := "SMB 1 (" + s.Dialect + ")"
	if s.SecurityMode != "" {
		bits += " SecurityMode " + s.SecurityMode
	}
	w.breach(RuleSMB1, "The server agreed to SMB 1 ("+s.Dialect+") when nothing else was offered")
	if is(s.Plaintext) {
		w.breach(RulePlaintext, bits+": bit 0x02 is clear, so passwords cross the wire in plain text")
	}
	switch s.Signing {
	case signet.Required:
		w.verdict, w.because = signet.Guarded, []string{bits + ": signing required"}
		return w
	case signet.Optional:
		bits += ": signing enabled, not required"
	case signet.Off:
		bits += ": no signing"
	default:
		w.because = []string{"SMB 1 is offered, and its signing level was not told"}
		if s.SecurityMode != "" {
			w.because = []string{bits + " says no signing level: its upper four bits have no meaning"}
		}
		return w
	}
	w.verdict, w.because = signet.Exposed, []string{bits}
	w.breach(RuleSMB1Signing, bits)
	return w
}
