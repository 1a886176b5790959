package names

import (
	"signet"
	"signet/internal/check"
)

// blind lists what no responder shows.
func blind() []check.Spot[Facts] {
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.OnNoWire, What: "whose answers to name queries are believed by", One: "host", Many: "hosts"},
			At: func(f *Facts, _ signet.Verdict) bool { return f.Protocol != "" }},
	}
}
