package relay

import (
	"slices"

	"signet"
)

// Seen says which classes of source an overheard client was seen to be. That it speaks SMB is none of them: every
// Windows host is assumed to.
func Seen(c *signet.Client) []Source {
	var seen []Source
	if c.WebDAV {
		seen = append(seen, HTTP)
	}
	if c.Logon != "ntlm" {
		return seen
	}
	switch c.Response {
	case "ntlmv1", "ntlmv1-session", "lm":
		// Neither a MIC nor a binding exists in it.
		return append(seen, NTLMv1)
	case "ntlmv2":
	default: // anonymous, or not told
		return seen
	}
	unbound := c.Binding == "absent" || c.Binding == "empty"
	// What makes HTTP a class of its own is that its clients do not ask for signing. A client whose request no MIC covers
	// is like them: the request can be taken away.
	unsigned := c.Sign != nil && !*c.Sign || c.MIC != nil && !*c.MIC
	if unbound {
		seen = append(seen, Unbound)
	}
	if unsigned && !slices.Contains(seen, HTTP) {
		seen = append(seen, HTTP)
	}
	return seen
}
