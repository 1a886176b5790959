package report

import (
	"encoding/json"

	"signet"
	"signet/internal/text"
)

// Facts are the parts of contract.md's facts that a writer shows in a shape of its own. Every check's facts decode
// into it; what a check does not say stays zero.
type Facts struct {
	Dialect      string       `json:"dialect"`
	DialectFloor string       `json:"dialect_floor"`
	Dialects     []string     `json:"dialects"`
	Signing      signet.Level `json:"signing"`
	SecurityMode string       `json:"security_mode"`
	SMB1         struct {
		Offered   *bool        `json:"offered"`
		Signing   signet.Level `json:"signing"`
		UserLevel *bool        `json:"user_level"`
		Plaintext *bool        `json:"plaintext"`
	} `json:"smb1"`
	ServerGUID     string          `json:"server_guid"`
	ChannelBinding signet.Level    `json:"channel_binding"`
	EPA            signet.Level    `json:"epa"`
	NLA            signet.Level    `json:"nla"`
	Protocol       string          `json:"protocol"` // of mail
	TLS            json.RawMessage `json:"tls"`      // an object for http, a word for ldap
	NTLM           *signet.NTLM    `json:"ntlm"`
}

// FactsOf reads facts in the contract's shape. Facts of another shape, as another version may have stored them, read
// as nothing known.
func FactsOf(l *Line) Facts {
	var f Facts
	if l.Facts == nil {
		return f
	}
	if err := json.Unmarshal(l.Facts.AppendJSON(nil), &f); err != nil {
		return Facts{}
	}
	return f
}

// OverTLS says that the endpoint speaks TLS from the first byte.
func (f *Facts) OverTLS() bool {
	s := string(f.TLS)
	return len(s) > 0 && s[0] == '{' || s == `"ldaps"`
}

// HostName is the name a host gives itself, or the user gave it, cleaned; f are the line's facts.
func (f *Facts) HostName(l *Line) string {
	if l.Name != "" {
		return text.Clean(l.Name)
	}
	if f.NTLM != nil {
		if f.NTLM.DNSComputer != "" {
			return text.Clean(f.NTLM.DNSComputer)
		}
		return text.Clean(f.NTLM.NBComputer)
	}
	return ""
}
