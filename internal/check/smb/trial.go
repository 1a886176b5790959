package smb

import (
	"fmt"

	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// A logon that is denied without encryption may be denied for its old dialect, for having no name, or because the
// server has had enough of us. Two trials tell these from a server that insists on encryption: the same logon at the
// highest dialect with encryption in reach, and once more there without it. Only encryption differs between them.

// trial begins a logon at the highest dialect, with or without encryption.
type trial struct {
	iv        *interview
	dialect   uint16
	encrypted bool
	anonymous bool // end it as nobody

	id      uint64
	session uint64
	agreed  bool
	outcome logon
}

// logon is how far a logon came.
type logon uint8

const (
	logonUnknown      logon = iota // not asked, or answered in a way that says nothing
	logonTaken                     // challenged, and where it ends as nobody, taken
	logonDenied                    // STATUS_ACCESS_DENIED to the first token
	logonNobodyDenied              // challenged, and STATUS_ACCESS_DENIED to nobody
)

func (t *trial) open(dst []byte) []byte {
	r := smb2.NegotiateRequest{Dialects: []uint16{t.dialect}, NoEncryption: !t.encrypted}
	if t.encrypted {
		r.Offer = smb2.OfferAll
	}
	t.iv.options.Random(r.ClientGUID[:])
	if t.dialect == smb2.Dialect311 {
		t.iv.options.Random(r.Salt[:])
	}
	return smb2.AppendNegotiate(dst, &r)
}

func (t *trial) answer(dst, msg []byte) ([]byte, bool, error) {
	if t.agreed {
		return t.sessionSetup(dst, msg)
	}
	if pending(msg) {
		return nil, false, nil
	}
	n, err := smb2.ParseNegotiate(msg)
	if err != nil {
		return nil, false, err
	}
	if n.Dialect != t.dialect {
		return nil, false, fmt.Errorf("dialect %s agreed, %s alone was offered", smb2.DialectName(n.Dialect), smb2.DialectName(t.dialect))
	}
	t.agreed = true
	return t.setup(dst, t.iv.firstToken()), false, nil
}

func (t *trial) setup(dst, token []byte) []byte {
	t.id++
	return smb2.AppendSessionSetup(dst, &smb2.SessionSetupRequest{MessageID: t.id, SessionID: t.session, Token: token})
}

func (t *trial) sessionSetup(dst, msg []byte) ([]byte, bool, error) {
	r, answered, err := readSetup(msg)
	if !answered {
		return nil, false, err
	}
	first := t.id == 1
	switch {
	case r.Status == smb2.StatusAccessDenied && first:
		t.outcome = logonDenied
	case r.Status == smb2.StatusAccessDenied:
		t.outcome = logonNobodyDenied
	case first && challenged(&r) && t.anonymous:
		t.session = r.SessionID
		return t.setup(dst, t.iv.nobody()), false, nil
	case first && challenged(&r), !first && r.Status == smb2.StatusSuccess:
		t.outcome = logonTaken
	}
	return nil, true, nil
}

// nobody is the anonymous logon's last token, in the form that the server takes.
func (iv *interview) nobody() []byte {
	if iv.bare {
		return ntlmssp.Anonymous()
	}
	return spnego.AppendResp(nil, ntlmssp.Anonymous())
}

// challenged tells whether an answer goes on with a challenge.
func challenged(r *smb2.SessionSetupResponse) bool {
	if r.Status != smb2.StatusMoreProcessing {
		return false
	}
	_, ok := ntlmssp.Find(r.Token)
	return ok
}

// pending tells that the answer to come is announced ([MS-SMB2] §3.3.4.4).
func pending(msg []byte) bool {
	h, err := smb2.ParseHeader(msg)
	return err == nil && h.Status == smb2.StatusPending
}

// startTrial begins the first trial: the logon that was denied, with encryption in reach.
func (iv *interview) startTrial() (check.Attempt, bool) { return iv.nextTrial(true) }

func (iv *interview) nextTrial(encrypted bool) (check.Attempt, bool) {
	iv.trial = &trial{iv: iv, dialect: dialectNumber(iv.facts.Dialect), encrypted: encrypted, anonymous: iv.denied == logonNobodyDenied}
	return iv.attempt(stepTrial, noteTrial, iv.trial)
}

func (iv *interview) afterTrial(end check.End) (check.Attempt, bool) {
	t, f := iv.trial, &iv.facts
	iv.fail(end, noteTrial)
	switch {
	case !t.encrypted && t.outcome == iv.denied:
		f.EncryptionRequired = yes()
	case !t.encrypted:
	case t.outcome == logonTaken && f.DialectFloor == f.Dialect:
		f.EncryptionRequired = yes() // the denied logon was one at this dialect
	case t.outcome == logonTaken && !iv.stopped(end):
		return iv.nextTrial(false)
	case t.outcome == logonNobodyDenied && iv.denied == logonNobodyDenied && f.maker() == makerSamba:
		// Samba takes nobody's session at all where it requires encryption, and takes it everywhere else
		// (source3/smbd/smb2_sesssetup.c: "reject guest session as encryption is required").
		f.EncryptionRequired = yes()
	}
	return iv.over()
}

// dialectNumber is the number of a dialect's name; 0 for none of ours.
func dialectNumber(name string) uint16 {
	for _, d := range native() {
		if smb2.DialectName(d) == name {
			return d
		}
	}
	return 0
}
