package names

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "names"

//go:embed advice/*.md
var advice embed.FS

// Check returns the names check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:     Name,
		Version:  1,
		Title:    "Responders of NetBIOS, LLMNR and multicast DNS",
		Optional: true,
		Ports: []check.Port{
			{Number: portNBNS, Transport: signet.UDP}, {Number: portLLMNR, Transport: signet.UDP}, {Number: portMDNS, Transport: signet.UDP},
		},
		Sends:    sends(),
		Rules:    rules(),
		Advice:   advice,
		Begin:    begin,
		Judge:    judge,
		Identify: identify,
		Nmap:     nmap,
		Blind:    blind(),
	})
}

func rules() []check.Rule {
	return []check.Rule{{
		ID:       ruleResponder,
		Title:    "Host answers NetBIOS, LLMNR or multicast DNS",
		Requires: "the host answers for its own name by DNS alone",
		Refers:   []string{"T1557.001", "M1042-names", "CM-7", "cis-llmnr", "cis-mdns"},
		Recipe:   stopResponding(),
	}}
}

// sends declares the most that an endpoint sees.
func sends() []check.Sends {
	return []check.Sends{{
		Depth: signet.Handshake, Connections: 2,
		What: "one unicast datagram that asks the host for its own name; to a silent LLMNR port the same once over TCP",
		Logs: "nothing",
	}}
}
