package rpc

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "rpc"

//go:embed advice/*.md
var advice embed.FS

// Check returns the rpc check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:     Name,
		Version:  1,
		Title:    "Interfaces that the RPC endpoint mapper lists",
		Ports:    []check.Port{{Number: 135}},
		Sends:    sends(),
		Rules:    rules(),
		Advice:   advice,
		Begin:    begin,
		Judge:    judge,
		Identify: identify,
		Nmap:     nmap,
		Shape:    check.Shape{Asking: []string{"complete"}},
		Passive:  passive(),
		Blind:    blind(),
	})
}

func rules() []check.Rule {
	return []check.Rule{
		{
			ID:       ruleEnrolment,
			Title:    "CA enrols over RPC, encryption unknown (ESC11)",
			Requires: "the authority requires encrypted requests, or takes none over RPC",
			Refers:   []string{"T1557.001", "T1649", "M1041-certificates", "SC-8"},
			Opens:    check.Way{To: check.ToICPR},
			Recipe:   enforcePrivacy(),
		},
		{
			ID:       ruleCoercible,
			Title:    "Host can be coerced to log on elsewhere",
			Requires: "the host registers none of MS-RPRN, MS-PAR, MS-EFSR, MS-DFSNM, MS-FSRVP",
			Refers:   []string{"T1187"},
			Recipe:   stopSpooler(),
		},
	}
}

// sends declares the most that an endpoint sees.
func sends() []check.Sends {
	return []check.Sends{{
		Depth: signet.Handshake, Connections: 1,
		What: "a bind to the endpoint mapper and ept_lookup until nothing is left; no interface is called, none is mapped",
		Logs: "nothing",
	}}
}
