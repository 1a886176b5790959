package smb

import (
	"embed"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// Name of the check, as it stands in observations and on command lines.
const Name = "smb"

//go:embed advice/*.md
var advice embed.FS

// Check returns the check.
func Check() check.Check {
	s := &shared{opening: smb2.NewTemplate(&smb2.NegotiateRequest{Dialects: native(), Offer: smb2.OfferAll}), token: spnego.AppendInitNTLM(nil, ntlmssp.Negotiate())}
	return check.Define(check.Definition[Facts, *Facts]{
		Name:    Name,
		Version: 1,
		Title:   "Does the file server require signing, and is SMB 1 still on?",
		Ports: []check.Port{
			{Number: 445},
			{Number: portNetBIOS, WhenAlive: true, Unless: 445},
		},
		Sends:    sends(),
		Rules:    rules(),
		Advice:   advice,
		Begin:    s.begin,
		Judge:    judge,
		Traits:   traits,
		Identify: identify,
		Nmap:     nmap,
		Shape:    check.Shape{Tells: []string{"smb1 offered"}},
		Passive:  passive(),
		Blind:    blind(),
	})
}

func sends() []check.Sends {
	return []check.Sends{
		{
			Depth: signet.Handshake,
			What: "an SMB 1 negotiate (not with --no-smb1), an SMB 2 negotiate and NTLM's first token; where the signing bit does not decide, " +
				"negotiates of single dialects, and where a logon is denied that cannot encrypt, the same one with encryption in reach; " +
				"one without 3.1.1 where the first is refused, a multi-protocol one where it gets no answer of SMB 2; on port 139 a session request, one node status query (UDP 137) if the name is refused, and where SMB 1 is met with a close, SMB 2 once more",
			Connections: 13,
			Logs:        "SMBServer/Audit 3000 or SMBServer/Operational 1001 for SMB 1, where that is audited; 1003 where encryption is required; no logon",
		},
		{
			Depth: signet.Anonymous,
			What: "to servers that look like Samba and leave signing open: one anonymous session, which shows whether encryption is required; " +
				"where it is denied, one or two more, which show whether encryption is the reason",
			Connections: 13, Anonymous: 3,
			Logs: "Samba: an anonymous session setup in its own log, at levels above the default",
		},
	}
}
