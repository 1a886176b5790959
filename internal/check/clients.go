package check

import (
	"bytes"
	"encoding/base64"

	"signet/internal/text"
	"signet/internal/wire/ntlmssp"
)

// Client is what an overheard connection shows of its client. It is comparable, and has no room for a response, a key,
// a password or a ticket. Texts come from the network: a writer sanitises them.
type Client struct {
	Logon string // "ntlm", "simple" (an LDAP password in clear), "basic", "plain", or "" where none was seen

	User        string
	Domain      string
	Workstation string
	Target      string // the service that it believed to talk to (MsvAvTargetName)
	Response    string // "ntlmv2", "ntlmv1", "ntlmv1-session", "lm", "anonymous"
	Binding     string // "absent", "empty", "zero", "present", "unknown"
	MIC         bool
	Sign        bool   // the NTLM flag that asks for signing
	Version     string // major.minor.build of the client

	Signing string // SMB: what it offers: "required", "enabled", "none"; "" not seen
	SMB1    string // "only": offers nothing but SMB 1; "offered": SMB 1 too
	WebDAV  bool
	Agent   string // HTTP: the name of its software, shortened
}

// maxLogons bounds how many logons of one connection are read.
const maxLogons = 16

// Authentications reads the AUTHENTICATE messages that stand in a stream, in the clear or inside SPNEGO, for their names
// and flags. The responses that they carry are not looked at further.
func Authentications(stream []byte) []Client {
	var out []Client
	magic := []byte("NTLMSSP\x00\x03\x00\x00\x00")
	for len(out) < maxLogons {
		i := bytes.Index(stream, magic)
		if i < 0 {
			return out
		}
		if a, err := ntlmssp.ParseAuthenticateNames(stream[i:]); err == nil {
			out = append(out, ofNTLM(&a))
		}
		stream = stream[i+len(magic):]
	}
	return out
}

// AuthenticationOf reads a token in base64, as HTTP and mail carry it.
func AuthenticationOf(token string) (Client, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(string(bytes.TrimRight([]byte(token), "=\r\n ")))
	if err != nil {
		return Client{}, false
	}
	if list := Authentications(raw); len(list) > 0 {
		return list[0], true
	}
	return Client{}, false
}

func ofNTLM(a *ntlmssp.AuthenticateNames) Client {
	return Client{
		Logon: "ntlm", User: text.Clip(a.User, maxName), Domain: text.Clip(a.Domain, maxName), Workstation: text.Clip(a.Workstation, maxName),
		Target: text.Clip(a.TargetName, maxName), Response: a.Response.String(), Binding: a.Bindings.String(), MIC: a.MIC, Sign: a.Sign(),
		Version: a.Version.String(),
	}
}
