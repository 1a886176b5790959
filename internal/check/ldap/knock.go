package ldap

import "signet/internal/check"

// askKnock is no question of the protocol: whether the LDAPS port beside a plain one is open.
const askKnock = "knock"

// knock is a connection that says nothing.
type knock struct{}

// Next is done at once.
func (knock) Next([]byte, bool) (check.Step, error) { return check.Step{Done: true}, nil }

// fragile tells of a server that StartTLS could harm: Samba without TLS (`tls enabled = no`) answers StartTLS with
// success, and the process that serves the connection crashes (seen with 4.17; with one process for everything the
// whole controller dies). Nothing in its rootDSE shows it, but such a server does not listen on its LDAPS port, so
// that is knocked on first and StartTLS left out where it is closed.
func (iv *interview) fragile() bool { return iv.facts.samba() }

// securePort is the LDAPS port beside a plain one.
func securePort(plain uint16) uint16 {
	if plain == 3268 {
		return 3269
	}
	return 636
}
