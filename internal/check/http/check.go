package http

import (
	"embed"

	"signet"
	"signet/internal/check"
)

//go:embed advice/*.md
var advice embed.FS

// Check is the http check.
func Check() check.Check {
	t, _ := parseRoles(rolesText) // a test keeps every line of it readable
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    "http",
		Version: 1,
		Title:   "web pages that take NTLM, AD CS enrolment above all",
		Ports:   []check.Port{{Number: 80}, {Number: 443}},
		Sends:   sends(&t),
		Rules:   rules(),
		Advice:  advice,
		Begin:   func(s check.Subject) check.Interview { return begin(s, &t) },
		Judge:   judge,
	})
}

// sends bounds what an endpoint sees by default: three ways of speaking to it, every path of the table on a connection
// of its own where the server keeps none, asked twice where it went unanswered, and three NTLM exchanges for each.
func sends(t *table) []check.Sends {
	paths := 1 + len(t.rows)
	return []check.Sends{{
		Depth: signet.Handshake,
		What: "GET / and the AD CS paths (7 requests to an ordinary web server, on as few connections as it keeps); " +
			"paths of further Windows roles where an answer shows them; an NTLM NEGOTIATE under NTLM and under Negotiate " +
			"where a logon is asked for, or where IIS or a CA shows",
		Connections: 3 + 2*paths + 3*2*paths,
		Logs:        "web server log lines, 401.1 and 401.2 in IIS; no security event, no logon is attempted",
	}}
}
