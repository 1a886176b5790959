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
		return Cell{State: signet.PathClosed, Rule: "R1", Because: "a host refuses its own NTLM when it comes back"}
	case c.Guard == signet.Unknown && c.Target != check.ToHTTP && c.Target != check.ToSealed:
		return unseen(c)
	}
	cell := c.guarded()
	if c.ServiceBound && cell.State == signet.PathOpen && c.Source != NTLMv1 {
		if c.Source == Unbound {
			return Cell{signet.PathConditional, "R6", "the client may leave out the name of the service", "the client sends the name of the service, as Windows does"}
		}
		return Cell{State: signet.PathClosed, Rule: "R6", Because: "the client's answer names another service than the target"}
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
			return Cell{State: signet.PathUnknown, Because: "Signet did not see whether " + guard(c.Target) + " is required", Closes: closes(c.Target)}
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
		return open("R5", "plain HTTP gives a logon no channel to bind to")
	case check.ToSealed:
		return closed("R3", "the target binds the session to a key that a relay lacks")
	case check.ToSMB, check.ToICPR, check.ToWinRM:
		if required {
			return closed("R3", guard(c.Target)+" is required, for which a relay lacks the session key")
		}
		return open("R3", guard(c.Target)+" is not required")
	case check.ToLDAP:
		if required {
			return closed("R3", guard(c.Target)+" is required, for which a relay lacks the session key")
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
		return Cell{State: signet.PathClosed, Rule: "R2", Because: "the client asks for signing, so the server signs the session, and an attacker who removes the request breaks the MIC"}
	case Unbound:
		cell.State, cell.Rule = signet.PathConditional, "R2"
		cell.Because += ", provided the client does not ask for signing"
	case NTLMv1:
		cell.Because += ", and an attacker can remove the client's request for signing, which no MIC covers"
	}
	return cell
}

// binding applies R4.
func (c Case) binding() Cell {
	switch c.Guard {
	case signet.Required:
		return Cell{State: signet.PathClosed, Rule: "R4", Because: guard(c.Target) + " is required, and the attacker's channel is a different one"}
	case signet.Optional:
		switch c.Source {
		case SMB, HTTP:
			return Cell{State: signet.PathClosed, Rule: "R4", Because: "the target checks the channel binding of clients that send one, as Windows clients do"}
		case NTLMv1:
			return Cell{signet.PathOpen, "R4", guard(c.Target) + " is not required, and NTLMv1 carries no channel binding", closes(c.Target)}
		}
		return Cell{signet.PathOpen, "R4", guard(c.Target) + " is not required, and this client sends no channel binding", closes(c.Target)}
	}
	return Cell{signet.PathOpen, "R4", "the target does not check " + guard(c.Target), closes(c.Target)}
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
		return "the server takes NTLM over TLS alone with Extended Protection required, or takes none"
	case check.ToICPR:
		return "packet privacy is required (IF_ENFORCEENCRYPTICERTREQUEST)"
	case check.ToWinRM:
		return "the server refuses unencrypted messages (AllowUnencrypted = false)"
	case check.ToWinRMS:
		return "CbtHardeningLevel is Strict"
	}
	return guard(t) + " is required"
}
