package nmap

import (
	"cmp"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// service is the element that names the service at an endpoint: probed with certainty where the check had its answer, from
// the table of ports where it had none.
func service(l *report.Line, f *report.Facts) string {
	name := serviceName(l.Check, l.Port, f.Protocol)
	switch l.Outcome {
	case signet.Answered:
		return serviceElement(name, text.Either(f.OverTLS(), "ssl", ""), "probed", "10")
	case signet.Foreign:
		name = ""
	}
	return fromTable(name)
}

// fromTable is the element of a service that nobody asked; an empty name is one that is not known.
func fromTable(name string) string { return serviceElement(name, "", "table", "3") }

func serviceElement(name, tunnel, method, confidence string) string {
	return string(report.XMLAttributes([]byte("<service"), "name", cmp.Or(name, "unknown"), "tunnel", tunnel, "method", method, "conf", confidence)) + "/>"
}

// serviceName is nmap-services' name of what a check asks at a port; mail is the protocol of that check.
func serviceName(check string, port uint16, mail string) string {
	switch {
	case port == 139 && check == "smb":
		return "netbios-ssn"
	case port == 137:
		return "netbios-ns"
	case port == 5353:
		return "zeroconf"
	case port == 5355:
		return "llmnr"
	}
	return map[string]string{"smb": "microsoft-ds", "http": "http", "ldap": "ldap", "mssql": "ms-sql-s", "rdp": "ms-wbt-server", "rpc": "msrpc", "mail": mail}[check]
}
