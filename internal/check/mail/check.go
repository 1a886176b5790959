package mail

import (
	"embed"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "mail"

//go:embed advice/*.md
var advice embed.FS

// Check returns the mail check.
func Check() check.Check {
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    Name,
		Version: 1,
		Title:   "NTLM in SMTP, IMAP and POP3, before and after STARTTLS",
		Ports: []check.Port{
			{Number: 25}, {Number: 587}, {Number: 465}, {Number: 143}, {Number: 993}, {Number: 110}, {Number: 995},
		},
		Sends:    sends(),
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

func rules() []check.Rule {
	return []check.Rule{
		{
			ID:       rulePlain,
			Title:    "Mail server takes NTLM without TLS",
			Requires: "the server offers no NTLM without TLS",
			Refers:   []string{"T1557.001", "M1041-web", "SC-8"},
			Opens:    check.Way{To: check.ToHTTP, Guard: signet.Off},
			Breaks:   withoutTLS(),
		},
		{
			ID:       ruleUnknown,
			Title:    "Mail server takes NTLM over TLS, binding unknown",
			Requires: "the server offers no NTLM, or requires Extended Protection",
			Refers:   []string{"T1557.001", "SC-8"},
			Opens:    check.Way{To: check.ToHTTPS},
			Breaks:   check.Breaks{Client: check.ByBinding},
		},
	}
}

// sends declares the most that an endpoint sees.
func sends() []check.Sends {
	return []check.Sends{{
		Depth: signet.Handshake, Connections: 3,
		What: "greeting, capabilities, STARTTLS, and one AUTH NTLM, listed or not, that is cancelled once the challenge has come",
		Logs: "a session of a client that calls itself [127.0.0.1], or [IPv6:::1], and one aborted or failed AUTH without a user name; a fail2ban may count it",
	}}
}
