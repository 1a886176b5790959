package mail

import "signet/internal/check"

// nmap has a script for each protocol.
func nmap(_ uint16, f *Facts) check.Nmap {
	n := check.Nmap{Service: f.Protocol}
	if f.Protocol != "" {
		n.Port = []check.Script{check.NTLMInfo(f.Protocol, f.NTLM)}
	}
	return n
}
