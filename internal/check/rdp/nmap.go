package rdp

import (
	"strings"

	"signet/internal/check"
)

func nmap(_ uint16, f *Facts) check.Nmap {
	info := check.NTLMInfo("rdp", f.NTLM)
	if f.NTLM != nil { // the script of RDP alone prints it
		info.Add("System_Time", strings.Replace(f.NTLM.Time, "Z", "+00:00", 1))
	}
	return check.Nmap{Service: "ms-wbt-server", TLS: f.TLS != nil, Port: []check.Script{info}}
}
