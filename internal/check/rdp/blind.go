package rdp

import (
	"signet"
	"signet/internal/check"
)

// blind lists what no answer of Remote Desktop shows.
func blind() []check.Spot[Facts] {
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the refusal of connections without NLA at", One: "Remote Desktop endpoint", Many: "Remote Desktop endpoints"},
			At: func(f *Facts, _ signet.Verdict) bool { return f.NLA == signet.Required }},
	}
}
