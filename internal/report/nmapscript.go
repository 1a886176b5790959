package report

import (
	"strings"

	"signet"
	"signet/internal/text"
)

// script is what nmap calls the structured output of one of its scripts: keys in order, each with a value or a list.
type script struct {
	id      string
	entries []scriptEntry
}

type scriptEntry struct {
	key   string
	value string
	list  []string // in place of value
}

func (s *script) add(key, value string) {
	if value != "" {
		s.entries = append(s.entries, scriptEntry{key: key, value: text.Clean(value)})
	}
}

func (s *script) addList(key string, list ...string) {
	if len(list) > 0 {
		s.entries = append(s.entries, scriptEntry{key: key, list: text.CleanAll(list)})
	}
}

// append writes the element as nmap 7.93 does: the tree as text in an attribute, then as tables.
func (s *script) append(b []byte) []byte {
	if len(s.entries) == 0 {
		return b
	}
	var text strings.Builder
	var tree []byte
	for _, e := range s.entries {
		text.WriteString("\n  " + e.key + ": " + e.value)
		if e.list == nil {
			tree = append(append(append(tree, "<elem"...), ` key="`+escape(e.key)+`">`...), escape(e.value)+"</elem>\n"...)
			continue
		}
		tree = append(tree, `<table key="`+escape(e.key)+"\">\n"...)
		for _, item := range e.list {
			text.WriteString("\n    " + item)
			tree = append(tree, "<elem>"+escape(item)+"</elem>\n"...)
		}
		tree = append(tree, "</table>\n"...)
	}
	b = append(b, `<script id="`+xmlText(s.id)+`" output="`+escape(text.String())+`">`...)
	return append(append(b, tree...), "</script>"...)
}

// hostScripts are nmap's scripts of the whole host that the facts of smb answer.
func (f *facts) hostScripts() []script {
	return []script{f.smb2SecurityMode(), f.smbSecurityMode(), f.smbProtocols()}
}

// smb2SecurityMode words the bits of SMB 2's SecurityMode.
func (f *facts) smb2SecurityMode() script {
	s := script{id: "smb2-security-mode"}
	d := nmapDialect(f.Dialect)
	if d == "" || f.Dialect == "1.0" {
		return s
	}
	switch {
	case f.SecurityMode == "0x02":
		s.addList(d, "Message signing is disabled!") // nmap reads 0x02 without 0x01 so; it is required all the same
	case f.Signing == signet.Required:
		s.addList(d, "Message signing enabled and required")
	case f.Signing == signet.Optional:
		s.addList(d, "Message signing enabled but not required")
	case f.Signing == signet.Off:
		s.addList(d, "Message signing is disabled and not required!")
	}
	return s
}

// smbSecurityMode is about SMB 1. account_used is left out: Signet logs on as nobody.
func (f *facts) smbSecurityMode() script {
	s := script{id: "smb-security-mode"}
	if f.SMB1.Offered == nil || !*f.SMB1.Offered {
		return s
	}
	if u := f.SMB1.UserLevel; u != nil {
		s.add("authentication_level", text.Either(*u, "user", "share"))
	}
	if p := f.SMB1.Plaintext; p != nil {
		s.add("challenge_response", text.Either(*p, "plaintext-only", "supported"))
	}
	switch f.SMB1.Signing {
	case signet.Required:
		s.add("message_signing", "required")
	case signet.Optional:
		s.add("message_signing", "supported")
	case signet.Off:
		s.add("message_signing", "disabled")
	}
	return s
}

// smbProtocols lists the dialects that were seen to be accepted: all of them with --deep, else the lowest and the
// highest that were asked.
func (f *facts) smbProtocols() script {
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
		if n := nmapDialect(d); n != "" && d != "1.0" && n != last {
			list = append(list, n)
			last = n
		}
	}
	s.addList("dialects", list...)
	return s
}

// nmapDialect is the dialect as nmap 7.93 writes it: three digits of its number.
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

// ntlmInfo is nmap's script for the CHALLENGE of a service. Target_Name is left out: it is a field of its own in the
// message and not among the facts.
func (f *facts) ntlmInfo(check string) script {
	prefix := map[string]string{"http": "http", "rdp": "rdp", "mssql": "ms-sql"}[check]
	if check == "mail" {
		prefix = f.Protocol
	}
	s := script{id: prefix + "-ntlm-info"}
	n := f.NTLM
	if n == nil || prefix == "" {
		return s
	}
	s.add("NetBIOS_Domain_Name", n.NBDomain)
	s.add("NetBIOS_Computer_Name", n.NBComputer)
	s.add("DNS_Domain_Name", n.DNSDomain)
	s.add("DNS_Computer_Name", n.DNSComputer)
	s.add("DNS_Tree_Name", n.DNSForest)
	s.add("Product_Version", n.OSVersion)
	if check == "rdp" { // the others of nmap do not print it
		s.add("System_Time", strings.Replace(n.Time, "Z", "+00:00", 1))
	}
	return s
}

// judged is a script of our own, signet-CHECK, with what no script of nmap's says.
func judged(l *Line) script {
	s := script{id: "signet-" + l.Check}
	s.add("outcome", l.Outcome.String())
	s.add("verdict", l.Verdict.String())
	s.addList("because", l.Because...)
	var findings []string
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		text := f.Severity.String() + " " + f.Rule
		if f.Where != "" {
			text += " at " + f.Where
		}
		findings = append(findings, text)
	}
	s.addList("findings", findings...)
	s.addList("unasked", l.Unasked...)
	if l.Err != nil {
		s.add("error", l.Err.Phase+": "+l.Err.Text)
	}
	return s
}
