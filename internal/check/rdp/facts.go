package rdp

import (
	"signet"
	"signet/internal/text"
)

// Facts is what the check learned of one endpoint.
type Facts struct {
	// Protocols the server was seen to accept, weakest first: rdp, tls, nla.
	Protocols []string     `json:"protocols"`
	NLA       signet.Level `json:"nla"`
	// Asked are the requests that were put, of all, tls, nla and rdp; Unanswered those of them that got no answer. Facts
	// of before know neither.
	Asked      []string `json:"asked,omitempty"`
	Unanswered []string `json:"unanswered,omitempty"`
	// Refusals are the codes of MS-RDPBCGR 2.2.1.2.2 that the server gave, by what was asked for.
	Refusals []Refusal    `json:"refusals,omitempty"`
	TLS      *signet.TLS  `json:"tls,omitempty"` // of the connection on which NLA was spoken
	NTLM     *signet.NTLM `json:"ntlm,omitempty"`
}

// Values of Facts.Asked, Facts.Unanswered and Refusal.Asked.
const (
	askedAll   = "all" // NLA among others
	askedNLA   = "nla" // NLA alone
	askedTLS   = "tls" // TLS without NLA
	askedPlain = "rdp" // no security protocol
)

// Refusal is a request that the server said no to.
type Refusal struct {
	Asked string `json:"asked"` // rdp, tls, nla or all
	Code  string `json:"code"`  // HYBRID_REQUIRED_BY_SERVER…
}

// AppendJSON appends the facts as the contract shapes them.
func (f *Facts) AppendJSON(dst []byte) []byte {
	shaped := *f
	if shaped.Protocols == nil {
		shaped.Protocols = []string{}
	}
	return text.AppendJSON(dst, &shaped)
}
