package check

import (
	"time"

	"signet"
	"signet/internal/wire/ntlmssp"
)

// NTLM words a CHALLENGE as facts. A server that sent neither names nor version leaves an empty object: that it
// answered with a CHALLENGE at all is what matters.
func NTLM(c ntlmssp.Challenge) *signet.NTLM {
	n := &signet.NTLM{
		NBComputer: c.NbComputer, NBDomain: c.NbDomain,
		DNSComputer: c.DNSComputer, DNSDomain: c.DNSDomain, DNSForest: c.DNSForest,
		OSVersion: c.Version.String(),
	}
	if !c.Time.IsZero() {
		n.Time = c.Time.UTC().Format(time.RFC3339)
	}
	return n
}

// Challenged looks for a whole CHALLENGE inside a token or a stream, and words it as facts. Names that cannot be read do
// not unmake one; what is cut short is none.
func Challenged(b []byte) (n *signet.NTLM, ok bool) {
	raw, ok := ntlmssp.Find(b)
	if !ok {
		return nil, false
	}
	c, err := ntlmssp.ParseChallenge(raw)
	if err != nil {
		return &signet.NTLM{}, true
	}
	return NTLM(c), true
}
