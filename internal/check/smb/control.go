package smb

import (
	"signet/internal/check"
	"signet/internal/wire/smb2"
)

// control asks for SMB 2 once more after a request for SMB 1 was met with a close or a refusal, where nothing else was
// agreed later. A server that has had enough of us does so whatever we say; one that goes on agreeing to SMB 2 meant
// SMB 1. It offers the dialects below 3.1.1 first, so that two servers behind one address, of which the older requires
// less, show it, and then all of them.
type control struct {
	iv  *interview
	all bool // every dialect is offered
	id  uint64
}

func (c *control) open(dst []byte) []byte {
	r := smb2.NegotiateRequest{MessageID: c.id, Dialects: old()}
	if c.all {
		r.Dialects, r.Offer = native(), smb2.OfferAll
		c.iv.options.Random(r.Salt[:])
	}
	c.iv.options.Random(r.ClientGUID[:])
	return smb2.AppendNegotiate(dst, &r)
}

func (c *control) answer(dst, msg []byte) ([]byte, bool, error) {
	if pending(msg) {
		return nil, false, nil
	}
	h, err := smb2.ParseHeader(msg)
	if err != nil {
		return nil, false, err
	}
	if h.Status == smb2.StatusNotSupported && h.MessageID < c.id {
		return nil, false, nil // the last answer once more
	}
	if h.Status == smb2.StatusNotSupported && !c.all {
		c.all = true
		c.id++
		return c.open(dst), false, nil
	}
	n, err := smb2.ParseNegotiate(msg)
	if err != nil {
		return nil, false, err
	}
	c.iv.heard = true
	c.iv.hearMode(n.SecurityMode, noteControl)
	return nil, true, nil
}

// askAgain begins a control.
func (iv *interview) askAgain(all bool) (check.Attempt, bool) {
	iv.control = &control{iv: iv, all: all}
	return iv.attempt(stepControl, noteControl, iv.control)
}

func (iv *interview) afterControl(end check.End) (check.Attempt, bool) {
	if c := iv.control; c.id > 0 && abrupt(end) && !iv.heard {
		// Some servers close after a refusal instead of taking another offer: this one was not heard.
		return iv.askAgain(true)
	}
	iv.settleSMB1()
	iv.fail(end, noteControl)
	if iv.stopped(end) {
		return iv.over()
	}
	return iv.startClimb()
}

// hearMode takes the security mode of a later answer. The bit is one for all dialects ([MS-SMB2] §3.3.5.4). Where it is
// not, several servers answer: the weakest counts.
func (iv *interview) hearMode(bits uint16, phase string) {
	f, now := &iv.facts, signing(bits)
	if !weaker(now, f.Signing) {
		return
	}
	iv.failure = check.Disagreement(phase, "SMB signing", f.Signing.String(), now.String())
	f.Signing, f.SecurityMode = now, mode(bits)
}
