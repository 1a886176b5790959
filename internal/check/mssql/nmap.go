package mssql

import "signet/internal/check"

func nmap(_ uint16, f *Facts) check.Nmap {
	return check.Nmap{Service: "ms-sql-s", TLS: f.TLS != nil, Port: []check.Script{check.NTLMInfo("ms-sql", f.NTLM)}}
}
