package smb

import (
	"errors"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// Where an opening stands.
const (
	stageNative  = iota // every dialect was offered
	stageMulti          // SMB 1 and SMB 2 were offered together
	stageOld            // the dialects below 3.1.1 were offered, which need no contexts
	stageWrapped        // an NTLM token inside SPNEGO was sent
	stageRaw            // an NTLM token on its own was sent
)

// opening negotiates SMB 2/3 and then asks for NTLM's challenge, on one connection.
type opening struct {
	iv    *interview
	stage int
	id    uint64 // the message id of what was sent last
	stale bool   // the answer to what was sent last is an old one once more
	dice  [48]byte
}

// old lists the dialects that a server without negotiate contexts can agree to.
func old() []uint16 {
	return []uint16{smb2.Dialect202, smb2.Dialect210, smb2.Dialect300, smb2.Dialect302}
}

func native() []uint16 { return append(old(), smb2.Dialect311) }

func (o *opening) open(dst []byte) []byte {
	switch o.stage {
	case stageMulti:
		return smb1.AppendMultiProtocol(dst)
	case stageOld:
		return o.negotiateOld(dst)
	}
	o.iv.options.Random(o.dice[:])
	return o.iv.shared.opening.Append(dst, &o.dice)
}

func (o *opening) answer(dst, msg []byte) ([]byte, bool, error) {
	switch o.stage {
	case stageNative, stageMulti, stageOld:
		return o.negotiated(dst, msg)
	}
	return o.challenged(dst, msg)
}

// negotiated reads an answer to a negotiate.
func (o *opening) negotiated(dst, msg []byte) ([]byte, bool, error) {
	f := &o.iv.facts
	h, err := smb2.ParseHeader(msg)
	if errors.Is(err, smb2.ErrProtocol) {
		if _, err1 := smb1.ParseNegotiate(msg); err1 == nil {
			o.iv.spoke1 = true
			if o.stage == stageMulti && !o.iv.refused2 {
				f.SMB2Offered = no() // a server that has SMB 2 answers this request in SMB 2
				return nil, true, nil
			}
		}
	}
	if err != nil {
		return nil, false, err
	}
	switch h.Status {
	case smb2.StatusPending:
		return nil, false, nil
	case smb2.StatusNotSupported, smb2.StatusInvalidParameter:
		if o.stage == stageNative && !o.iv.options.Quick {
			// Perhaps it is the contexts that it does not like. Only a server that said of all dialects that it has none
			// of them is one without: another may have 3.1.1 on terms that we did not meet.
			o.iv.none = h.Status == smb2.StatusNotSupported
			o.stage = stageOld
			o.id++
			return o.negotiateOld(dst), false, nil
		}
		if o.stale = h.MessageID < o.id; o.stale {
			return nil, true, nil
		}
		if o.stage == stageOld && o.iv.none && h.Status == smb2.StatusNotSupported && f.SMB2Offered == nil {
			f.SMB2Offered = no()
			return nil, true, nil
		}
	}
	n, err := smb2.ParseNegotiate(msg)
	if err != nil {
		o.iv.refused2 = h.Status != smb2.StatusSuccess && h.Response() && h.Command == smb2.CommandNegotiate
		return nil, false, err
	}
	if n.Dialect == smb2.DialectWildcard && o.stage == stageMulti {
		o.iv.learn(&n, o.stage) // its levels stand, should no dialect be agreed after it
		o.stage = stageOld
		o.id++
		return o.negotiateOld(dst), false, nil
	}
	o.iv.learn(&n, o.stage)
	if o.iv.options.Quick || f.Odd {
		return nil, true, nil
	}
	o.stage = stageWrapped
	return o.ask(dst), false, nil
}

func (o *opening) negotiateOld(dst []byte) []byte {
	r := smb2.NegotiateRequest{MessageID: o.id, Dialects: old()}
	o.iv.options.Random(r.ClientGUID[:])
	return smb2.AppendNegotiate(dst, &r)
}

// ask sends the first NTLM token.
func (o *opening) ask(dst []byte) []byte {
	o.id++
	o.iv.bare = o.stage == stageRaw
	return smb2.AppendSessionSetup(dst, &smb2.SessionSetupRequest{MessageID: o.id, Token: o.iv.firstToken()})
}

// firstToken is NTLM's first message, in the form that the server was last seen to take.
func (iv *interview) firstToken() []byte {
	if iv.bare {
		return ntlmssp.Negotiate()
	}
	return iv.shared.token
}

// readSetup reads an answer to a session setup. answered is false, without an error, where the answer is still to come:
// after the answer to a negotiate once more, from a server that says everything twice, and after the announcement of an
// answer ([MS-SMB2] §3.3.4.4).
func readSetup(msg []byte) (r smb2.SessionSetupResponse, answered bool, err error) {
	if h, err := smb2.ParseHeader(msg); err == nil && h.Command == smb2.CommandNegotiate {
		return r, false, nil
	}
	r, err = smb2.ParseSessionSetup(msg)
	return r, err == nil && r.Status != smb2.StatusPending, err
}

// challenged reads an answer to a session setup.
func (o *opening) challenged(dst, msg []byte) ([]byte, bool, error) {
	r, answered, err := readSetup(msg)
	if !answered {
		return nil, false, err
	}
	if o.iv.facts.challenge(r.Token) {
		return nil, true, nil
	}
	if o.stage == stageWrapped && r.Status != smb2.StatusAccessDenied {
		o.iv.facts.NTLMOffer = ntlmUnknown // named or not: until the token on its own is answered too
		o.stage = stageRaw
		return o.ask(dst), false, nil
	}
	o.iv.facts.refusedNTLM(refusesNTLM(r.Status))
	return nil, true, nil
}

// challenge notes the CHALLENGE inside a token, if there is one.
func (f *Facts) challenge(token []byte) bool {
	raw, ok := ntlmssp.Find(token)
	if !ok {
		return false
	}
	f.NTLMOffer, f.NTLM = ntlmProven, new(signet.NTLM)
	if c, err := ntlmssp.ParseChallenge(raw); err == nil {
		f.NTLM = check.NTLM(c)
	}
	return true
}

// refusesNTLM tells whether a status says that this token is not wanted, as against nobody's logon, not now or not here.
func refusesNTLM(status uint32) bool {
	switch status {
	case smb2.StatusNotSupported, smb2.StatusInvalidParameter, smb2.StatusLogonFailure, smb2.StatusNTLMBlocked:
		return true
	}
	return false
}

// refusedNTLM notes that a server answered NTLM's first token without a challenge; plainly: with a status that refuses
// the token. Where it had named NTLM, or nothing at all, the refusal may have another reason than NTLM.
func (f *Facts) refusedNTLM(plainly bool) {
	f.NTLMOffer = ntlmUnknown
	if len(f.Mechanisms) > 0 && !slices.Contains(f.Mechanisms, spnego.NTLM) && plainly {
		f.NTLMOffer = ntlmNo
	}
}
