package report

import (
	"encoding/json"

	"signet"
	"signet/internal/text"
)

// Facts are the parts of the checks' facts that a writer shows in a shape of its own. Every check's facts decode
// into it; what a check does not say stays zero.
type Facts struct {
	Dialect string       `json:"dialect"`
	Signing signet.Level `json:"signing"`
	SMB1    struct {
		Offered *bool `json:"offered"`
	} `json:"smb1"`
	ChannelBinding signet.Level `json:"channel_binding"`
	EPA            signet.Level `json:"epa"`
	NLA            signet.Level `json:"nla"`
	NTLM           *signet.NTLM `json:"ntlm"`
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

// HostName is the name that the user gave a host, or else the one it gives itself, clean; f are the line's facts. Line.Who asks
// the other way round.
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
