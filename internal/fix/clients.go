package fix

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signet"
)

// HearClient takes what was overheard of a host as a client. It says more than what the host does as a server; of
// several things that were overheard the worst counts.
func (w *Witness) HearClient(c *signet.Client) {
	state, because, ok := asClient(w.rule, c)
	h := w.hosts[c.Address]
	if h == nil {
		h = &witnessed{}
		w.hosts[c.Address] = h
		w.order = append(w.order, c.Address)
	}
	if !ok || h.client != "" && rank(state) <= rank(h.standing) {
		return
	}
	h.standing, h.client = state, because
}

// rank orders what was overheard: that something breaks says most, that it is fine says least.
func rank(s Standing) int { return slices.Index([]Standing{Fine, NotKnown, Breaks}, s) }

// asClient says what an overheard client means for the fix of a rule; ok is false where it means nothing.
func asClient(rule string, c *signet.Client) (state Standing, because string, ok bool) {
	to := " (to " + netip.AddrPortFrom(c.Server, c.Port).String() + ")"
	unsigned := c.Sign != nil && !*c.Sign
	switch {
	case rule == "smb-signing-not-required" || rule == "smb-guarded-by-dialect-floor-only":
		switch c.Signing {
		case "none":
			return Breaks, "as a client it offers no SMB signing" + to, true
		case "enabled", "required":
			return Fine, "as a client it offers SMB signing" + to, true
		}
	case strings.HasPrefix(rule, "smb1-") || rule == "smb-plaintext-passwords":
		switch c.SMB1 {
		case "only":
			return Breaks, "as a client it offers SMB 1 alone" + to, true
		case "offered":
			return Fine, "as a client it offers SMB 1 among others" + to, true
		}
	case rule == "ldap-signing-not-required":
		switch {
		case c.Check != "ldap":
		case c.Logon == "simple":
			return Breaks, "it binds to LDAP with a password in the clear" + to, true
		case c.Logon == "ntlm" && c.Response != "anonymous" && unsigned:
			return Breaks, "it binds to LDAP with NTLM and asks for no signing" + to, true
		case c.Logon == "ntlm" && c.Sign != nil && *c.Sign:
			return Fine, "it asks for signing when it binds to LDAP with NTLM" + to, true
		}
	case strings.HasPrefix(rule, "ldap-channel-binding") || strings.Contains(rule, "-epa-") || rule == "winrm-https-binding-unknown":
		switch {
		case c.Logon != "ntlm" || c.Response == "anonymous":
		case c.Binding == "present":
			return Fine, "it sends channel bindings" + to, true
		case c.Binding == "absent" || c.Binding == "empty":
			return NotKnown, fmt.Sprintf("its NTLM carries no channel binding%s: a logon of it over TLS would be refused, if it makes any", to), true
		}
	case strings.Contains(rule, "-ntlm-http") || rule == "http-ntlm-plain":
		if c.Check == "http" && c.Logon == "ntlm" {
			return Breaks, "it logs on with NTLM over plain HTTP" + to, true
		}
	case rule == "http-basic-plain":
		if c.Check == "http" && c.Logon == "basic" {
			return Breaks, "it sends a password over plain HTTP" + to, true
		}
	case rule == "mail-ntlm-plain":
		if c.Check == "mail" && c.Logon == "ntlm" {
			return Breaks, "it logs on to mail with NTLM without TLS" + to, true
		}
	}
	return NotKnown, "", false
}
