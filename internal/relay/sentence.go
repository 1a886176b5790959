package relay

import (
	"signet"
	"signet/internal/check"
)

// RuleID is what `signet explain` calls a row of the model.
func RuleID(s Source, t check.Class) string { return "path-" + s.String() + "-to-" + word(t) }

// Who is a class of source in words.
func Who(s Source) string {
	switch s {
	case SMB:
		return "a Windows host over SMB"
	case HTTP:
		return "a Windows host over HTTP (WebDAV, WPAD)"
	case NTLMv1:
		return "a client that answers with NTLMv1"
	}
	return "a client that sends no channel binding"
}

// where is a class of target in words.
func where(t check.Class) string {
	words := []string{"nothing", "SMB", "LDAP", "LDAP over TLS", "HTTP", "HTTPS", "SQL Server", "AD CS over RPC", "WinRM over HTTP", "WinRM over HTTPS",
		"RDP with NLA, AD web services or DCOM"}
	if int(t) < len(words) {
		return words[t]
	}
	return word(t)
}

// provided is the condition under which there is a source of a class that was not seen.
func provided(s Source) string {
	switch s {
	case HTTP:
		return "its WebClient runs, or it believes a forged answer to a name query"
	case NTLMv1:
		return "its LAN Manager authentication level allows NTLMv1 (LmCompatibilityLevel 2 or less)"
	}
	return "there is one"
}

// sentence is a path in one line. state is the cell's, or less where no source of the class was seen.
func sentence(s Source, to string, c Cell, state signet.PathState) string {
	text := Who(s) + " → " + to + ": "
	switch state {
	case signet.PathOpen:
		text += "open because " + c.Because
	case signet.PathConditional:
		if c.State == signet.PathOpen {
			text += "open where " + provided(s) + ", because " + c.Because
		} else {
			text += "open under a condition: " + c.Because
		}
	case signet.PathClosed:
		return text + "closed because " + c.Because
	default:
		text += "unknown, since " + c.Because
	}
	if c.Closes != "" {
		text += "; closes if " + c.Closes
	}
	return text
}
