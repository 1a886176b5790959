package prose

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/text"
)

// mostClients is how many clients are listed; JSON lines have them all.
const mostClients = 20

// Client files one client.
func (t *textRun) Client(c *signet.Client) error {
	if t.clients++; t.clients <= mostClients {
		t.overheard = append(t.overheard, *c)
	}
	return nil
}

// printClients lists the clients that were overheard.
func (t *textRun) printClients(p *page) {
	if t.clients == 0 {
		return
	}
	p.heading("CLIENTS", text.Count(uint64(t.clients), "client", "clients")+" overheard")
	for i := range t.overheard {
		c := &t.overheard[i]
		p.hang(4, fmt.Sprintf("%s → %s", c.Address, signet.Endpoint{Target: signet.Target{Addr: c.Server}, Port: c.Port}), text.Clean(clientWords(c)))
	}
	if more := t.clients - len(t.overheard); more > 0 {
		p.whole(4, t.style.faint(t.more(more, "-o jsonl")))
	}
}

// clientWords say of a client what a person wants to know: how it logs on, and what it does not guard.
func clientWords(c *signet.Client) string {
	var s []string
	who := c.User
	if c.Domain != "" {
		who = c.Domain + `\` + c.User
	}
	switch c.Logon {
	case "ntlm":
		s = append(s, "NTLM ("+c.Response+")")
		if c.User != "" {
			s[0] += " as " + who
		}
		if c.Workstation != "" {
			s = append(s, "from "+c.Workstation)
		}
		if c.Response == "ntlmv2" && c.MIC != nil && !*c.MIC {
			s = append(s, "no MIC")
		}
		if c.Binding == "absent" || c.Binding == "empty" {
			s = append(s, "no channel binding")
		}
		if c.Sign != nil && !*c.Sign {
			s = append(s, "asks for no signing")
		}
	case "simple":
		s = append(s, "LDAP password in clear for "+who)
	case "basic":
		s = append(s, "HTTP password in clear for "+who)
	}
	if c.Signing == "none" {
		s = append(s, "does not sign SMB")
	}
	if c.SMB1 == "only" {
		s = append(s, "offers SMB 1 alone")
	}
	if c.WebDAV {
		s = append(s, "WebDAV")
	}
	if len(s) == 0 {
		return c.Check
	}
	return strings.Join(s, ", ")
}
