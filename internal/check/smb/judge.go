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
			j.Because = []string{"the server agreed to no dialect of SMB, so its signing level is unknown"}
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
		return way{because: []string{"the server does not offer SMB 2 or 3"}}
	case f.SMB2Offered == nil && slices.Contains(f.Undecided, askSMB2):
		return way{counts: true, because: []string{"the server gave no usable answer to the SMB 2 negotiate: its signing level there is unknown"}}
	case f.SMB2Offered == nil:
		return way{counts: true, because: []string{"nobody asked the server for SMB 2 or 3: its signing level there is unknown"}}
	case f.Odd:
		return way{counts: true, because: []string{"the server answered with dialect " + f.Dialect +
			", outside those offered, so Signet does not rely on SecurityMode " + f.SecurityMode}}
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
		w.breach(RuleNoNTLM, "the server does not list NTLM, and it refused an NTLM token")
	}
	switch f.Signing {
	case signet.Required:
		w.verdict, w.because = signet.Guarded, []string{bits(": the server requires signing")}
		return w
	case signet.Optional, signet.Off:
	default:
		w.because = []string{bits(" gives no signing level: it is outside 0x00 to 0x03")}
		if f.SecurityMode == "" {
			w.because = []string{"the server offers SMB 2 or 3, and its signing level there is unknown"}
		}
		return w
	}
	level := bits(": the server does not require signing")
	if f.Signing == signet.Off {
		level = bits(": the server does not even enable signing, against [MS-SMB2] 2.2.4")
	}
	if f.floorGuards() {
		w.verdict = signet.Guarded
		w.because = []string{level + ", but it speaks 3.1.1 alone, where " + f.maker().String() + " refuses unsigned user sessions (inferred from [MS-SMB2] 3.3.5.7)"}
		w.breach(RuleFloorOnly, level, "the server accepts no dialect below 3.1.1")
		return w
	}
	if is(f.EncryptionRequired) {
		w.verdict = signet.Guarded
		w.because = []string{level + ", but it requires encryption, for which a relay lacks the key (inferred: " + encryptionSeen(f) + ")"}
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
		return "a Samba that refused an anonymous session, STATUS_ACCESS_DENIED"
	}
	return "it refused a logon without encryption, STATUS_ACCESS_DENIED, and went on with one that had it"
}

// notRequired judges a server that lets its clients choose, and shows nothing else that would stop a relay.
func notRequired(f *Facts, level string) way {
	switch {
	case f.NTLMOffer == ntlmNo:
		return way{because: []string{level, "the server takes no NTLM; a Kerberos relay stays possible until it requires signing"}}
	case f.NTLMOffer != ntlmOffered && f.NTLMOffer != ntlmProven:
		return way{because: []string{level, "the server's answers do not show whether it accepts NTLM"}}
	case slices.Contains(f.Undecided, askFloor):
		return way{because: []string{level, "the server's answers do not show whether it accepts a dialect below 3.1.1, at which a relay works"}}
	case slices.Contains(f.Undecided, askEncryption):
		return way{because: []string{level, "the server's answers do not show whether it requires encryption, which would stop a relay"}}
	case f.DialectFloor == top:
		return way{because: []string{level, "the server speaks 3.1.1 alone, where Windows and Samba refuse unsigned user sessions, but too few signs show that it is one of them"}}
	case f.NTLMOffer == ntlmProven:
		return way{verdict: signet.Exposed, because: []string{level, "the server offers NTLM: it answered an NTLM negotiate message with a challenge"}}
	}
	offer := "the server offers NTLM: it lists it among its mechanisms"
	if !slices.Contains(f.Mechanisms, "ntlm") { // SMB 1 without extended security, or a tool's word of it
		offer = "the server offers NTLM: SMB 1 challenge and response is NTLM"
	}
	return way{verdict: signet.Exposed, because: []string{level, offer}}
}

func smb1Way(f *Facts) way {
	s := &f.SMB1
	switch {
	case isNot(s.Offered):
		return way{because: []string{"the server does not offer SMB 1"}}
	case s.Offered == nil && slices.Contains(f.Undecided, askSMB1):
		return way{counts: true, because: []string{"the server gave no usable answer to the SMB 1 negotiate: it may speak SMB 1 without signing"}}
	case s.Offered == nil:
		return way{because: []string{"nobody asked the server for SMB 1"}}
	}
	w := way{counts: true}
	bits := "SMB 1 (" + s.Dialect + ")"
	if s.SecurityMode != "" {
		bits += " SecurityMode " + s.SecurityMode
	}
	w.breach(RuleSMB1, "the server agreed to SMB 1 ("+s.Dialect+") when a client offered nothing else")
	if is(s.Plaintext) {
		w.breach(RulePlaintext, bits+": bit 0x02 is clear, so clients send passwords in plain text")
	}
	switch s.Signing {
	case signet.Required:
		w.verdict, w.because = signet.Guarded, []string{bits + ": the server requires signing"}
		return w
	case signet.Optional:
		bits += ": the server does not require signing"
	case signet.Off:
		bits += ": the server does not sign"
	default:
		w.because = []string{"the server offers SMB 1, and its signing level there is unknown"}
		if s.SecurityMode != "" {
			w.because = []string{bits + " gives no signing level: its upper four bits have no meaning"}
		}
		return w
	}
	w.verdict, w.because = signet.Exposed, []string{bits}
	w.breach(RuleSMB1Signing, bits)
	return w
}
