package names

import "signet/internal/check"

func nmap(port uint16, _ *Facts) check.Nmap {
	return check.Nmap{Service: map[uint16]string{portNBNS: "netbios-ns", portMDNS: "zeroconf", portLLMNR: "llmnr"}[port]}
}
