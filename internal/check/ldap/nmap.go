package ldap

import "signet/internal/check"

// nmap has no script for the CHALLENGE of a directory.
func nmap(_ uint16, f *Facts) check.Nmap {
	return check.Nmap{Service: "ldap", TLS: f.TLS == overLDAPS}
}
