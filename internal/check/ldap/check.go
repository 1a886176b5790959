package ldap

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "ldap"

//go:embed advice/*.md
var advice embed.FS

// Check returns the ldap check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    Name,
		Version: 1,
		Domain:  true,
		Title:   "LDAP signing, and channel binding over TLS and StartTLS",
		Ports: []check.Port{
			{Number: 389}, {Number: 636}, {Number: 3268}, {Number: 3269},
		},
		Sends:    sends(),
		Rules:    rules(),
		Advice:   advice,
		Begin:    begin,
		Judge:    judge,
		Traits:   traits,
		Identify: identify,
		Nmap:     nmap,
		Shape:    check.Shape{Asking: []string{"challenge"}},
		Passive:  passive(),
		Blind:    blind(),
	})
}

func rules() []check.Rule {
	return []check.Rule{
		{
			ID:       ruleSigning,
			Title:    "LDAP signing is not required",
			Requires: "the server refuses NTLM binds without signing (result 8)",
			Refers:   []string{"T1557.001", "SC-8", "SC-8(1)", "AC-17(2)", "cis-ldap-signing", "ms-ldap-signing", "ms-ldap-kb"},
			Opens:    check.Way{To: check.ToLDAP, Guard: signet.Optional},
			Recipe:   requireSigning(),
			Breaks:   withoutSigning(),
		},
		{
			ID:       ruleBindingOff,
			Title:    "LDAP channel binding is never checked",
			Requires: "the server refuses NTLM over TLS without the matching channel binding",
			Refers:   []string{"T1557.001", "SC-8", "SC-8(1)", "AC-17(2)", "cis-ldap-binding", "ms-ldap-kb"},
			Opens:    check.Way{To: check.ToLDAPS, Guard: signet.Off},
			Recipe:   requireBinding(),
			Breaks:   withoutBinding(),
		},
		{
			ID:       ruleBindingOptional,
			Title:    "LDAP channel binding is checked only when sent",
			Requires: "the server also refuses NTLM over TLS that carries no channel binding",
			Refers:   []string{"T1557.001", "SC-8", "SC-8(1)", "AC-17(2)", "cis-ldap-binding", "ms-ldap-kb"},
			Opens:    check.Way{To: check.ToLDAPS, Guard: signet.Optional},
			Recipe:   requireBinding(),
			Breaks:   withoutBinding(),
		},
	}
}

// sends declares the most that an endpoint sees. A connection that the
// server closes or answers with a passing fault is repeated once, which the figures include.
func sends() []check.Sends {
	return []check.Sends{
		{
			Depth: signet.Handshake, Connections: 5,
			What: "a rootDSE search and an NTLM negotiate, dropped at the challenge, and put again inside SPNEGO where the server goes on without one; on a plain port StartTLS and the same behind it, to a Samba only where its LDAPS port is open",
			Logs: "nothing",
		},
		{
			Depth: signet.Anonymous, Connections: 5, Anonymous: 4,
			What: "the anonymous NTLM bind without signing, on the same connections",
			Logs: "4624 and 4634 of ANONYMOUS LOGON; 2887, or 2889 with LDAP diagnostics, where signing is not required; 2888 where it is",
		},
		{
			Depth: signet.Decoy, Connections: 7, Anonymous: 4, Logons: 2,
			What: "up to two logons as a user that cannot exist: over TLS with a wrong channel binding, then with none; or one simple bind where NTLM is refused and no binding can be asked about",
			Logs: "4625 or 4776 of an unknown user for each, and 3039 where a binding is refused",
		},
	}
}
