package smb

import (
	"slices"

	"signet"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// learn takes the facts of an SMB 2 negotiate answer with status 0.
func (iv *interview) learn(n *smb2.NegotiateResponse, stage int) {
	f := &iv.facts
	f.SMB2Offered = yes()
	f.Mechanisms, f.NTLMOffer = nil, ntlmUnknown // what SMB 1 named counts where SMB 2 is not spoken
	f.Dialect = smb2.DialectName(n.Dialect)
	f.Odd = !offered(n.Dialect, stage)
	f.SecurityMode, f.Signing = mode(n.SecurityMode), signing(n.SecurityMode)
	f.ServerGUID, f.SystemTime, f.StartTime = GUID(n.ServerGUID), Time(n.SystemTime), Time(n.StartTime)
	caps := n.Capabilities
	if n.Dialect == smb2.Dialect311 {
		caps &^= smb2.CapEncryption // it says nothing there: the cipher stands in a context
	}
	f.Capabilities = smb2.AppendCapabilityNames(iv.words[:0:8], caps)
	if caps&smb2.CapEncryption != 0 && (n.Dialect == smb2.Dialect300 || n.Dialect == smb2.Dialect302) {
		f.Encryption = append(iv.words[8:8:10], smb2.CipherName(smb2.CipherAES128CCM)) // 3.0 and 3.0.2 know no other
	}
	// Garbled contexts or a garbled token cost what they would have told, and nothing else.
	c, err := n.Contexts()
	if iv.garbled = err != nil; !iv.garbled {
		iv.learnContexts(&c)
	}
	if token, err := n.SecurityBuffer(); err == nil {
		f.mechanisms(token)
	}
}

// signing is the level that a security mode of SMB 2 says. A mode with bits that [MS-SMB2] §2.2.4 does not know says
// none: who sets those may mean anything by the others.
func signing(mode uint16) signet.Level {
	switch mode {
	case 0:
		return signet.Off
	case smb2.SigningEnabled:
		return signet.Optional
	case smb2.SigningRequired, smb2.SigningEnabled | smb2.SigningRequired:
		return signet.Required
	}
	return signet.Unknown
}

// weaker tells whether a level, said of the same server as another, makes a guard of less: off and optional are sure
// to be none, and an unknown one may be none.
func weaker(a, b signet.Level) bool {
	rank := func(l signet.Level) int {
		return slices.Index([]signet.Level{signet.Off, signet.Optional, signet.Unknown, signet.Required}, l)
	}
	return rank(a) < rank(b)
}

// offered tells whether a dialect was one of those that the request named.
func offered(dialect uint16, stage int) bool {
	switch dialect {
	case smb2.Dialect202:
		return true
	case smb2.Dialect210, smb2.Dialect300, smb2.Dialect302:
		return stage != stageMulti // which names 2.0.2, and later ones only by the wildcard
	case smb2.Dialect311:
		return stage == stageNative
	}
	return false
}

func (iv *interview) learnContexts(c *smb2.Contexts) {
	f := &iv.facts
	for i := range c.Ciphers.Len() {
		if id := c.Ciphers.At(i); id != smb2.CipherNone {
			if f.Encryption == nil {
				f.Encryption = iv.words[8:8:10]
			}
			f.Encryption = append(f.Encryption, smb2.CipherName(id))
		}
	}
	for i := range c.Signing.Len() {
		if f.SigningAlgorithms == nil {
			f.SigningAlgorithms = iv.words[10:10:12]
		}
		f.SigningAlgorithms = append(f.SigningAlgorithms, smb2.SigningName(c.Signing.At(i)))
	}
	for i := range c.Compression.Len() {
		f.Compression = f.Compression || c.Compression.At(i) != smb2.CompressNone
	}
}

// mechanisms reads the SPNEGO token of a negotiate answer. A token that does not parse tells nothing.
func (f *Facts) mechanisms(token []byte) {
	t, err := spnego.ParseInit(token)
	if err != nil || len(t.MechTypes) == 0 {
		return
	}
	f.Mechanisms = spnego.Names(t.MechTypes)
	if t.Offers(spnego.OIDNTLM) {
		f.NTLMOffer = ntlmOffered
	}
}
