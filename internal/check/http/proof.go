package http

import (
	"encoding/base64"
	"strings"

	"signet/internal/wire/http1"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
)

// proof is one way to hand a server a NEGOTIATE message: what tells whether NTLM is there, a header never does.
type proof uint8

const (
	plain          proof = iota // no credentials at all
	underNTLM                   // NTLM, raw
	underNegotiate              // Negotiate, raw: how NTLM survives where only Negotiate is offered
	underSPNEGO                 // Negotiate, wrapped, for servers that take no raw message there
	underSelected               // the second message of that: the token alone, for a server that has selected NTLMSSP first
)

func (p proof) String() string {
	return word([]string{"", "NTLM", "Negotiate", "Negotiate SPNEGO", "Negotiate SPNEGO selected"}, uint8(p))
}

func (p proof) scheme() string {
	if p == underNTLM {
		return "NTLM"
	}
	return "Negotiate"
}

// authorization is the field value, "" for plain.
func (p proof) authorization() string {
	var token []byte
	switch p {
	case plain:
		return ""
	case underSPNEGO:
		token = spnego.AppendInitNTLM(nil, ntlmssp.Negotiate())
	case underSelected:
		token = spnego.AppendResp(nil, ntlmssp.Negotiate())
	default:
		token = ntlmssp.Negotiate()
	}
	return p.scheme() + " " + base64.StdEncoding.EncodeToString(token)
}

// finding is what one exchange showed.
type finding uint8

const (
	inconclusive finding = iota // an answer that decides nothing, or none
	challenged                  // a type 2: NTLM is taken
	rejected                    // SPNEGO said no, or named Kerberos alone
	bare                        // 401 again, the scheme offered, no token
	ignored                     // the same answer as without credentials, and no such scheme in it
)

// read judges the answer to the proof, given what the path answers to everybody.
func (p proof) read(plainly, r *http1.Response) (finding, *ntlmssp.Challenge) {
	if r == nil {
		return inconclusive, nil
	}
	offered, says := false, ignored
	for _, c := range challenges(r) {
		if !c.Is("NTLM") && !c.Is("Negotiate") {
			continue
		}
		offered = offered || c.Is(p.scheme())
		if c.Token == "" {
			continue
		}
		token := decode(c.Token)
		if type2, ok := ntlmssp.Find(token); ok {
			if plainly != nil && unsolicited(plainly) {
				says = inconclusive // it comes whether or not a type 1 was sent, and answers none
				continue
			}
			ch, err := ntlmssp.ParseChallenge(type2)
			if err != nil {
				return challenged, nil // a CHALLENGE all the same; what it says of its sender is lost
			}
			return challenged, &ch
		}
		if resp, err := spnego.ParseResp(token); err == nil && p != underNTLM && kerberosOnly(resp) && says != inconclusive {
			says = rejected
		} else {
			says = inconclusive // a token of no meaning, in whichever of several lines
		}
	}
	switch {
	case says != ignored:
		return says, nil
	case r.Status == 401 || r.Status == 407:
		if offered {
			return bare, nil
		}
		return ignored, nil
	case plainly != nil && r.Status == plainly.Status && !offered:
		return ignored, nil
	}
	return inconclusive, nil
}

// unsolicited says that an answer to a request without credentials brings a CHALLENGE.
func unsolicited(r *http1.Response) bool {
	for _, c := range challenges(r) {
		if _, ok := ntlmssp.Find(decode(c.Token)); ok {
			return true
		}
	}
	return false
}

// selectsNTLM says that an acceptor chose NTLMSSP and brought no token yet: it wants the first message alone.
func selectsNTLM(r *http1.Response) bool {
	for _, c := range challenges(r) {
		if !c.Is("Negotiate") || c.Token == "" {
			continue
		}
		resp, err := spnego.ParseResp(decode(c.Token))
		if err == nil && resp.State != spnego.Reject && spnego.Name(resp.SupportedMech) == spnego.NTLM && len(resp.ResponseToken) == 0 {
			return true
		}
	}
	return false
}

// kerberosOnly: the acceptor refuses the one mechanism that was offered, or selects Kerberos in its place.
func kerberosOnly(r spnego.Resp) bool {
	if r.State == spnego.Reject {
		return true
	}
	name := spnego.Name(r.SupportedMech)
	return name == spnego.Kerberos && len(r.ResponseToken) == 0
}

// challenges are those of the server, or of the proxy where it is the one that asks.
func challenges(r *http1.Response) []http1.Challenge {
	if list := r.ProxyChallenges(); r.Status == 407 && len(list) > 0 {
		return list
	}
	return r.Challenges() // of a 407 too: some gateways ask in the fields of a server
}

// decode reads a token68 as base64, with its padding or without.
func decode(token string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(token, "="))
	if err != nil {
		return nil
	}
	return b
}
