package imports

import "slices"

// secure tells whether a port speaks TLS from its first byte, as far as nmap tells; known is false where it did not look
// (without -sV) and the port is none that goes without saying. A page that takes NTLM over TLS is another matter than one
// without.
func (p *nmapPort) secure() (tls, known bool) {
	switch {
	case p.Service.Tunnel == "ssl":
		return true, true
	case p.Service.Method == "probed":
		return false, true
	case slices.Contains([]string{"https", "https-alt", "ldaps", "ldapssl", "imaps", "pop3s", "smtps", "submissions", "wsmans"}, p.Service.Name),
		slices.Contains([]uint16{443, 465, 636, 993, 995, 3269, 5986, 8443, 8531}, p.ID):
		return true, true
	case slices.Contains([]uint16{25, 80, 110, 143, 389, 587, 3268, 5985, 8530}, p.ID):
		return false, true
	}
	return false, false
}
