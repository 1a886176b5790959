package smb

import (
	"signet"
	"signet/internal/check"
)

// nmap words the facts as nmap 7.93 does.
func nmap(port uint16, f *Facts) check.Nmap {
	n := check.Nmap{Service: "microsoft-ds", Host: []check.Script{f.smb2SecurityMode(), f.smbSecurityMode(), f.smbProtocols()}}
	if port == portNetBIOS {
		n.Service = "netbios-ssn"
	}
	return n
}

// smb2SecurityMode words the bits of SMB 2's SecurityMode.
func (f *Facts) smb2SecurityMode() check.Script {
	s := check.Script{ID: "smb2-security-mode"}
	d := nmapDialect(f.Dialect)
	if d == "" {
		return s
	}
	switch {
	case f.SecurityMode == "0x02":
		s.AddList(d, "Message signing is disabled!") // nmap reads 0x02 without 0x01 so; it is required all the same
	case f.Signing == signet.Required:
		s.AddList(d, "Message signing enabled and required")
	case f.Signing == signet.Optional:
		s.AddList(d, "Message signing enabled but not required")
	case f.Signing == signet.Off:
		s.AddList(d, "Message signing is disabled and not required!")
	}
	return s
}

// smbSecurityMode is about SMB 1. account_used is left out: Signet logs on as nobody.
func (f *Facts) smbSecurityMode() check.Script {
	s := check.Script{ID: "smb-security-mode"}
	if !is(f.SMB1.Offered) {
		return s
	}
	choose := func(b *bool, yes, no string) string {
		switch {
		case b == nil:
			return ""
		case *b:
			return yes
		}
		return no
	}
	s.Add("authentication_level", choose(f.SMB1.UserLevel, "user", "share"))
	s.Add("challenge_response", choose(f.SMB1.Plaintext, "plaintext-only", "supported"))
	switch f.SMB1.Signing {
	case signet.Required:
		s.Add("message_signing", "required")
	case signet.Optional:
		s.Add("message_signing", "supported")
	case signet.Off:
		s.Add("message_signing", "disabled")
	}
	return s
}

// smbProtocols lists the dialects that were seen to be accepted: all of them with --deep, else the lowest and the
// highest that were asked.
func (f *Facts) smbProtocols() check.Script {
	s := check.Script{ID: "smb-protocols"}
	var list []string
	if is(f.SMB1.Offered) {
		list = append(list, "NT LM 0.12 (SMBv1) [dangerous, but default]")
	}
	seen := f.Dialects
	if len(seen) == 0 {
		seen = []string{f.DialectFloor, f.Dialect}
	}
	last := ""
	for _, d := range seen {
		if n := nmapDialect(d); n != "" && n != last {
			list = append(list, n)
			last = n
		}
	}
	s.AddList("dialects", list...)
	return s
}

// nmapDialect is a dialect of SMB 2 or 3 as nmap writes it: three digits of its number; "" for others.
func nmapDialect(d string) string {
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
