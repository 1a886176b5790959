package all_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/check/checktest"
	"signet/internal/wire/ldap"
)

// evidence is what was overheard of an endpoint, with what its words of base64 hold: of clients, of those of them that
// were heard from their first byte, and of the server.
type evidence struct{ client, begun, server []byte }

// overhear hands parts of recorded connections to a check as a capture would, and gives what it makes of them.
func overhear(t *testing.T, c *check.Check, port uint16, heard []check.Overheard) (check.Judgement, *evidence, bool) {
	t.Helper()
	at := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: port}
	o := c.Passive.Observe(at)
	e := &evidence{}
	for i := range heard {
		o.Hear(&heard[i])
		client := unpacked(heard[i].FromClient)
		e.client, e.server = append(e.client, client...), append(e.server, unpacked(heard[i].FromServer)...)
		if heard[i].ClientWhole {
			e.begun = append(e.begun, client...)
		}
	}
	facts := o.Result().Facts
	if facts == nil {
		return check.Judgement{}, e, false
	}
	j, err := c.Judge(facts)
	if err != nil {
		t.Fatal(err)
	}
	return j, e, true
}

// parts are the ways in which a capture may hold a recorded connection: up to any turn of either side and cut inside the
// last one, both directions or one, from the start or from the second turn on. What follows a TLS handshake is not heard.
func parts(a checktest.Attempt) (out []check.Overheard) {
	var turns []checktest.Turn
	for _, turn := range a.Turns {
		if turn.TLS != nil {
			break
		}
		turns = append(turns, turn)
	}
	for first := range min(2, len(turns)) {
		for last := first; last < len(turns); last++ {
			n := len(turns[last].Bytes)
			for _, keep := range slices.Compact([]int{n, n - min(n, 3), n / 2}) {
				var both check.Overheard
				for i, turn := range turns[first : last+1] {
					b := turn.Bytes
					if first+i == last {
						b = b[:keep]
					}
					if turn.Client {
						both.FromClient = append(both.FromClient, b...)
					} else {
						both.FromServer = append(both.FromServer, b...)
					}
				}
				both.ClientWhole, both.ServerWhole = first == 0, first == 0
				client, server := both, both
				client.FromServer, client.ServerWhole, server.FromClient, server.ClientWhole = nil, false, nil, false
				out = append(out, both, client, server)
			}
		}
	}
	return out
}

// whole is a recorded connection that a capture holds from its start to TLS or its end.
func whole(a checktest.Attempt) (h check.Overheard) {
	h.ClientWhole, h.ServerWhole = true, true
	for _, turn := range a.Turns {
		switch {
		case turn.TLS != nil:
			return h
		case turn.Client:
			h.FromClient = append(h.FromClient, turn.Bytes...)
		default:
			h.FromServer = append(h.FromServer, turn.Bytes...)
		}
	}
	return h
}

// recordings are those of a check's folder. The mapper's check has one, whose conversation holds all there is.
func recordings(t *testing.T, name string) []*checktest.Flow {
	t.Helper()
	paths, err := filepath.Glob("../" + name + "/testdata/*.flow")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d recordings, %v", name, len(paths), err)
	}
	var out []*checktest.Flow
	for _, p := range paths {
		f, err := checktest.Load(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

const (
	type1 = "NTLMSSP\x00\x01"
	type2 = "NTLMSSP\x00\x02"
	type3 = "NTLMSSP\x00\x03"
)

// unpacked is a stream, and behind it what its words of base64 hold.
func unpacked(stream []byte) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	out := slices.Clone(stream)
	for _, start := range []string{"TlRM", "YI", "YE", "oY", "oD", "oT"} { // NTLM, and SPNEGO
		for at := 0; ; {
			n := bytes.Index(stream[at:], []byte(start))
			if n < 0 {
				break
			}
			at += n
			word := stream[at:]
			if end := bytes.IndexFunc(word, func(r rune) bool { return !strings.ContainsRune(letters, r) }); end >= 0 {
				word = word[:end]
			}
			raw, err := base64.RawStdEncoding.DecodeString(string(word))
			if err != nil {
				raw, _ = base64.RawStdEncoding.DecodeString(string(word[:len(word)/4*4]))
			}
			out = append(append(out, '\n'), raw...)
			at += len(start)
		}
	}
	return out
}

func (e *evidence) sent(text string) bool    { return bytes.Contains(e.client, []byte(text)) }
func (e *evidence) asked(text string) bool   { return bytes.Contains(e.begun, []byte(text)) }
func (e *evidence) arrived(text string) bool { return bytes.Contains(e.server, []byte(text)) }

// challenged tells whether a whole CHALLENGE arrived.
func (e *evidence) challenged() bool {
	_, ok := check.Challenged(e.server)
	return ok
}

// claim is a sentence of a judge, and what a capture must hold for it. Every sentence must be one of these: whoever words a
// new one says here how a capture can know it.
type claim struct {
	check, says string
	supported   func(*evidence) bool
}

func claims() []claim {
	nothing := func(*evidence) bool { return true } // claims nothing of the endpoint
	spoke := func(e *evidence) bool { return len(e.server) > 0 }
	both := func(e *evidence) bool { return len(e.server) > 0 && len(e.client) > 0 }
	challenged := (*evidence).challenged
	answered := func(text string) func(*evidence) bool { return func(e *evidence) bool { return e.arrived(text) } }
	return []claim{
		{"http", `: the server answers NTLM with a challenge over plain HTTP, (where nothing binds the logon|as on every path here|on a page whose request is not in the capture)`, challenged},
		{"http", `: the server takes NTLM over plain HTTP; only a logon with an account shows whether message encryption`, challenged},
		{"http", `: the server announces NTLM, and no answer to an NTLM message was seen$`, answered("uth")},
		{"http", `: the answers do not show whether the server takes NTLM: nobody was heard to send an NTLM message$`, func(e *evidence) bool { return !e.sent(type1) }},
		{"http", `: the answers do not show whether the server takes NTLM: no NTLM message was heard to bring a challenge$`, func(e *evidence) bool { return e.sent(type1) }},
		{"ldap", `^the server accepted a client's NTLM bind without signing \(result 0`, func(e *evidence) bool { return e.sent(type3) && len(e.server) > 0 }},
		{"ldap", `^the server refused an NTLM bind without signing \(result 8, `, func(e *evidence) bool { return e.sent(type3) && len(e.server) > 0 }},
		{"ldap", `^attackers can relay NTLM from HTTP and WebDAV clients`, func(e *evidence) bool { return e.sent(type3) }},
		{"ldap", `^one weak domain controller opens the whole domain `, answered("defaultNamingContext")},
		{"ldap", `^no answer to an NTLM bind without signing was seen that shows the server's LDAP signing level$`, func(e *evidence) bool { return !e.sent(type3) || !bindEnds(e.server) }},
		{"ldap", `^the server does not offer StartTLS($| \()`, func(e *evidence) bool { return e.arrived("supportedExtension") || e.sent("1.3.6.1.4.1.1466.20037") }},
		{"ldap", `^the answers do not show whether the server offers StartTLS$`, nothing},
		{"ldap", `^no TLS handshake was seen behind StartTLS$`, nothing},
		{"mail", `^the server takes NTLM without TLS: it answered (AUTH [A-Z-]+|an AUTH) with a challenge`, challenged},
		{"mail", `^the server takes NTLM without TLS: it answered AUTH NTLM with`, func(e *evidence) bool { return e.sent("NTLM\r\n") }},
		{"mail", `^the server offers AUTH [A-Z-]+ without TLS, unproven: nobody was heard to ask for a challenge$`, func(e *evidence) bool {
			return !e.sent("AUTH NTLM\r\n") && !e.sent("AUTHENTICATE NTLM\r\n")
		}},
		{"mail", `^the server offers AUTH [A-Z-]+ without TLS, unproven: the answer to a client's AUTH was not heard to hold a challenge$`, func(e *evidence) bool { return e.sent("AUTH") }},
		{"mail", `^the server does not list NTLM without TLS: it lists (only|no mechanisms).*; its answer to AUTH NTLM there is unknown$`, func(e *evidence) bool { return listEnds(e.server) }},
		{"mail", `^the server asks for no logon without TLS: it lists no mechanisms$`, func(e *evidence) bool { return listEnds(e.server) }},
		{"mail", `^the server's mechanisms after STARTTLS are unknown: nothing was seen of it$`, func(e *evidence) bool { return e.arrived("STARTTLS") || e.arrived("STLS") }},
		{"mail", `^the server's mechanisms without TLS are unknown: (no list of mechanisms was heard|the list of mechanisms was not heard whole)$`, nothing},
		{"mail", `^the server's mechanisms without TLS are unknown: a list of mechanisms was heard behind a logon alone`, func(e *evidence) bool { return listEnds(e.server) }},
		{"mssql", `^the server offers Windows authentication with NTLM \(it sent a challenge\)`, challenged},
		{"mssql", `^the answers do not show whether the server offers NTLM: no login with Windows authentication got a challenge or a refusal$`, func(e *evidence) bool { return !challenged(e) }},
		{"mssql", `^(encryption \([a-z]+\) alone stops no relay|the server has no encryption, so)`, spoke},
		{"rdp", `^the server requires NLA: it refused TLS without NLA \(HYBRID_REQUIRED`, both},
		{"rdp", `^RDP takes NTLM inside NLA only`, nothing},
		{"rdp", `^the server offers NLA but does not require it: it also takes `, both},
		{"rdp", `^the server does not offer NLA: it takes `, both},
		{"rdp", `^without NLA the server asks for no NTLM logon$`, nothing},
		{"rdp", `^the server accepts `, spoke},
		{"rdp", `^the answers do not show whether the server requires NLA(: nobody asked with(out)? NLA)?$`, nothing},
		{"rdp", `^the answers do not show whether the server requires NLA: nobody asked without NLA$`, func(e *evidence) bool { return !asksFor(e.client, 1) && !asksFor(e.client, 0) }},
		{"rdp", `^the answers do not show whether the server requires NLA: nobody asked with NLA$`, func(e *evidence) bool { return !asksFor(e.client, 2) && !asksFor(e.client, 11) }},
		{"rdp", `^the answers do not show whether the server requires NLA: it refused a request for .* \(`, both},
		{"rdp", `^the answers do not show whether the server requires NLA: no answer to a request for .* was seen$`, func(e *evidence) bool { return len(e.client) > 0 }},
		{"rpc", `^the endpoint mapper lists [0-9]+ interfaces?; `, both},
		{"rpc", `^no interface was seen$`, nothing},
		{"rpc", `^(a certification authority takes requests over RPC here|any account can make this host log on|the list names no interface that is known for coercion)`, both},
		{"rpc", `^the list is incomplete$`, nothing},
		{"smb", `^the server offers NTLM: it answered an NTLM negotiate message with a challenge$`, challenged},
		{"smb", `^the server offers NTLM: it lists it among its mechanisms$`, answered("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")},
		{"smb", `^SMB 1 \(.*\) SecurityMode `, answered("\xffSMB")},
		{"smb", `^SMB [23][.0-9]* SecurityMode `, answered("\xfeSMB")},
		{"smb", `^the server does not offer SMB 1$`, func(e *evidence) bool { return e.sent("\xffSMB") }},
		{"smb", `^the server does not offer SMB 2 or 3$`, func(e *evidence) bool { return e.sent("SMB 2.") || e.sent("\xfeSMB") }},
		{"smb", `^nobody asked the server for SMB 2 or 3`, func(e *evidence) bool { return !e.asked("SMB 2.") && !e.asked("\xfeSMB") }},
		{"smb", `^nobody asked the server for SMB 1$`, func(e *evidence) bool { return !e.asked("NT LM 0.12") || e.asked("\x02SMB 2.") }},
		{"smb", `^the server gave no usable answer to the SMB 1 negotiate`, func(e *evidence) bool { return e.sent("NT LM 0.12") }},
		{"smb", `^the server gave no usable answer to the SMB 2 negotiate`, func(e *evidence) bool { return e.sent("SMB 2.") || e.sent("\xfeSMB") }},
		{"smb", `^the server speaks 3\.1\.1 alone, `, both},
		{"smb", `^the server's answers do not show whether it requires encryption, which would stop a relay$`, nothing},
	}
}

// listEnds tells whether what a mail server sent holds the end of a list: of EHLO, CAPABILITY or CAPA.
func listEnds(server []byte) bool {
	return bytes.Contains(server, []byte("\n250 ")) || bytes.Contains(server, []byte("CAPABILITY ")) || bytes.Contains(server, []byte("\n.\r\n"))
}

// bindEnds tells whether an LDAP server's stream holds a whole answer of 0 or 8 behind one that goes on with a bind.
func bindEnds(server []byte) bool {
	for goesOn := false; ; {
		m, rest, err := ldap.ParseMessage(server)
		if err != nil {
			return false
		}
		server = rest
		if r, err := ldap.ParseBindResponse(m); err == nil {
			if goesOn && (r.Code == ldap.Success || r.Code == ldap.StrongerAuthRequired) {
				return true
			}
			goesOn = r.Code == ldap.SaslBindInProgress
		}
	}
}

// asksFor tells whether a client's RDP negotiation request asks for just these protocols (MS-RDPBCGR 2.2.1.1.1).
func asksFor(client []byte, protocols byte) bool {
	return bytes.Contains(client, []byte{1, 0, 8, 0, protocols, 0, 0, 0})
}

// TestEverySentenceIsKnown hears every recording in every part that a capture may hold, alone and beside a connection
// that is there whole, and holds each reason that a check gives against what was heard. A guard is said to be seen only
// where a capture shows the question that it refused.
func TestEverySentenceIsKnown(t *testing.T) {
	table := claims()
	says := make([]*regexp.Regexp, len(table))
	for i, c := range table {
		says[i] = regexp.MustCompile(c.says)
	}
	used := make([]bool, len(table))
	for _, c := range all.Checks() {
		if c.Passive == nil {
			continue
		}
		reported := map[string]bool{}
		hear := func(port uint16, heard []check.Overheard) {
			j, e, ok := overhear(t, &c, port, heard)
			if !ok {
				return
			}
			complain := func(format string, a ...any) {
				if s := fmt.Sprintf(format, a...); !reported[s] {
					reported[s] = true
					t.Errorf("%s\nclients: %.300q\nserver: %.300q", s, e.client, e.server)
				}
			}
			for _, s := range j.Because {
				known := false
				for i, claim := range table {
					if claim.check != c.Name || !says[i].MatchString(s) {
						continue
					}
					known, used[i] = true, true
					if !claim.supported(e) {
						complain("%s says %q, which the capture cannot tell", c.Name, s)
					}
				}
				if !known {
					complain("%s says %q: no claim says how a capture can know", c.Name, s)
				}
			}
			switch {
			case len(j.Because) == 0:
				complain("%s: %v without a reason", c.Name, j.Verdict)
			case j.Verdict == signet.Guarded && c.Name != "smb" && len(e.client) == 0:
				complain("%s is guarded of a server alone, because %q", c.Name, j.Because)
			}
		}
		for _, f := range recordings(t, c.Name) {
			for i, a := range f.Attempts {
				for _, part := range parts(a) {
					hear(f.Port, []check.Overheard{part})
					if i > 0 {
						hear(f.Port, []check.Overheard{whole(f.Attempts[0]), part})
					}
					if i > 1 {
						hear(f.Port, []check.Overheard{part, whole(f.Attempts[i-1])})
					}
				}
			}
		}
	}
	for i, c := range table {
		if !used[i] {
			t.Logf("%s: no recording leads to %q", c.check, c.says)
		}
	}
}
