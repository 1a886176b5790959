package mail

import (
	"strings"
	"testing"

	"signet"
)

func TestJudge(t *testing.T) {
	yes, no := true, false
	way := func(over, ntlm string, mechanisms ...string) Way {
		return Way{Over: over, NTLM: ntlm, Mechanisms: mechanisms}
	}
	for _, c := range []struct {
		name    string
		facts   Facts
		verdict signet.Verdict
		rules   string
		because string
	}{
		{"nothing known", Facts{}, signet.Undetermined, "", "no way into the server is known"},
		{"proven without tls", Facts{StartTLS: &no, Ways: []Way{way(overPlain, proven, "NTLM")}}, signet.Exposed, rulePlain, "taken without TLS"},
		{"proven without tls, nothing known behind", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, proven, "NTLM")}}, signet.Exposed, rulePlain, "after STARTTLS is not known: nothing was seen of it"},
		{"proven after starttls only", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), way(overStartTLS, proven, "NTLM")}},
			signet.Undetermined, ruleUnknown, "taken after STARTTLS"},
		{"proven over tls", Facts{Ways: []Way{way(overTLS, proven, "NTLM")}}, signet.Undetermined, ruleUnknown, "cannot be seen without a logon"},
		{"offered without tls, not proven", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"NTLM"}, Via: "NTLM", Answer: "try later"}}},
			signet.Undetermined, "", `brought no CHALLENGE ("try later")`},
		{"offered, connection lost", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"GSSAPI"}, Error: "closed"}}},
			signet.Undetermined, "", "AUTH GSSAPI is offered without TLS and was not proven: closed"},
		{"offered over tls", Facts{Ways: []Way{way(overTLS, offered, "NTLM")}}, signet.Undetermined, "", "no CHALLENGE was asked for here"},
		{"listed without NTLM, nobody asked", Facts{StartTLS: &no, Ways: []Way{way(overPlain, absent, "PLAIN", "LOGIN")}}, signet.Undetermined, "", "listed are only PLAIN, LOGIN; what AUTH NTLM meets there was not seen"},
		{"a logon by the protocol's own command, nobody asked", Facts{Ways: []Way{{Over: overPlain, NTLM: absent, Logon: true}}}, signet.Undetermined, "", "NTLM is not listed"},
		{"refused", Facts{Ways: []Way{{Over: overPlain, NTLM: refused, Mechanisms: []string{"PLAIN"}, Answer: "504 no"}}}, signet.Guarded, "", `AUTH NTLM brought no CHALLENGE ("504 no"), and listed are only PLAIN`},
		{"refused on one side, not listed on the other", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent, "PLAIN"), way(overStartTLS, refused, "PLAIN")}}, signet.Guarded, "", "NTLM is not listed without TLS"},
		{"refused on one side, not known on the other", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, unknown), way(overStartTLS, refused, "PLAIN")}}, signet.Undetermined, "", "NTLM is refused after STARTTLS"},
		{"refused, but Exchange servers are offered it", Facts{Exchange: []string{"NTLM"}, Ways: []Way{way(overPlain, refused, "PLAIN")}}, signet.Undetermined, "", "X-EXPS offers NTLM"},
		{"no mechanisms", Facts{Ways: []Way{way(overTLS, absent)}}, signet.Unseen, "", "no logon is asked for over TLS: no mechanisms are listed"},
		{"no mechanisms on either side", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), way(overStartTLS, absent)}}, signet.Unseen, "", "no logon is asked for after STARTTLS"},
		{"no mechanisms, and AUTH is not known", Facts{Ways: []Way{{Over: overPlain, NTLM: absent, Answer: "503 no"}}}, signet.Unseen, "", `AUTH NTLM is refused as such ("503 no")`},
		{"a refusal that says nothing", Facts{Ways: []Way{{Over: overPlain, NTLM: unknown, Error: "AUTH NTLM was refused", Answer: "454 later"}}}, signet.Undetermined, "", `AUTH NTLM was refused ("454 later")`},
		{"offered, asked, and no answer", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"NTLM"}, Via: "NTLM"}}}, signet.Undetermined, "", "AUTH NTLM got no answer"},
		{"not offered, starttls not asked", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent)}}, signet.Undetermined, "", "after STARTTLS is not known"},
		{"handshake failed", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), {Over: overStartTLS, NTLM: unknown, Error: "no TLS handshake"}}},
			signet.Undetermined, "", "is not known: no TLS handshake"},
		{"list not read", Facts{Ways: []Way{way(overPlain, unknown)}}, signet.Undetermined, "", "what is offered without TLS is not known"},
		{"exchange verb", Facts{Exchange: []string{"GSSAPI", "NTLM"}, StartTLS: &no, Ways: []Way{way(overPlain, absent)}}, signet.Undetermined, "", "X-EXPS offers GSSAPI, NTLM"},
		{"word of another version", Facts{Ways: []Way{way("quic", proven)}}, signet.Undetermined, "", "unknown way in"},
		{"state of another version", Facts{Ways: []Way{way(overPlain, "maybe")}}, signet.Undetermined, "", "not known"},
		{"zero way", Facts{Ways: []Way{{}}}, signet.Undetermined, "", "unknown way in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := judge(&c.facts)
			var rules []string
			for _, b := range j.Breaches {
				rules = append(rules, b.Rule)
			}
			if j.Verdict != c.verdict || strings.Join(rules, " ") != c.rules {
				t.Errorf("got %v, rules %q", j.Verdict, rules)
			}
			if !strings.Contains(strings.Join(j.Because, "\n"), c.because) {
				t.Errorf("because %q, want %q in it", j.Because, c.because)
			}
		})
	}
}
