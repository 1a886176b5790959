package rdp

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "rdp"

//go:embed advice/*.md
var advice embed.FS

const ruleNLA = "rdp-nla-not-required"

// Check returns the rdp check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    Name,
		Version: 1,
		Title:   "Network Level Authentication of Remote Desktop",
		Ports:   []check.Port{{Number: 3389}},
		Sends: []check.Sends{{
			Depth: signet.Handshake, Connections: 3,
			What: "X.224 connection requests for all security layers, then for one alone; over NLA a TLS handshake and an NTLM negotiate, dropped at the challenge",
			Logs: "nothing in the Security log; RdpCoreTS/Operational may note the connections (unverified)",
		}},
		Rules: []check.Rule{{
			ID:       ruleNLA,
			Title:    "RDP does not require NLA",
			Requires: "the server refuses clients without Network Level Authentication",
			Refers:   []string{"SC-8", "AC-17(2)", "cis-rdp-nla"},
			Recipe:   requireNLA(),
		}},
		Advice:   advice,
		Begin:    begin,
		Judge:    judge,
		Identify: identify,
		Nmap:     nmap,
		Passive:  passive(),
		Blind:    blind(),
	})
}
