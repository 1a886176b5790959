package http

import (
	"signet"
	"signet/internal/text"
)

// Facts is what a web server showed,.
type Facts struct {
	TLS    *signet.TLS  `json:"tls,omitempty"`
	Server string       `json:"server"`
	Paths  []Path       `json:"paths"`
	NTLM   *signet.NTLM `json:"ntlm,omitempty"`
	Hidden string       `json:"hidden,omitempty"`  // why TLS failed on a port that speaks it, while plain HTTP answered
	NoSite bool         `json:"no_site,omitempty"` // there is no site for the name, or the address, that was asked for
}

// Path is what one path showed.
type Path struct {
	Path      string       `json:"path"`           // the absolute URL where a proxy was asked
	Role      string       `json:"role"`           // of roles.txt; "" for "/" and for paths the user named
	Host      string       `json:"host,omitempty"` // the Host it was asked by, where that is not the endpoint's own
	Method    string       `json:"method,omitempty"`
	Status    int          `json:"status"`  // to a request without credentials; 0: no answer
	Schemes   []string     `json:"schemes"` // as offered, one for each challenge
	NTLM      Offer        `json:"ntlm"`
	Negotiate Negotiate    `json:"negotiate,omitzero"` // only where Negotiate was offered, or took NTLM unasked
	Sent      bool         `json:"sent,omitempty"`     // an NTLM NEGOTIATE was sent there; facts of before do not tell
	EPA       signet.Level `json:"epa"`                // Extended Protection: unknown without a credential
	Location  string       `json:"location,omitempty"` // of a redirect
	Note      string       `json:"note,omitempty"`     // why something stayed unknown
}

// AppendJSON appends the facts as one object.
func (f *Facts) AppendJSON(dst []byte) []byte { return text.AppendJSON(dst, f) }

// Offer says whether a path takes NTLM. The zero value is the one that claims least.
type Offer uint8

// The contract's words: unknown, no (refuted), offered (announced, nothing behind it was seen), proven (a type 2 came).
const (
	OfferUnknown Offer = iota
	OfferNo
	OfferAnnounced
	OfferProven
)

func offerWords() []string { return []string{"unknown", "no", "offered", "proven"} }

func (o Offer) String() string { return word(offerWords(), uint8(o)) }

// MarshalText writes the contract's word.
func (o Offer) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the contract's word.
func (o *Offer) UnmarshalText(b []byte) error { return read(offerWords(), b, (*uint8)(o)) }

// Negotiate says what a Negotiate challenge takes.
type Negotiate uint8

// The contract's words; NegotiateAbsent is the field left out.
const (
	NegotiateAbsent Negotiate = iota
	NegotiateUnknown
	NegotiateKerberosOnly
	NegotiateAcceptsNTLM
)

func negotiateWords() []string { return []string{"", "unknown", "kerberos-only", "accepts-ntlm"} }

func (n Negotiate) String() string { return word(negotiateWords(), uint8(n)) }

// MarshalText writes the contract's word.
func (n Negotiate) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads the contract's word.
func (n *Negotiate) UnmarshalText(b []byte) error { return read(negotiateWords(), b, (*uint8)(n)) }

func word(words []string, v uint8) string {
	if int(v) < len(words) {
		return words[v]
	}
	return "unknown"
}

func read(words []string, b []byte, v *uint8) error {
	for i, w := range words {
		if w == string(b) {
			*v = uint8(i)
			return nil
		}
	}
	return errWord(b)
}

type errWord string

func (e errWord) Error() string { return "not a word of the http facts: " + string(e) }
