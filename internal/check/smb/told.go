package smb

import (
	"slices"

	"signet"
)

// Told is what another tool told of a file server: Facts without the fields that no tool tells, which are unknown where
// Facts are read from it.
type Told struct {
	Transport         string       `json:"transport"`
	Dialect           string       `json:"dialect"`
	Signing           signet.Level `json:"signing"`
	SecurityMode      string       `json:"security_mode"`
	Odd               bool         `json:"odd_dialect,omitempty"`
	SMB2Offered       *bool        `json:"smb2_offered"`
	SMB1              ToldSMB1     `json:"smb1"`
	Dialects          []string     `json:"dialects"`
	DialectFloor      string       `json:"dialect_floor"`
	Encryption        []string     `json:"encryption"`
	SigningAlgorithms []string     `json:"signing_algorithms"`
	Capabilities      []string     `json:"capabilities"`
	ServerGUID        string       `json:"server_guid"`
	SystemTime        string       `json:"system_time"` // RFC 3339
	StartTime         string       `json:"start_time"`  // RFC 3339
	Mechanisms        []string     `json:"mechanisms"`
	NTLMOffer         string       `json:"ntlm_offer"`
	NTLM              *signet.NTLM `json:"ntlm"`
	Undecided         []string     `json:"undecided"`
}

// ToldSMB1 is what another tool told of SMB 1.
type ToldSMB1 struct {
	Offered      *bool        `json:"offered"`
	Signing      signet.Level `json:"signing"`
	Dialect      string       `json:"dialect"`
	SecurityMode string       `json:"security_mode"`
	Plaintext    *bool        `json:"plaintext"`
	NativeOS     string       `json:"native_os,omitempty"`
	Domain       string       `json:"domain,omitempty"`
	Server       string       `json:"server,omitempty"`
}

// NewTold is a file server at a port of which nothing is known yet.
func NewTold(port uint16) *Told {
	t := &Told{Transport: "direct", NTLMOffer: ntlmUnknown, Dialects: []string{}, Encryption: []string{}, SigningAlgorithms: []string{},
		Capabilities: []string{}, Mechanisms: []string{}, Undecided: []string{}}
	if port == portNetBIOS {
		t.Transport = "netbios"
	}
	return t
}

// OffersSMB2 says that a dialect of SMB 2 or 3 was agreed to.
func (t *Told) OffersSMB2() { t.SMB2Offered = yes() }

// OffersSMB1 says that SMB 1 was agreed to.
func (t *Told) OffersSMB1() { t.SMB1.Offered, t.SMB1.Dialect = yes(), "NT LM 0.12" }

// Accepts files a dialect of SMB 2 or 3 that was agreed to, by its name ("3.0.2").
func (t *Told) Accepts(dialect string) {
	t.OffersSMB2()
	if !slices.Contains(t.Dialects, dialect) {
		t.Dialects = append(t.Dialects, dialect)
		slices.Sort(t.Dialects)
	}
	t.Dialect = max(t.Dialect, dialect)
	if t.Dialects[0] < top {
		t.DialectFloor = t.Dialects[0]
	}
}
