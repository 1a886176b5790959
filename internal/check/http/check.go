package http

import (
	"embed"
	"fmt"

	"signet"
	"signet/internal/check"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "http"

//go:embed advice/*.md
var advice embed.FS

// Check is the http check.
func Check() check.Check {
	t, _ := parseRoles(rolesText) // a test keeps every line of it readable
	return check.Define(check.Definition[Facts, *Facts]{
		Name:     Name,
		Version:  1,
		Title:    "web pages that take NTLM, AD CS enrolment above all",
		Ports:    []check.Port{{Number: 80}, {Number: 443}},
		Sends:    sends(&t),
		Fallback: true,
		Rules:    rules(),
		Advice:   advice,
		Begin:    func(s check.Subject) check.Interview { return begin(s, &t) },
		Judge:    judge,
		Traits:   traits,
		Pages:    pages,
		Identify: identify,
		Nmap:     nmap,
		Shape:    check.Shape{Asking: []string{"sent"}, Decides: []string{"status", "schemes"}, Pages: "paths"},
		Passive:  passive(&t),
		Blind:    blind(),
	})
}

// sends says what an endpoint sees.
func sends(t *table) []check.Sends {
	return []check.Sends{{
		Depth: signet.Handshake,
		What: fmt.Sprintf("GET / and the AD CS paths, where redirects and refreshes of this endpoint lead, and paths of further Windows "+
			"roles, those worth most first: at most %d requests to a server that wants no logon and hints at nothing; more paths "+
			"where an answer shows a role; on ports and behind pages that look like a proxy's GET http://signet.invalid/ besides; an NTLM "+
			"NEGOTIATE under NTLM and under Negotiate where a logon is asked for, or where IIS or a CA shows", ordinaryRequests),
		Connections: maxConnections,
		Flags: fmt.Sprintf("at most %d connections with --http-thorough, and %d more for each path of --http-paths, %d for each --ca-name",
			t.most(&check.Options{HTTPThorough: true}), pathConnections, caNameConnections),
		Logs: "web server log lines, 401.1 and 401.2 in IIS; no security event, no logon is attempted",
	}}
}
