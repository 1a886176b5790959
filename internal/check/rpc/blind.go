package rpc

import (
	"signet"
	"signet/internal/check"
)

// blind lists what no list of an endpoint mapper shows.
func blind() []check.Spot[Facts] {
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksAccount, What: "packet privacy and named pipes of the RPC services at", One: "host", Many: "hosts"},
			At: func(f *Facts, _ signet.Verdict) bool { return len(f.Interfaces) > 0 }},
		{Blind: check.Blind{Lack: check.LacksAccount, What: "encryption of certificate requests (ESC11) at", One: "certification authority", Many: "certification authorities"},
			At: func(f *Facts, _ signet.Verdict) bool { return f.CertificateAuthority }},
	}
}
