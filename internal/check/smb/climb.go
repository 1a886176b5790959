package smb

import (
	"fmt"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// climb offers one dialect after the other, lowest first, until one is accepted. Refusals stay on the connection;
// after an acceptance a server takes no second negotiate, so the climb ends and the interview opens the next one.
// Where it matters the connection is used once more, to see whether a session without encryption is refused.
type climb struct {
	iv       *interview
	dialects []uint16 // not yet offered, lowest first
	id       uint64

	current    uint16 // offered last
	accepted   uint16 // 0: none so far
	refused    int    // how many were refused on this connection
	stale      bool   // the last refusal is an older one once more
	encryption bool   // ask for the challenge, to see whether encryption is required
	anonymous  bool   // then end the session setup as nobody
	answered   int    // of the session setup: how many answers came
	session    uint64
}

func (c *climb) open(dst []byte) []byte {
	r := smb2.NegotiateRequest{MessageID: c.id, Dialects: c.dialects[:1], NoEncryption: true}
	c.iv.options.Random(r.ClientGUID[:])
	if c.dialects[0] == smb2.Dialect311 {
		c.iv.options.Random(r.Salt[:])
	}
	c.current, c.dialects = c.dialects[0], c.dialects[1:]
	return smb2.AppendNegotiate(dst, &r)
}

func (c *climb) answer(dst, msg []byte) ([]byte, bool, error) {
	if c.accepted != 0 {
		return c.sessionSetup(dst, msg)
	}
	h, err := smb2.ParseHeader(msg)
	if err != nil {
		return nil, false, err
	}
	switch h.Status {
	case smb2.StatusPending:
		return nil, false, nil
	case smb2.StatusNotSupported:
		if c.stale = c.refused > 0 && h.MessageID != c.id; c.stale {
			return nil, true, nil
		}
		c.refused++
		if len(c.dialects) == 0 {
			return nil, true, nil
		}
		c.id++
		return c.open(dst), false, nil
	}
	n, err := smb2.ParseNegotiate(msg)
	if err != nil {
		return nil, false, err
	}
	if n.Dialect != c.current {
		return nil, false, fmt.Errorf("dialect %s agreed, %s alone was offered", smb2.DialectName(n.Dialect), smb2.DialectName(c.current))
	}
	c.accepted = n.Dialect
	// The bit is one for all dialects ([MS-SMB2] §3.3.5.4). Where it is not, several servers answer: the weakest counts.
	if f, now := &c.iv.facts, signing(n.SecurityMode); now < f.Signing {
		c.iv.failure = check.Disagreement(noteClimb, "SMB signing", f.Signing.String(), now.String())
		f.Signing, f.SecurityMode = now, mode(n.SecurityMode)
	}
	if !c.encryption {
		return nil, true, nil
	}
	return c.setup(dst, c.iv.firstToken()), false, nil
}

func (c *climb) setup(dst, token []byte) []byte {
	c.id++
	return smb2.AppendSessionSetup(dst, &smb2.SessionSetupRequest{MessageID: c.id, SessionID: c.session, Token: token})
}

func (c *climb) sessionSetup(dst, msg []byte) ([]byte, bool, error) {
	if repeats(msg) {
		return nil, false, nil
	}
	r, err := smb2.ParseSessionSetup(msg)
	if err != nil {
		return nil, false, err
	}
	if r.Status == smb2.StatusPending {
		return nil, false, nil
	}
	c.answered++
	f := &c.iv.facts
	switch {
	case r.Status == smb2.StatusAccessDenied:
		// A server that insists on encryption must refuse a client without it ([MS-SMB2] §3.3.5.5); at the first
		// token that client alone is the reason, since with encryption in reach the same token was answered.
		f.EncryptionRequired = yes()
	case c.answered == 1 && r.Status == smb2.StatusMoreProcessing:
		if c.anonymous {
			c.session = r.SessionID
			token := ntlmssp.Anonymous()
			if !c.iv.bare {
				token = spnego.AppendResp(nil, token)
			}
			return c.setup(dst, token), false, nil
		}
		if !f.samba() {
			f.EncryptionRequired = no()
		}
	case c.answered == 2 && r.Status == smb2.StatusSuccess:
		f.EncryptionRequired = no()
	}
	return nil, true, nil
}

// ladder lists the dialects to climb through below the highest agreed one. 3.1.1 is not among them: it is where the
// climb would end.
func (f *Facts) ladder() []uint16 {
	for i, d := range old() {
		if smb2.DialectName(d) == f.Dialect {
			return old()[:i+1]
		}
	}
	if f.Dialect == top {
		return old()
	}
	return nil
}

// climbs tells whether there is something to learn from a climb: where the signing bit leaves open what a dialect
// floor of 3.1.1 or required encryption would close, or where the user wants every dialect.
func (iv *interview) climbs() bool {
	f := &iv.facts
	if !is(f.SMB2Offered) || f.Odd {
		return false
	}
	return iv.options.Deep || f.floorMatters() || iv.encryptionMatters()
}

// floorMatters says that a floor of 3.1.1 would change the verdict.
func (f *Facts) floorMatters() bool {
	return f.notRequired() && !f.smb1Open() && !f.Odd && f.Dialect == top
}

// encryptionMatters says that required encryption would change the verdict.
func (f *Facts) encryptionMatters() bool { return f.encryptionOpen() && len(f.Encryption) > 0 }

// encryptionOpen is encryptionMatters of a server that may be able to encrypt.
func (f *Facts) encryptionOpen() bool {
	return f.notRequired() && !f.smb1Open() && !f.Odd && f.DialectFloor != top
}

// encryptionMatters counts a server whose ciphers could not be read among those that can encrypt.
func (iv *interview) encryptionMatters() bool {
	return iv.facts.encryptionMatters() || iv.garbled && iv.facts.encryptionOpen()
}

func (iv *interview) startClimb() (check.Attempt, bool) {
	if !iv.climbs() {
		return iv.over()
	}
	return iv.nextClimb(iv.facts.ladder())
}

func (iv *interview) nextClimb(ladder []uint16) (check.Attempt, bool) {
	c := &climb{iv: iv, dialects: ladder}
	if iv.encryptionMatters() && iv.facts.NTLMOffer == ntlmProven && !iv.probed {
		c.encryption = true
		c.anonymous = iv.facts.samba() && iv.options.Depth >= signet.Anonymous
	}
	iv.climb = c
	return iv.attempt(stepClimb, noteClimb, c)
}

// afterClimb notes what one connection of the climb showed and goes on with the dialects that are left.
func (iv *interview) afterClimb(end check.End) (check.Attempt, bool) {
	c, f := iv.climb, &iv.facts
	left := c.dialects
	switch {
	case c.accepted != 0:
		name := smb2.DialectName(c.accepted)
		if f.DialectFloor == "" {
			f.DialectFloor = name
		}
		iv.climbed = append(iv.climbed, name)
		iv.probed = iv.probed || c.encryption
		iv.fail(end, noteClimb)
		if !iv.options.Deep {
			left = nil
		}
	case end.Cause == check.Done && !c.stale:
	case c.stale, c.refused > 0 && abrupt(end):
		// Some servers close after a refusal instead of taking another offer: the last one was not heard.
		left = append([]uint16{c.current}, left...)
	default:
		iv.gap = true
		iv.fail(end, noteClimb)
		if !abrupt(end) {
			left = nil // a host that went silent or away is not asked again
		}
	}
	if iv.stopped(end) {
		return iv.over()
	}
	if len(left) > 0 {
		return iv.nextClimb(left)
	}
	if f.Dialect == top && f.DialectFloor == "" && !iv.gap {
		f.DialectFloor = top
	}
	return iv.over()
}

// accepted lists every dialect that is known to be accepted, lowest first. The climb ends below 3.1.1, which an
// answer shows by itself.
func (iv *interview) accepted(dst []string) []string {
	if is(iv.facts.SMB1.Offered) {
		dst = append(dst, smb1Dialect)
	}
	dst = append(dst, iv.climbed...)
	if iv.facts.Dialect == top {
		dst = append(dst, top)
	}
	return dst
}
