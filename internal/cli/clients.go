package cli

import (
	"fmt"
	"io"
	"strings"

	"signet/internal/capture"
	"signet/internal/check"
	"signet/internal/report"
)

// clientLine is a line of kind client. It has no room for a response, a key, a password, a ticket or a cookie.
type clientLine struct {
	Kind        string `json:"kind"`
	Run         string `json:"run"`
	At          string `json:"at"`
	Client      string `json:"client"`
	Server      string `json:"server"`
	Port        uint16 `json:"port"`
	Check       string `json:"check"`
	Logon       string `json:"logon,omitempty"`
	User        string `json:"user,omitempty"`
	Domain      string `json:"domain,omitempty"`
	Workstation string `json:"workstation,omitempty"`
	Target      string `json:"target,omitempty"`
	Response    string `json:"response,omitempty"`
	Binding     string `json:"channel_binding,omitempty"`
	MIC         *bool  `json:"mic,omitempty"`
	Sign        *bool  `json:"sign,omitempty"`
	Version     string `json:"os_version,omitempty"`
	Signing     string `json:"smb_signing,omitempty"`
	SMB1        string `json:"smb1,omitempty"`
	WebDAV      bool   `json:"webdav,omitempty"`
	Agent       string `json:"agent,omitempty"`
	Connections uint64 `json:"connections"`
}

// writeClients writes clients to the outputs that take them: JSON lines before the summary, text after it.
func writeClients(out *outputs, run string, list []capture.Client, after bool) error {
	for i, w := range out.writers {
		var err error
		switch w.(type) {
		case *report.JSONL:
			if !after {
				err = clientLines(out.files[i], run, list)
			}
		case *report.Text:
			if after {
				err = clientText(out.files[i], list)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func clientLines(w io.Writer, run string, list []capture.Client) error {
	for i := range list {
		c := &list[i]
		l := clientLine{
			Kind: "client", Run: run, At: c.At.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Client: c.Address.String(),
			Server: c.Server.Addr().String(), Port: c.Server.Port(), Check: c.Check, Logon: c.Logon, User: c.User, Domain: c.Domain,
			Workstation: c.Workstation, Target: c.Target, Response: c.Response, Version: c.Version, Signing: c.Signing, SMB1: c.SMB1,
			WebDAV: c.WebDAV, Agent: c.Agent, Connections: c.Count,
		}
		if c.Logon == "ntlm" {
			l.MIC, l.Sign, l.Binding = &c.MIC, &c.Sign, c.Binding
		}
		if _, err := w.Write(append(check.AppendJSON(nil, &l), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// mostClients bounds the list of the text report.
const mostClients = 20

func clientText(w io.Writer, list []capture.Client) error {
	if len(list) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nClients seen in the captures: %d\n", len(list))
	for i := range list[:min(len(list), mostClients)] {
		c := &list[i]
		fmt.Fprintf(&b, "  %s -> %s  %s\n", c.Address, c.Server, report.Clean(words(c)))
	}
	if len(list) > mostClients {
		fmt.Fprintf(&b, "  … and %d more: -o jsonl lists them all\n", len(list)-mostClients)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words says of a client what a person wants to know.
func words(c *capture.Client) string {
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
		if c.Response == "ntlmv2" && !c.MIC {
			s = append(s, "no MIC")
		}
		if c.Binding == "absent" || c.Binding == "empty" {
			s = append(s, "no channel binding")
		}
		if !c.Sign {
			s = append(s, "asks for no signing")
		}
	case "simple":
		s = append(s, "LDAP password in clear for "+who)
	case "basic":
		s = append(s, "HTTP password in clear for "+who)
	}
	if c.SMB1 == "only" {
		s = append(s, "offers SMB 1 alone")
	}
	if c.WebDAV {
		s = append(s, "WebDAV")
	}
	return strings.Join(s, ", ")
}
