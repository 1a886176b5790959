package smb

import (
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/smb1"
)

// merge adds one answer to what is known. It does not depend on the order of answers.
func (o *observer) merge(f *Facts) {
	k := &o.facts
	switch {
	case is(k.SMB2Offered) && k.Odd && !f.Odd, !is(k.SMB2Offered):
		// What was known came with an answer that is not relied upon, or not at all.
		k.SMB2Offered, k.Odd, k.Signing, k.SecurityMode = yes(), f.Odd, f.Signing, f.SecurityMode
	case f.Odd && !k.Odd:
		return
	case f.Signing != k.Signing:
		less, more := f, k
		if weaker(k.Signing, f.Signing) {
			less, more = k, f
		}
		o.err = check.Disagreement("capture", "SMB signing", more.Signing.String(), less.Signing.String())
		k.Signing, k.SecurityMode = less.Signing, less.SecurityMode
	default:
		k.SecurityMode = min(k.SecurityMode, f.SecurityMode)
	}
	k.Dialect = max(k.Dialect, f.Dialect)
	k.Encryption = union(k.Encryption, f.Encryption)
	k.SigningAlgorithms = union(k.SigningAlgorithms, f.SigningAlgorithms)
	k.Capabilities = union(k.Capabilities, f.Capabilities)
	k.Compression = k.Compression || f.Compression
	k.ServerGUID = later(k.ServerGUID, f.ServerGUID)
	k.SystemTime, k.StartTime = max(k.SystemTime, f.SystemTime), max(k.StartTime, f.StartTime)
	if len(f.Mechanisms) > len(k.Mechanisms) {
		k.Mechanisms = slices.Clone(f.Mechanisms)
	}
	k.NTLMOffer = surer(k.NTLMOffer, f.NTLMOffer)
}

// merge1 adds one SMB 1 answer to what is known.
func (o *observer) merge1(f *Facts) {
	k, s, was := &o.one, &o.facts.SMB1, o.facts.SMB1
	k.guid, k.time = later(k.guid, f.ServerGUID), max(k.time, f.SystemTime)
	if len(f.Mechanisms) > len(k.mechanisms) {
		k.mechanisms = f.Mechanisms
	}
	k.offer = surer(k.offer, f.NTLMOffer)
	now := f.SMB1
	now.NativeOS, now.NativeLanMan = was.NativeOS, was.NativeLanMan
	now.Domain, now.Server = max(was.Domain, now.Domain), max(was.Server, now.Server)
	if is(was.Offered) {
		if was.Signing != now.Signing && was.Dialect == now.Dialect {
			o.err = check.Disagreement("capture", "SMB 1 signing", max(was.Signing, now.Signing).String(), min(was.Signing, now.Signing).String())
		}
		// A client that offers only old dialects hears of no signing from a server that would sign: the newest
		// dialect says what the server does, and among its answers the weakest counts.
		if newer(was.Dialect, now.Dialect) || was.Dialect == now.Dialect && weaker(was.Signing, now.Signing) {
			now.Signing, now.SecurityMode, now.Dialect = was.Signing, was.SecurityMode, was.Dialect
			now.UserLevel, now.Plaintext = was.UserLevel, was.Plaintext
		}
	}
	*s = now
}

// challenge notes the CHALLENGE inside a token, the latest where there are several.
func (o *observer) challenge(token []byte) {
	var f Facts
	if !f.challenge(token) {
		return
	}
	o.facts.NTLMOffer = ntlmProven
	o.names(f.NTLM)
}

func (o *observer) names(n *signet.NTLM) {
	if k := o.facts.NTLM; k == nil || n.Time > k.Time {
		o.facts.NTLM = n
	}
}

// union lists what either has, sorted: a server tells each client what that client offered too.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clip(a), s)
		}
	}
	slices.Sort(a)
	return a
}

// surer is the word that says more.
func surer(a, b string) string {
	rank := func(s string) int { return slices.Index([]string{ntlmUnknown, ntlmOffered, ntlmProven}, s) }
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func later(a, b GUID) GUID {
	if string(b[:]) > string(a[:]) {
		return b
	}
	return a
}

// newer orders the words that learn1 gives to dialects of SMB 1.
func newer(a, b string) bool {
	rank := func(d string) int { return slices.Index([]string{"core", "LAN Manager", smb1.Dialect}, d) }
	return rank(a) > rank(b)
}
