package smb

import "signet"

// Facts is what was learned of one endpoint, in the shape of the contract and with what the judge needs beyond it.
// The zero value knows nothing.
type Facts struct {
	Transport string       `json:"transport"` // "direct" or "netbios"
	Dialect   string       `json:"dialect"`   // the highest agreed; "1.0" where only SMB 1 was
	Signing   signet.Level `json:"signing"`   // of SMB 2/3; unknown where the mode has bits beyond 0x03
	// SecurityMode is the field as it stood in the SMB 2 answer, "0x01"; empty when there was none.
	SecurityMode string `json:"security_mode"`
	// SMB2Offered tells whether the server agreed to a dialect of SMB 2 or 3; nil when that is not known.
	SMB2Offered *bool `json:"smb2_offered"`
	SMB1        SMB1  `json:"smb1"`
	// Dialects are all that are accepted, lowest first; only with --deep.
	Dialects []string `json:"dialects,omitempty"`
	// DialectFloor is the lowest dialect of SMB 2/3 that is accepted; empty when that was not asked or not learned.
	DialectFloor string `json:"dialect_floor"`
	// Odd says that the dialect of the answer is none that was offered.
	Odd bool `json:"odd_dialect,omitempty"`

	Encryption []string `json:"encryption"`
	// EncryptionRequired tells whether the server refuses sessions that do not encrypt; nil when not known.
	EncryptionRequired *bool    `json:"encryption_required"`
	SigningAlgorithms  []string `json:"signing_algorithms"`
	Compression        bool     `json:"compression"`
	Capabilities       []string `json:"capabilities"`
	ServerGUID         GUID     `json:"server_guid"`
	SystemTime         Time     `json:"system_time"`
	StartTime          Time     `json:"start_time"`

	Mechanisms []string `json:"mechanisms"`
	// NTLMOffer is "proven" (a challenge came), "offered" (named among the mechanisms), "no" (neither named nor
	// accepted) or "unknown".
	NTLMOffer string       `json:"ntlm_offer"`
	NTLM      *signet.NTLM `json:"ntlm"`

	// Undecided are questions that were asked and stayed without an answer: "smb2", "smb1", "dialect-floor",
	// "encryption". What was never asked does not stand here.
	Undecided []string `json:"undecided"`
}

// SMB1 is what an SMB 1 negotiate of its own showed. Offered is nil when that was not asked or not learned.
type SMB1 struct {
	Offered *bool        `json:"offered"`
	Signing signet.Level `json:"signing"`
	Dialect string       `json:"dialect"`
	// SecurityMode is the field as it stood in the answer, "0x0f"; empty when there was none.
	SecurityMode string `json:"security_mode"`
	UserLevel    *bool  `json:"user_level"` // false: shares are protected, not users
	Plaintext    *bool  `json:"plaintext"`  // passwords are wanted in plain text

	NativeOS     string `json:"native_os,omitempty"`
	NativeLanMan string `json:"native_lan_manager,omitempty"`
	Domain       string `json:"domain,omitempty"` // where there is no NTLM challenge to tell it
	Server       string `json:"server,omitempty"`
}

// The words of NTLMOffer.
const (
	ntlmUnknown = "unknown"
	ntlmNo      = "no"
	ntlmOffered = "offered"
	ntlmProven  = "proven"
)

// The questions of Undecided, and of a result's list of what was left out.
const (
	askSMB2       = "smb2"
	askSMB1       = "smb1"
	askFloor      = "dialect-floor"
	askEncryption = "encryption"
	askNames      = "names"
	ask139        = "port-139" // whether SMB 1 lives there alone
)

// smb1Dialect is what the contract calls a server that speaks SMB 1 alone.
const smb1Dialect = "1.0"

// top is the dialect at which an unsigned session of a user is refused whatever the signing bit says.
const top = "3.1.1"

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func is(b *bool) bool    { return b != nil && *b }
func isNot(b *bool) bool { return b != nil && !*b }

// notRequired says that the server speaks SMB 2/3 and leaves signing to its clients.
func (f *Facts) notRequired() bool {
	return is(f.SMB2Offered) && (f.Signing == signet.Optional || f.Signing == signet.Off)
}

// guarded2 says that SMB 2/3 was seen to be closed to a relay.
func (f *Facts) guarded2() bool {
	return is(f.SMB2Offered) && !f.Odd && (f.Signing == signet.Required || f.notRequired() && (f.floorGuards() || is(f.EncryptionRequired)))
}

// smb1Open says that an unsigned session over SMB 1 was seen to be possible.
func (f *Facts) smb1Open() bool { return is(f.SMB1.Offered) && f.SMB1.Signing != signet.Required }

// mode writes a security mode of one or two bytes as it is written everywhere.
func mode(m uint16) string {
	switch m {
	case 0x00:
		return "0x00"
	case 0x01:
		return "0x01"
	case 0x02:
		return "0x02"
	case 0x03:
		return "0x03"
	case 0x07:
		return "0x07"
	case 0x0f:
		return "0x0f"
	}
	const digits = "0123456789abcdef"
	s := []byte{'0', 'x', digits[m>>4&15], digits[m&15]}
	if m > 0xff {
		s = []byte{'0', 'x', digits[m>>12], digits[m>>8&15], digits[m>>4&15], digits[m&15]}
	}
	return string(s)
}
