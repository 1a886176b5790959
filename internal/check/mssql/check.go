package mssql

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "mssql"

//go:embed advice/*.md
var advice embed.FS

// Check returns the mssql check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    Name,
		Version: 1,
		Title:   "Windows authentication and encryption of SQL Server",
		Ports: []check.Port{
			{Number: 1433},
			// One datagram a host: where 1433 answered, its own interview asks the browser.
			{Number: 1434, Transport: signet.UDP, WhenAlive: true, Unless: 1433},
		},
		Sends: []check.Sends{{
			Depth: signet.Handshake, Connections: 5,
			What: "PRELOGIN; a login with an NTLM negotiate, dropped at the challenge (again in SPNEGO where the bare one is refused, again as it was where an error says nothing of it); TLS first where PRELOGIN is not answered; one datagram to UDP 1434 of the host",
			Logs: "ERRORLOG may note a login that was broken off, such as 17836 or 20017 (unverified); 18456 or 18452 where Windows authentication is refused",
		}},
		Rules:    rules(),
		Advice:   advice,
		Begin:    begin,
		Judge:    judge,
		Identify: identify,
		Nmap:     nmap,
		Passive:  passive(),
		Blind:    blind(),
	})
}

const (
	ruleUnknown  = "mssql-epa-unknown"
	ruleOff      = "mssql-epa-off"
	ruleOptional = "mssql-epa-optional"
)

func rules() []check.Rule {
	return []check.Rule{
		{
			ID:       ruleOff,
			Title:    "SQL Server ignores Extended Protection",
			Requires: "the server refuses NTLM with a missing or wrong binding (Extended Protection: Required)",
			Refers:   []string{"T1557.001", "SC-8", "ms-sql-epa"},
			Opens:    check.Way{To: check.ToMSSQL, Guard: signet.Off},
			Recipe:   allowBinding(),
			Breaks:   check.Breaks{Client: check.ByBinding},
		},
		{
			ID:       ruleOptional,
			Title:    "SQL Server checks Extended Protection only when sent",
			Requires: "the server also refuses NTLM without a binding (Extended Protection: Required)",
			Refers:   []string{"T1557.001", "SC-8", "ms-sql-epa"},
			Opens:    check.Way{To: check.ToMSSQL, Guard: signet.Optional},
			Breaks:   check.Breaks{Client: check.ByBinding},
		},
		{
			ID:       ruleUnknown,
			Title:    "SQL Server takes NTLM, Extended Protection unknown",
			Requires: "the server takes no NTLM, or has Extended Protection at Required",
			Refers:   []string{"T1557.001", "SC-8", "ms-sql-epa"},
			Opens:    check.Way{To: check.ToMSSQL},
			Recipe:   allowBinding(),
			Breaks:   check.Breaks{Client: check.ByBinding},
		},
	}
}
