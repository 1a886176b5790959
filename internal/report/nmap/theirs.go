package nmap

import (
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// hostScripts are nmap's scripts of the whole host that the facts of smb answer.
func hostScripts(f *report.Facts) []script {
	return []script{smb2SecurityMode(f), smbSecurityMode(f), smbProtocols(f)}
}

// smb2SecurityMode words the bits of SMB 2's SecurityMode.
func smb2SecurityMode(f *report.Facts) script {
	s := script{id: "smb2-security-mode"}
	d := dialect(f.Dialect)
	if d == "" || f.Dialect == "1.0" {
		return s
	}
	switch {
	case f.SecurityMode == "0x02":
		s.list(d, "Message signing is disabled!") // nmap reads 0x02 without 0x01 so; it is required all the same
	case f.Signing == signet.Required:
		s.list(d, "Message signing enabled and required")
	case f.Signing == signet.Optional:
		s.list(d, "Message signing enabled but not required")
	case f.Signing == signet.Off:
		s.list(d, "Message signing is disabled and not required!")
	}
	return s
}

// smbSecurityMode is about SMB 1. account_used is left out: Signet logs on as nobody.
func smbSecurityMode(f *report.Facts) script {
	s := script{id: "smb-security-mode"}
	if f.SMB1.Offered == nil || !*f.SMB1.Offered {
		return s
	}
	if u := f.SMB1.UserLevel; u != nil {
		s.say("authentication_level", text.Either(*u, "user", "share"))
	}
	if p := f.SMB1.Plaintext; p != nil {
		s.say("challenge_response", text.Either(*p, "plaintext-only", "supported"))
	}
	switch f.SMB1.Signing {
	case signet.Required:
		s.say("message_signing", "required")
	case signet.Optional:
		s.say("message_signing", "supported")
	case signet.Off:
		s.say("message_signing", "disabled")
	}
	return s
}

// smbProtocols lists the dialects that were seen to be accepted: all of them with --deep, else the lowest and the
// highest that were asked.
func smbProtocols(f *report.Facts) script {
	s := script{id: "smb-protocols"}
	var list []string
	if f.SMB1.Offered != nil && *f.SMB1.Offered {
		list = append(list, "NT LM 0.12 (SMBv1) [dangerous, but default]")
	}
	seen := f.Dialects
	if len(seen) == 0 {
		seen = []string{f.DialectFloor, f.Dialect}
	}
	last := ""
	for _, d := range seen {
		if n := dialect(d); n != "" && d != "1.0" && n != last {
			list = append(list, n)
			last = n
		}
	}
	s.list("dialects", list...)
	return s
}

// dialect is the dialect as nmap 7.93 writes it: three digits of its number.
func dialect(d string) string {
	switch d {
	case "2.0.2":
		return "202"
	case "2.1":
		return "210"
	case "3.0":
		return "300"
	case "3.0.2":
		return "302"
	case "3.1.1":
		return "311"
	}
	return ""
}

// ntlmInfo is nmap's script for the CHALLENGE of a service. Target_Name is left out: it is a field of its own in the
// message and not among the facts.
func ntlmInfo(f *report.Facts, check string) script {
	prefix := map[string]string{"http": "http", "rdp": "rdp", "mssql": "ms-sql"}[check]
	if check == "mail" {
		prefix = f.Protocol
	}
	s := script{id: prefix + "-ntlm-info"}
	n := f.NTLM
	if n == nil || prefix == "" {
		return s
	}
	s.say("NetBIOS_Domain_Name", n.NBDomain)
	s.say("NetBIOS_Computer_Name", n.NBComputer)
	s.say("DNS_Domain_Name", n.DNSDomain)
	s.say("DNS_Computer_Name", n.DNSComputer)
	s.say("DNS_Tree_Name", n.DNSForest)
	s.say("Product_Version", n.OSVersion)
	if check == "rdp" { // the others of nmap do not print it
		s.say("System_Time", strings.Replace(n.Time, "Z", "+00:00", 1))
	}
	return s
}
