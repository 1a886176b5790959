package cli

import (
	"signet"
	"signet/internal/capture"
)

// overheard is a client of a capture in the contract's words.
func overheard(c *capture.Client) *signet.Client {
	out := &signet.Client{
		At: c.At.UTC(), Address: c.Address, Server: c.Server.Addr(), Port: c.Server.Port(), Check: c.Check, Logon: c.Logon, User: c.User, Domain: c.Domain,
		Workstation: c.Workstation, Target: c.Target, Response: c.Response, Version: c.Version, Signing: c.Signing, SMB1: c.SMB1,
		WebDAV: c.WebDAV, Agent: c.Agent, Connections: c.Count,
	}
	if c.Logon == "ntlm" {
		out.MIC, out.Sign, out.Binding = &c.MIC, &c.Sign, c.Binding
	}
	return out
}
