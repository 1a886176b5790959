package imports

import (
	"strings"

	"signet"
	"signet/internal/check/http"
	"signet/internal/check/ldap"
	"signet/internal/check/mail"
	"signet/internal/check/mssql"
	"signet/internal/check/rdp"
	"signet/internal/text"
)

// names reads one of the *-ntlm-info scripts, which all print the same fields; nil where it told nothing.
func (s *nmapScript) names() *signet.NTLM {
	if s == nil {
		return nil
	}
	text := func(key string) string { return text.Clip(s.value(key), 253) }
	n := &signet.NTLM{
		NBComputer: text("NetBIOS_Computer_Name"), NBDomain: text("NetBIOS_Domain_Name"), DNSComputer: text("DNS_Computer_Name"),
		DNSDomain: text("DNS_Domain_Name"), DNSForest: text("DNS_Tree_Name"), OSVersion: text("Product_Version"), Time: stamp(text("System_Time")),
	}
	if *n == (signet.NTLM{}) && text("Target_Name") == "" {
		return nil
	}
	return n
}

// certificate reads ssl-cert; without it TLS is known to be there and nothing more.
func (p *nmapPort) certificate() *signet.TLS {
	t := &signet.TLS{Names: []string{}}
	s := find(p.Scripts, "ssl-cert")
	if s == nil {
		return t
	}
	if subject := table(s.Tables, "subject"); subject != nil && elem(subject.Elems, "commonName") != "" {
		t.Subject = "CN=" + text.Clip(elem(subject.Elems, "commonName"), 253)
		if issuer := table(s.Tables, "issuer"); issuer != nil {
			t.Issuer = "CN=" + text.Clip(elem(issuer.Elems, "commonName"), 253)
		}
	}
	if v := table(s.Tables, "validity"); v != nil {
		t.NotAfter = stamp(elem(v.Elems, "notAfter"))
	}
	for _, l := range lines(s.Output) {
		if list, ok := strings.CutPrefix(l, "Subject Alternative Name: "); ok {
			for n := range strings.SplitSeq(list, ", ") {
				if dns, ok := strings.CutPrefix(n, "DNS:"); ok && len(t.Names) < 64 {
					t.Names = append(t.Names, text.Clip(dns, 253))
				}
			}
		}
	}
	return t
}

// port turns the scripts of one port into observations.
func (h *host) port(p *nmapPort) error {
	for _, of := range []func(*nmapPort) error{h.http, h.ldap, h.mssql, h.rdp, h.mail} {
		if err := of(p); err != nil {
			return err
		}
	}
	return nil
}

func (h *host) http(p *nmapPort) error {
	info, auth := find(p.Scripts, "http-ntlm-info").names(), find(p.Scripts, "http-auth")
	if info == nil && auth == nil {
		return nil
	}
	f := http.Facts{NTLM: info}
	tls, known := p.secure()
	if tls = tls || find(p.Scripts, "ssl-cert") != nil; tls { // which speaks no STARTTLS to a web server
		f.TLS, known = p.certificate(), true
	}
	path := http.Path{Path: "/", Schemes: []string{}} // where both scripts ask unless told otherwise
	if auth != nil {
		path.Schemes = schemes(auth)
		if len(path.Schemes) > 0 {
			path.Status = 401
		}
	}
	for _, s := range path.Schemes {
		switch strings.ToLower(s) {
		case "ntlm":
			path.NTLM = http.OfferAnnounced
		case "negotiate":
			path.Negotiate = http.NegotiateUnknown
		}
	}
	switch {
	case info != nil:
		path.NTLM = http.OfferProven
	case path.NTLM == http.OfferUnknown:
		path.Note = "no NTLM message was sent"
	}
	if !known && path.NTLM != http.OfferUnknown {
		path.NTLM, path.Note = http.OfferUnknown, "NTLM is offered, and whether over TLS nmap did not look (-sV)"
	}
	f.Paths = []http.Path{path}
	return h.emit(http.Name, p.ID, f, "paths", "ntlm-proof")
}

// schemes reads http-auth: elements of tables, or lines of text such as "Basic realm=x" after a status line.
func schemes(s *nmapScript) []string {
	var out []string
	for _, t := range s.Tables {
		if v := elem(t.Elems, "scheme"); v != "" && len(out) < 16 {
			out = append(out, canonical(v))
		}
	}
	if out != nil {
		return out
	}
	for _, l := range lines(s.Output) {
		word, _, _ := strings.Cut(l, " ")
		if c := canonical(word); c != word || c == "NTLM" || c == "Negotiate" || c == "Basic" || c == "Digest" {
			out = append(out, c)
		}
	}
	if out == nil {
		out = []string{}
	}
	return out
}

// canonical spells the schemes that matter as servers do: the script writes them in lower case.
func canonical(s string) string {
	for _, c := range []string{"NTLM", "Negotiate", "Basic", "Digest", "Bearer", "Kerberos"} {
		if strings.EqualFold(s, c) {
			return c
		}
	}
	return text.Clip(s, 32)
}

func (h *host) ldap(p *nmapPort) error {
	s := find(p.Scripts, "ldap-rootdse")
	if s == nil {
		return nil
	}
	f, unasked := ldap.NewTold(), []string{"signing", "channel-binding"}
	if tls, _ := p.secure(); tls { // rootDSE is read either way
		f.Secured(p.certificate())
		unasked = unasked[1:]
	}
	f.ReadRoot(attributes(s.Output))
	return h.emit(ldap.Name, p.ID, f, unasked...)
}

// attributes reads what ldap-rootdse prints as `name: value`, one a line.
func attributes(output string) map[string][]string {
	all := map[string][]string{}
	for _, l := range lines(output) {
		if name, value, ok := strings.Cut(l, ": "); ok {
			all[name] = append(all[name], value)
		}
	}
	return all
}

func (h *host) mssql(p *nmapPort) error {
	names, info := find(p.Scripts, "ms-sql-ntlm-info").names(), find(p.Scripts, "ms-sql-info")
	f := mssql.NewFacts()
	told := names != nil
	if names != nil {
		f.NTLM, f.WindowsAuthentication = names, "proven"
	}
	for _, s := range []*nmapScript{info, find(h.Scripts, "ms-sql-info")} {
		told = s != nil && (instance(s, f, p.ID) || printedInstance(s, f, p.ID)) || told
	}
	if !told {
		return nil
	}
	return h.emit(mssql.Name, p.ID, f, "encryption", "epa")
}

// instance reads ms-sql-info, which lists every instance of a host: the one whose port this is.
func instance(s *nmapScript, f *mssql.Facts, port uint16) bool {
	for _, t := range s.Tables {
		if elem(t.Elems, "TCP port") != itoa(port) {
			continue
		}
		f.Instance = text.Clip(elem(t.Elems, "Instance name"), 64)
		v := table(t.Tables, "Version")
		if v == nil {
			return f.Instance != ""
		}
		f.Version, f.Product = text.Clip(elem(v.Elems, "number"), 40), text.Clip(elem(v.Elems, "Product"), 80)
		return true
	}
	return false
}

// printedInstance reads the text of ms-sql-info in the same way. The port of an instance stands after its version.
func printedInstance(s *nmapScript, f *mssql.Facts, port uint16) bool {
	var name, number, product string
	for _, l := range lines(s.Output) {
		key, v, _ := strings.Cut(l, ":")
		v = strings.TrimSpace(v)
		switch key {
		case "Version": // of the next instance, unless its name stood before
			number, product = "", ""
		case "Instance name":
			name, number, product = v, "", ""
		case "number":
			number = v
		case "Product":
			product = v
		case "TCP port":
			if v == itoa(port) {
				f.Instance, f.Version, f.Product = text.Clip(name, 64), text.Clip(number, 40), text.Clip(product, 80)
				return name != "" || number != ""
			}
			name = ""
		}
	}
	return false
}

func (h *host) rdp(p *nmapPort) error {
	names, enum := find(p.Scripts, "rdp-ntlm-info").names(), find(p.Scripts, "rdp-enum-encryption")
	if names == nil && enum == nil {
		return nil
	}
	f := rdp.Facts{Protocols: []string{}, NTLM: names}
	says := map[string]string{}
	if enum != nil {
		for _, l := range lines(enum.Output) {
			if what, how, ok := strings.Cut(l, ": "); ok {
				says[what] = how
			}
		}
	}
	success := func(what string) bool { return strings.HasPrefix(says[what], "SUCCESS") }
	// nmap calls it a success when the server answers with a layer at all, be it a lower one than was asked for: a server
	// of TLS alone is said to do NLA. That the lower layers failed is what proves it.
	switch plain, tls := success("Native RDP"), success("SSL"); {
	case plain:
		f.Protocols = append(f.Protocols, "rdp")
	case tls:
		f.Protocols = append(f.Protocols, "tls")
	}
	other := len(f.Protocols) > 0
	// The names are asked for without agreeing on NLA first: where it was not agreed to, they prove no offer.
	nla := names != nil && (enum == nil || success("CredSSP (NLA)")) || !other && success("CredSSP (NLA)")
	if nla {
		f.Protocols = append(f.Protocols, "nla")
	}
	const required = "HYBRID_REQUIRED_BY_SERVER"
	switch {
	case nla && other:
		f.NLA = signet.Optional
	case nla && strings.Contains(says["SSL"], required): // nmap -d
		f.NLA, f.Refusals = signet.Required, []rdp.Refusal{{Asked: "tls", Code: required}}
	}
	if len(f.Protocols) == 0 {
		return nil
	}
	return h.emit(rdp.Name, p.ID, f, "nla")
}

func (h *host) mail(p *nmapPort) error {
	for _, protocol := range []string{"smtp", "imap", "pop3"} {
		names := find(p.Scripts, protocol+"-ntlm-info").names()
		if names == nil {
			continue
		}
		f := mail.Facts{Protocol: protocol, TLS: "none", Mechanisms: []string{}, NTLM: names, Ways: []mail.Way{}}
		over := "none"
		tls, known := p.secure()
		if tls {
			over, f.TLS, f.Session = "implicit", "implicit", p.certificate()
		}
		if known {
			f.Ways = []mail.Way{{Over: over, Mechanisms: []string{}, NTLM: "proven", Via: "NTLM"}}
		}
		return h.emit(mail.Name, p.ID, f, "starttls")
	}
	return nil
}
