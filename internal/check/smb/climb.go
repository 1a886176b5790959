package smb

import (
	"fmt"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/smb2"
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
	denied     logon  // how it was denied, if it was
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
	c.accepted, c.iv.heard = n.Dialect, true
	c.iv.hearMode(n.SecurityMode, noteClimb)
	if !c.encryption || n.Dialect == smb2.Dialect311 && c.iv.facts.maker() != makerUnknown { // there the floor decides
		return nil, true, nil
	}
	return c.setup(dst, c.iv.firstToken()), false, nil
}

func (c *climb) setup(dst, token []byte) []byte {
	c.id++
	return smb2.AppendSessionSetup(dst, &smb2.SessionSetupRequest{MessageID: c.id, SessionID: c.session, Token: token})
}

func (c *climb) sessionSetup(dst, msg []byte) ([]byte, bool, error) {
	r, answered, err := readSetup(msg)
	if !answered {
		return nil, false, err
	}
	c.answered++
	f := &c.iv.facts
	switch {
	case r.Status == smb2.StatusAccessDenied && c.answered == 1:
		// A server that insists on encryption must refuse a client without it ([MS-SMB2] §3.3.5.5). So may others, for
		// reasons of their own: the trials tell them apart.
		c.denied = logonDenied
	case r.Status == smb2.StatusAccessDenied:
		c.denied = logonNobodyDenied
	case c.answered == 1 && r.Status == smb2.StatusMoreProcessing:
		if c.anonymous {
			c.session = r.SessionID
			return c.setup(dst, c.iv.nobody()), false, nil
		}
		if !f.maybeSamba() {
			f.EncryptionRequired = no()
		}
	case c.answered == 2 && r.Status == smb2.StatusSuccess:
		f.EncryptionRequired = no()
	}
	return nil, true, nil
}

// ladder lists the dialects to climb through. 3.1.1 ends it, though it was agreed before: a server that refuses us by now
// whatever we offer refuses that one too, and then its refusals make no floor.
func (f *Facts) ladder() []uint16 {
	if n := dialectNumber(f.Dialect); n != 0 {
		return native()[:slices.Index(native(), n)+1]
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
	return f.notRequired() && !f.smb1Open() && !f.Odd && !f.floorGuards()
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
		c.anonymous = iv.facts.maybeSamba() && iv.options.Depth >= signet.Anonymous
	}
	iv.climb = c
	return iv.attempt(stepClimb, noteClimb, c)
}

// afterClimb notes what one connection of the climb showed and goes on with the dialects that are left.
func (iv *interview) afterClimb(end check.End) (check.Attempt, bool) {
	c, f := iv.climb, &iv.facts
	left := c.dialects
	switch {
	case iv.talk.refused.Type != 0: // the connection was refused, no dialect
		iv.gap, left = true, nil
	case c.accepted != 0:
		name := smb2.DialectName(c.accepted)
		if f.DialectFloor == "" && (name != top || !iv.gap) {
			f.DialectFloor = name
		}
		if c.accepted != smb2.Dialect311 {
			iv.climbed = append(iv.climbed, name)
		}
		left = slices.DeleteFunc(slices.Clone(left), func(d uint16) bool { return d == smb2.Dialect311 })
		if c.denied != logonUnknown {
			iv.denied = c.denied
		}
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
	iv.settleSMB1()
	if iv.stopped(end) {
		return iv.over()
	}
	if len(left) > 0 {
		return iv.nextClimb(left)
	}
	if iv.denied != logonUnknown && f.EncryptionRequired == nil && iv.encryptionMatters() {
		return iv.startTrial()
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
