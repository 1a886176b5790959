package relay

import (
	"fmt"

	"signet"
	"signet/internal/check"
)

// Source is a class of client by how its NTLM can be passed on.
type Source uint8

const (
	SMB     Source = iota // a Windows client over SMB or RPC, NTLMv2: asks for signing, and a MIC covers that
	HTTP                  // a Windows client over HTTP or WebDAV, NTLMv2: does not ask for signing
	NTLMv1                // any client that answers with NTLMv1: nothing covers its flags
	Unbound               // a client that sends no channel binding: Linux, macOS, appliances, NTLMv2
)

// Sources lists the classes; those that need least of an attacker come first.
func Sources() []Source { return []Source{SMB, HTTP, NTLMv1, Unbound} }

func (s Source) String() string {
	switch s {
	case SMB:
		return "smb"
	case HTTP:
		return "http"
	case NTLMv1:
		return "ntlmv1"
	case Unbound:
		return "unbound"
	}
	return fmt.Sprintf("unknown(%d)", uint8(s))
}

// Classes lists the classes of endpoint that something could be relayed to.
func Classes() []check.Class {
	return []check.Class{check.ToSMB, check.ToLDAP, check.ToLDAPS, check.ToHTTP, check.ToHTTPS, check.ToMSSQL, check.ToICPR, check.ToWinRM, check.ToWinRMS, check.ToSealed}
}

// word is a class in the id of a row of the model.
func word(t check.Class) string {
	words := []string{"nothing", "smb", "ldap", "ldaps", "http", "https", "mssql", "icpr", "winrm", "winrm-https", "sealed"}
	if int(t) < len(words) {
		return words[t]
	}
	return fmt.Sprintf("unknown(%d)", uint8(t))
}

// Case is one question to the model.
type Case struct {
	Source Source
	Target check.Class
	// Guard is the level of the target's guard; Unknown: it was not seen.
	Guard signet.Level
	// Refused: the target is known to take no NTLM.
	Refused bool
	// SameHost: source and target are one host.
	SameHost bool
	// ServiceBound: the target wants the name of its own service in the answer (SMB server name hardening and the like).
	ServiceBound bool
}

// Cell is the answer of the model to a case.
type Cell struct {
	State   signet.PathState
	Rule    string // R0 to R6, which decided it; empty where the guard was not seen
	Because string
	Closes  string // what would close it; empty where it is closed
}

// Evaluate is the model.
func Evaluate(c Case) Cell {
	switch {
	case c.Refused:
		return Cell{State: signet.PathClosed, Rule: "R0", Because: "the target takes no NTLM"}
	case c.SameHost:
		return Cell{State: signet.PathClosed, Rule: "R1", Because: "a host refuses its own NTLM sent back to it"}
	case c.Guard == signet.Unknown && c.Target != check.ToHTTP && c.Target != check.ToSealed:
		return unseen(c)
	}
	cell := c.guarded()
	if c.ServiceBound && cell.State == signet.PathOpen && c.Source != NTLMv1 {
		if c.Source == Unbound {
			return Cell{signet.PathConditional, "R6", "the client need not say for which service it answers", "the client sends the service's name, which Windows does"}
		}
		return Cell{State: signet.PathClosed, Rule: "R6", Because: "the answer names another service than the target's"}
	}
	return cell
}

// unseen decides where the guard is not known: what holds at every level of it holds, everything else is unknown.
func unseen(c Case) Cell {
	var first Cell
	for i, level := range []signet.Level{signet.Off, signet.Optional, signet.Required} {
		c.Guard = level
		cell := Evaluate(c)
		if i == 0 {
			first = cell
		}
		if cell.State != first.State {
			return Cell{State: signet.PathUnknown, Because: guard(c.Target) + " was not seen", Closes: closes(c.Target)}
		}
	}
	return first
}

// guarded decides by the guard's level, which is known.
func (c Case) guarded() Cell {
	required := c.Guard == signet.Required
	open := func(rule, because string) Cell { return Cell{signet.PathOpen, rule, because, closes(c.Target)} }
	closed := func(rule, because string) Cell { return Cell{State: signet.PathClosed, Rule: rule, Because: because} }
	switch c.Target {
	case check.ToHTTP:
		return open("R5", "there is no channel to bind to")
	case check.ToSealed:
		return closed("R3", "the session is bound to a key that a relay lacks")
	case check.ToSMB, check.ToICPR, check.ToWinRM:
		if required {
			return closed("R3", guard(c.Target)+" is required, and a relay lacks the session's key")
		}
		return open("R3", guard(c.Target)+" is not required")
	case check.ToLDAP:
		if required {
			return closed("R3", guard(c.Target)+" is required, and a relay lacks the session's key")
		}
		return c.signing(open("R3", guard(c.Target)+" is not required"))
	case check.ToLDAPS:
		return c.signing(c.binding())
	}
	return c.binding()
}

// signing applies R2, which holds for LDAP alone: a server that was asked for signing goes on signed.
func (c Case) signing(cell Cell) Cell {
	if cell.State != signet.PathOpen {
		return cell
	}
	switch c.Source {
	case SMB:
		return Cell{State: signet.PathClosed, Rule: "R2", Because: "the client asked for signing, so the server goes on signed, and taking the flag away breaks the MIC"}
	case Unbound:
		cell.State, cell.Rule = signet.PathConditional, "R2"
		cell.Because += ", provided the client does not ask for signing"
	case NTLMv1:
		cell.Because += ", and the client's request for signing can be taken away, since no MIC covers it"
	}
	return cell
}

// binding applies R4.
func (c Case) binding() Cell {
	switch c.Guard {
	case signet.Required:
		return Cell{State: signet.PathClosed, Rule: "R4", Because: guard(c.Target) + " is required, and the relay's own channel is another one"}
	case signet.Optional:
		switch c.Source {
		case SMB, HTTP:
			return Cell{State: signet.PathClosed, Rule: "R4", Because: guard(c.Target) + " is checked where a client sends one, as Windows clients do"}
		case NTLMv1:
			return Cell{signet.PathOpen, "R4", guard(c.Target) + " is not required, and NTLMv1 carries none", closes(c.Target)}
		}
		return Cell{signet.PathOpen, "R4", guard(c.Target) + " is not required, and this client sends none", closes(c.Target)}
	}
	return Cell{signet.PathOpen, "R4", guard(c.Target) + " is not checked", closes(c.Target)}
}

// guard names what can close a class of target.
func guard(t check.Class) string {
	switch t {
	case check.ToSMB:
		return "SMB signing"
	case check.ToLDAP:
		return "LDAP signing"
	case check.ToLDAPS:
		return "LDAP channel binding"
	case check.ToHTTPS, check.ToMSSQL:
		return "Extended Protection"
	case check.ToICPR:
		return "packet privacy"
	case check.ToWinRM:
		return "message encryption"
	case check.ToWinRMS:
		return "the channel binding (CbtHardeningLevel)"
	}
	return "nothing"
}

func closes(t check.Class) string {
	switch t {
	case check.ToHTTP:
		return "NTLM is taken over TLS alone with Extended Protection required, or not at all"
	case check.ToICPR:
		return "packet privacy is required (IF_ENFORCEENCRYPTICERTREQUEST)"
	case check.ToWinRM:
		return "unencrypted messages are refused (AllowUnencrypted = false)"
	case check.ToWinRMS:
		return "CbtHardeningLevel is Strict"
	}
	return guard(t) + " is required"
}
