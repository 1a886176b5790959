package smb

import (
	"signet"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb1"
	"signet/internal/wire/spnego"
)

// legacy negotiates SMB 1 and nothing else. Where SMB 2 told no names it goes on to ask for NTLM's challenge.
type legacy struct {
	iv    *interview
	names bool // ask for names as well
	setup bool // they were asked for
}

func (l *legacy) open(dst []byte) []byte { return smb1.AppendNegotiate(dst) }

func (l *legacy) answer(dst, msg []byte) ([]byte, bool, error) {
	if l.setup {
		return nil, true, l.challenged(msg)
	}
	s := &l.iv.facts.SMB1
	h, err := smb1.ParseHeader(msg)
	if err != nil {
		return nil, false, err // an SMB 2 answer among them: that proves nothing about SMB 1
	}
	if h.Command == smb1.CommandNegotiate && refusesDialects(h.Status) {
		l.iv.refused1 = true
		return nil, true, nil
	}
	n, err := smb1.ParseNegotiate(msg)
	if err != nil {
		return nil, false, err
	}
	if !n.Accepted() {
		s.Offered = no()
		return nil, true, nil
	}
	l.iv.learn1(&n)
	if !l.names || !n.ExtendedSecurity() {
		return nil, true, nil
	}
	l.setup = true
	return smb1.AppendSessionSetup(dst, spnego.AppendInitNTLM(nil, ntlmssp.Negotiate())), false, nil
}

// refusesDialects tells whether a status says that the server does not do SMB 1, as against not now, not for us or
// not like this: STATUS_NOT_SUPPORTED, STATUS_NOT_IMPLEMENTED.
func refusesDialects(status uint32) bool { return status == 0xc00000bb || status == 0xc0000002 }

func (l *legacy) challenged(msg []byte) error {
	r, err := smb1.ParseSessionSetup(msg)
	if err != nil {
		return err
	}
	s := &l.iv.facts.SMB1
	s.NativeOS, s.NativeLanMan = r.NativeOS, r.NativeLanMan
	if !l.iv.facts.challenge(r.Token) {
		l.iv.facts.refusedNTLM(refusesNTLM(r.Status))
	}
	return nil
}

// learn1 takes the facts of an SMB 1 negotiate answer that agrees to a dialect.
func (iv *interview) learn1(n *smb1.NegotiateResponse) {
	f := &iv.facts
	s := &f.SMB1
	s.Offered, s.Dialect = yes(), smb1.Dialect
	s.SecurityMode = mode(uint16(n.SecurityMode))
	if n.WordCount != 17 {
		s.Dialect = "LAN Manager"
		if n.WordCount == 1 {
			s.Dialect, s.SecurityMode = "core", ""
		}
	}
	switch {
	case n.SecurityMode&0xf0 != 0: // reserved ([MS-CIFS] §2.2.4.52.2): who sets those may mean anything by the others
		s.Signing = signet.Unknown
	case n.SecurityMode&smb1.SigningRequired != 0:
		s.Signing = signet.Required
	case n.SecurityMode&smb1.SigningEnabled != 0:
		s.Signing = signet.Optional
	default:
		s.Signing = signet.Off
	}
	user, plain := n.SecurityMode&smb1.UserLevel != 0, n.SecurityMode&smb1.EncryptPasswords == 0
	s.UserLevel, s.Plaintext = &user, &plain
	s.Domain, s.Server = n.Domain, n.Server
	if is(f.SMB2Offered) {
		return // what follows is known from there
	}
	f.Dialect = smb1Dialect
	f.ServerGUID, f.SystemTime = GUID(n.GUID), Time(n.SystemTime)
	f.mechanisms(n.Token)
	if n.WordCount == 17 && !n.ExtendedSecurity() && !plain {
		f.NTLMOffer = ntlmOffered // the challenge to answer with NTLM came with the negotiate
	}
}
