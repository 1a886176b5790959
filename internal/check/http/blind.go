package http

import (
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// blind lists what no answer of a web server shows.
func blind() []check.Spot[Facts] {
	account := func(what, one, many string, tls, winrm bool) check.Spot[Facts] {
		return check.Spot[Facts]{Blind: check.Blind{Lack: check.LacksAccount, What: what, One: one, Many: many},
			At: func(f *Facts, _ signet.Verdict) bool {
				return (f.TLS != nil) == tls && slices.ContainsFunc(f.Paths, func(p Path) bool {
					return p.NTLM == OfferProven && p.Role != absent && (p.Role == "winrm") == winrm && p.EPA == signet.Unknown
				})
			}}
	}
	return []check.Spot[Facts]{
		account("Extended Protection at", "HTTPS endpoint", "HTTPS endpoints", true, false),
		account("message encryption at", "WinRM endpoint", "WinRM endpoints", false, true),
		account("channel binding at", "WinRM endpoint over TLS", "WinRM endpoints over TLS", true, true),
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the refusal of NTLM inside Negotiate at", One: "IIS server", Many: "IIS servers"},
			At: func(f *Facts, _ signet.Verdict) bool {
				return strings.HasPrefix(f.Server, "Microsoft-") && slices.ContainsFunc(f.Paths, func(p Path) bool { return p.Negotiate == NegotiateKerberosOnly })
			}},
		{Blind: check.Blind{Lack: check.NotAsked, What: "further pages and host names at", One: "web server", Many: "web servers"},
			At: func(f *Facts, _ signet.Verdict) bool { return len(f.Paths) > 0 }},
	}
}
