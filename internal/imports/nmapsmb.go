package imports

import (
	"strings"
	"time"

	"signet"
	"signet/internal/check/smb"
	"signet/internal/text"
)

// dialectName turns nmap's spellings (2.02, 2:0:2, 202) into the contract's; "" for none of SMB 2 and 3.
func dialectName(s string) string {
	switch strings.NewReplacer(".", "", ":", "").Replace(strings.TrimSpace(s)) {
	case "202":
		return "2.0.2"
	case "210":
		return "2.1"
	case "300":
		return "3.0"
	case "302":
		return "3.0.2"
	case "311":
		return "3.1.1"
	}
	return ""
}

// signing reads the sentence of smb2-security-mode. Its "is disabled!" alone is said of mode 0x02, which means required and
// which nobody would read so: it stays unknown.
func signing(s string) signet.Level {
	s = strings.ToLower(s)
	disabled := strings.Contains(s, "disabled")
	switch {
	case strings.Contains(s, "not required") && disabled:
		return signet.Off
	case strings.Contains(s, "not required"):
		return signet.Optional
	case disabled:
	case strings.Contains(s, "required"):
		return signet.Required
	}
	return signet.Unknown
}

// signing1 reads message_signing of smb-security-mode. Its "disabled" is bit 0x04 clear, its "supported" the bit set.
func signing1(s string) signet.Level {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.HasPrefix(s, "not supported") { // of nmap 5.00 and before
		return signet.Off
	}
	switch word, _, _ := strings.Cut(s, " "); word {
	case "disabled":
		return signet.Off
	case "supported":
		return signet.Optional
	case "required":
		return signet.Required
	}
	return signet.Unknown
}

// lines splits a script's text into trimmed lines.
func lines(output string) []string {
	var out []string
	for l := range strings.SplitSeq(output, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// value finds `key: value` in a script's elements or else in its text.
func (s *nmapScript) value(key string) string {
	if v := elem(s.Elems, key); v != "" {
		return strings.TrimSpace(v)
	}
	for _, l := range lines(s.Output) {
		if k, v, ok := strings.Cut(l, ": "); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// smb joins what the host's scripts say of its file service.
func (h *host) smb() error {
	port := uint16(445)
	if !h.open(445) && h.open(139) {
		port = 139
	}
	f := smb.NewTold(port)
	told := false
	if s := find(h.Scripts, "smb2-security-mode"); s != nil {
		told = mode2(s, f) || told
	}
	if s := find(h.Scripts, "smb-security-mode"); s != nil {
		told = mode1(s, f) || told
	}
	// What "doesn't support" says is that it answered a negotiate for 2.0.2 alone in SMB 1.
	if s := find(h.Scripts, "smbv2-enabled"); s != nil && strings.Contains(s.Output, "Server supports SMBv2") {
		f.OffersSMB2()
		told = true
	}
	if s := find(h.Scripts, "smb-os-discovery"); s != nil {
		told = system(s, f) || told
	}
	if s := find(h.Scripts, "smb-protocols"); s != nil {
		told = protocols(s, f) || told
	}
	if s := find(h.Scripts, "smb2-capabilities"); s != nil {
		told = capabilities(s, f) || told
	}
	if !told {
		return nil
	}
	if s := find(h.Scripts, "smb2-time"); s != nil {
		f.SystemTime, f.StartTime = stamp(s.value("date")), stamp(s.value("start_date"))
	}
	if f.SMB2Offered == nil && f.SMB1.Offered != nil {
		f.Dialect = "1.0"
	}
	unasked := []string{"encryption", "names"}
	if f.SMB1.Offered == nil {
		unasked = append(unasked, "smb1")
	}
	if f.SMB2Offered == nil {
		unasked = append(unasked, "smb2")
	}
	if f.DialectFloor == "" {
		unasked = append(unasked, "dialect-floor")
	}
	return h.emit(smb.Name, port, f, unasked...)
}

// mode1 reads smb-security-mode: `message_signing: disabled` since nmap 6.49, sentences before. It asks over SMB 1, and says so only
// where that was agreed to.
func mode1(s *nmapScript, f *smb.Told) bool {
	level, answers := signing1(s.value("message_signing")), s.value("challenge_response")
	for _, l := range lines(s.Output) {
		// Before 5.10 each line bore the name of its script, or of what it speaks of.
		if _, rest, ok := strings.Cut(l, ": "); ok {
			l = rest
		}
		if word, ok := strings.CutPrefix(l, "Message signing "); ok && level == signet.Unknown {
			level = signing1(word)
		}
		if word, ok := strings.CutPrefix(l, "Challenge/response passwords "); ok && answers == "" {
			answers = word
		}
		if strings.HasPrefix(l, "Plaintext passwords required") && answers == "" {
			answers = "plaintext"
		}
	}
	if level != signet.Unknown {
		f.OffersSMB1()
		f.SMB1.Signing = level
	}
	switch {
	case strings.HasPrefix(answers, "supported"):
		plain := false
		f.SMB1.Plaintext, f.NTLMOffer = &plain, "offered" // to answer a challenge is NTLM
	case strings.HasPrefix(answers, "plaintext"):
		plain := true
		f.SMB1.Plaintext = &plain
	}
	return level != signet.Unknown
}

// system reads smb-os-discovery, which logs on over SMB 1: elements in XML, and the lines that are printed for people, which are all
// that versions before 6.20 have.
func system(s *nmapScript, f *smb.Told) bool {
	text := func(key, printed string, most int) string {
		v := s.value(key)
		if v == "" {
			v = s.value(printed)
		}
		v = strings.TrimRight(strings.ReplaceAll(v, `\x00`, ""), "\x00")
		return text.Clip(strings.TrimSpace(v), most)
	}
	f.SMB1.NativeOS = text("os", "OS", 120)
	if os, _, ok := strings.Cut(f.SMB1.NativeOS, " ("); ok && elem(s.Elems, "os") == "" { // printed, what it speaks stands behind it
		f.SMB1.NativeOS = os
	}
	f.SMB1.Server = text("server", "NetBIOS computer name", 64)
	f.SMB1.Domain = text("workgroup", "Workgroup", 64)
	nb := text("domain", "NetBIOS domain name", 64)
	if f.SMB1.Domain == "" {
		f.SMB1.Domain = nb
	}
	// Names of DNS stand in a CHALLENGE alone.
	n := signet.NTLM{DNSComputer: text("fqdn", "FQDN", 253), DNSDomain: text("domain_dns", "Domain name", 253), DNSForest: text("forest_dns", "Forest name", 253)}
	if n != (signet.NTLM{}) {
		n.NBComputer, n.NBDomain = f.SMB1.Server, nb
		f.NTLM = &n
	}
	if f.SMB1.NativeOS == "" && f.SMB1.Server == "" {
		return false
	}
	f.OffersSMB1()
	return true
}

// mode2 reads smb2-security-mode. Where it tells of several dialects the weakest level counts.
func mode2(s *nmapScript, f *smb.Told) bool {
	told := false
	take := func(dialect, sentence string) {
		l := signing(sentence)
		if l == signet.Unknown {
			return
		}
		if !told || l < f.Signing {
			f.Signing, f.SecurityMode = l, map[signet.Level]string{signet.Off: "0x00", signet.Optional: "0x01", signet.Required: "0x03"}[l]
		}
		told = true
		f.OffersSMB2()
		if d := dialectName(dialect); d > f.Dialect {
			f.Dialect = d
		}
	}
	s.byDialect(take)
	return told
}

// byDialect goes through what a script says of each dialect, in its tables or else in its text.
func (s *nmapScript) byDialect(say func(dialect, text string)) {
	any := false
	for _, t := range s.Tables {
		for _, e := range t.Elems {
			any = true
			say(t.Key, e.Text)
		}
	}
	if any {
		return
	}
	dialect := ""
	for _, l := range lines(s.Output) {
		if d, ok := strings.CutSuffix(l, ":"); ok {
			dialect = d
			continue
		}
		say(dialect, l)
	}
}

// capabilities reads smb2-capabilities, which agrees on each dialect in turn. That one is not in its list says nothing.
func capabilities(s *nmapScript, f *smb.Told) bool {
	words := map[string]string{"Distributed File System": "dfs", "Leasing": "leasing", "Multi-credit operations": "large-mtu",
		"Multiple Channel support": "multi-channel", "Persistent handles": "persistent-handles", "Directory Leasing": "directory-leasing", "Encryption": "encryption"}
	told, top := false, ""
	s.byDialect(func(dialect, text string) {
		d := dialectName(dialect)
		if d == "" {
			return
		}
		told = true
		f.Accepts(d)
		if d > top {
			top, f.Capabilities = d, []string{} // those of the highest dialect, as one negotiate for all gives them
		}
		if w := words[strings.TrimSpace(text)]; w != "" && d == top {
			f.Capabilities = append(f.Capabilities, w)
		}
	})
	return told
}

// protocols reads smb-protocols. That a dialect is not in its list may have any reason, and says nothing.
func protocols(s *nmapScript, f *smb.Told) bool {
	list := lines(s.Output)
	if t := table(s.Tables, "dialects"); t != nil {
		list = nil
		for _, e := range t.Elems {
			list = append(list, e.Text)
		}
	}
	told := false
	for _, l := range list {
		if strings.HasPrefix(l, "NT LM 0.12") {
			told = true
			f.OffersSMB1()
		}
		if d := dialectName(l); d != "" {
			told = true
			f.Accepts(d)
		}
	}
	return told
}

// stamp reads a time of a script, which is UTC; "" where it is none.
func stamp(s string) string {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}
