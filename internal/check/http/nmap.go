package http

import "signet/internal/check"

func nmap(_ uint16, f *Facts) check.Nmap {
	return check.Nmap{Service: "http", TLS: f.TLS != nil, Port: []check.Script{check.NTLMInfo("http", f.NTLM)}}
}
