package check

import (
	"net/netip"

	"signet"
)

// Recipe is how a script closes a rule, in the order audit, enforce, verify, roll back. Package fix writes it in each of
// its formats.
type Recipe struct {
	Audit         []Setting // who would break: what makes the host log it
	AuditCommands []Command
	Watch         string // what to read after it
	Enforce       []Setting
	Commands      []Command
	Restart       string   // what the settings wait for
	Verify        []string // lines of PowerShell that show it
	Samba         []Parameter
	Note          string
}

// Setting is a DWORD of the registry of a Windows host.
type Setting struct {
	Key   string // below HKEY_LOCAL_MACHINE
	Name  string
	Value uint32
}

// Command is a line of PowerShell on the host, and the one that undoes it; "" where the line changes nothing.
type Command struct{ Do, Undo string }

// Parameter is a line of [global] in smb.conf.
type Parameter struct{ Name, Value string }

// PolicyNote is the Note of settings that a Group Policy can set too.
const PolicyNote = "A Group Policy that sets the same value wins at its next refresh: change it there where there is one."

// Standing is what is known of a host under a fix.
type Standing uint8

const (
	NotKnown  Standing = iota // nothing was seen that tells
	Fine                      // it was seen to do what the fix asks
	WouldFail                 // it was seen not to
)

func (s Standing) String() string { return [...]string{"not known", "fine", "would break"}[min(s, 2)] }

// Breaks says which hosts closing a rule would break. Both functions are pure, and give an empty reason where they can
// tell nothing; nil tells nothing of any host.
type Breaks struct {
	// Server judges a host by what it showed of itself as a server.
	Server func(Traits) (Standing, string)
	// Client judges it by a logon of it that was overheard.
	Client func(*signet.Client) (Standing, string)
}

// Traits is what the facts of one check say of a host for Breaks.Server, one bit each. Their meaning belongs to the check;
// those of all its endpoints on a host are joined by or.
type Traits uint32

// ByBinding is Breaks.Client of rules that are closed by requiring channel bindings.
func ByBinding(c *signet.Client) (Standing, string) {
	switch {
	case c.Logon != "ntlm" || c.Response == "anonymous":
	case c.Binding == "present":
		return Fine, "it sends channel bindings" + LoggedOnTo(c)
	case c.Binding == "absent" || c.Binding == "empty":
		return NotKnown, "its NTLM carries no channel binding" + LoggedOnTo(c) + ": a logon of it over TLS would be refused, if it makes any"
	}
	return NotKnown, ""
}

// LoggedOnTo names in brackets the endpoint that a client was overheard to speak to, with a space before it.
func LoggedOnTo(c *signet.Client) string {
	return " (to " + netip.AddrPortFrom(c.Server, c.Port).String() + ")"
}

// FindRule finds a rule and its check by the rule's id; nil where no check has it.
func FindRule(checks []Check, id string) (*Check, *Rule) {
	for i := range checks {
		for k := range checks[i].Rules {
			if checks[i].Rules[k].ID == id {
				return &checks[i], &checks[i].Rules[k]
			}
		}
	}
	return nil, nil
}
