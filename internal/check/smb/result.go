package smb

import (
	"signet"
	"signet/internal/check"
)

// Result implements check.Interview.
func (iv *interview) Result() check.Result {
	f := &iv.facts
	failure := iv.failure
	if f.SMB2Offered == nil {
		failure = iv.first.Failure(noteOpening)
		if iv.early && !iv.asked2 {
			failure = iv.first.Failure(noteSMB1)
		}
		if f.SMB1.Offered == nil && !iv.refused2 {
			r := check.Result{Outcome: iv.first.Outcome(), Err: failure}
			if !iv.first.Connected && iv.legacyEnd.Connected {
				r.Outcome = signet.Broken // it listened a moment ago
			}
			if iv.first.Connected && r.Outcome != signet.Foreign {
				r.Unasked = iv.unasked(iv.left[:0]) // whether SMB 1 alone is spoken here was not asked either
			}
			return r
		}
	}
	f.Undecided = iv.undecided(nil)
	if iv.options.Deep {
		f.Dialects = iv.accepted(nil)
	}
	return check.Result{Facts: f, Outcome: signet.Answered, Err: failure, Unasked: iv.unasked(iv.left[:0])}
}

// undecided lists what was to be asked and has no answer, whether it was interrupted, refused or garbled.
func (iv *interview) undecided(dst []string) []string {
	f := &iv.facts
	if f.SMB2Offered == nil && iv.asked2 {
		dst = append(dst, askSMB2)
	}
	if iv.options.Quick {
		return dst
	}
	if f.SMB1.Offered == nil && !iv.options.NoSMB1 {
		dst = append(dst, askSMB1)
	}
	if f.floorMatters() && f.DialectFloor == "" {
		dst = append(dst, askFloor)
	}
	if iv.encryptionMatters() && f.EncryptionRequired == nil && !iv.withheld() {
		dst = append(dst, askEncryption)
	}
	return dst
}

// withheld says that only an anonymous session would show whether encryption is required.
func (iv *interview) withheld() bool {
	return iv.facts.maybeSamba() && iv.options.Depth < signet.Anonymous
}

// unasked lists what the user's flags left out.
func (iv *interview) unasked(dst []string) []string {
	f := &iv.facts
	if f.SMB2Offered == nil && !iv.asked2 && iv.early {
		dst = append(dst, askSMB2)
	}
	if iv.options.Quick || iv.options.NoSMB1 {
		dst = append(dst, askSMB1)
	}
	if iv.options.Quick && f.floorMatters() {
		dst = append(dst, askFloor)
	}
	if iv.encryptionMatters() && f.EncryptionRequired == nil && (iv.options.Quick || iv.withheld()) {
		dst = append(dst, askEncryption)
	}
	if iv.options.Quick {
		dst = append(dst, askNames)
	}
	if !iv.netbios && !iv.both && isNot(f.SMB1.Offered) && f.guarded2() {
		dst = append(dst, ask139) // 445 answered, so that 139 is not asked by default; SMB 1 may be left on there
	}
	return dst
}
