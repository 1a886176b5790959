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
		{"nothing known", Facts{}, signet.Undetermined, "", "no answer of the server shows how it takes logons"},
		{"proven without tls", Facts{StartTLS: &no, Ways: []Way{way(overPlain, proven, "NTLM")}}, signet.Exposed, rulePlain, "the server takes NTLM without TLS"},
		{"proven without tls, nothing known behind", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, proven, "NTLM")}}, signet.Exposed, rulePlain, "after STARTTLS are unknown: nothing was seen of it"},
		{"proven after starttls only", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), way(overStartTLS, proven, "NTLM")}},
			signet.Undetermined, ruleUnknown, "the server takes NTLM after STARTTLS"},
		{"proven over tls", Facts{Ways: []Way{way(overTLS, proven, "NTLM")}}, signet.Undetermined, ruleUnknown, "only a logon with an account shows"},
		{"offered without tls, not proven", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"NTLM"}, Via: "NTLM", Answer: "try later"}}},
			signet.Undetermined, "", `but sent no challenge ("try later")`},
		{"offered, connection lost", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"GSSAPI"}, Error: "closed"}}},
			signet.Undetermined, "", "the server offers AUTH GSSAPI without TLS, unproven: closed"},
		{"offered over tls", Facts{Ways: []Way{way(overTLS, offered, "NTLM")}}, signet.Undetermined, "", "nobody asked for a challenge there"},
		{"listed without NTLM, nobody asked", Facts{StartTLS: &no, Ways: []Way{way(overPlain, absent, "PLAIN", "LOGIN")}}, signet.Undetermined, "", "it lists only PLAIN, LOGIN; its answer to AUTH NTLM there is unknown"},
		{"a logon by the protocol's own command, nobody asked", Facts{Ways: []Way{{Over: overPlain, NTLM: absent, Logon: true}}}, signet.Undetermined, "", "the server does not list NTLM"},
		{"refused", Facts{Ways: []Way{{Over: overPlain, NTLM: refused, Mechanisms: []string{"PLAIN"}, Answer: "504 no"}}}, signet.Guarded, "", `it sent no challenge to AUTH NTLM ("504 no"), and it lists only PLAIN`},
		{"refused on one side, not listed on the other", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent, "PLAIN"), way(overStartTLS, refused, "PLAIN")}}, signet.Guarded, "", "the server does not list NTLM without TLS"},
		{"refused on one side, not known on the other", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, unknown), way(overStartTLS, refused, "PLAIN")}}, signet.Undetermined, "", "the server refuses NTLM after STARTTLS"},
		{"refused, but Exchange servers are offered it", Facts{Exchange: []string{"NTLM"}, Ways: []Way{way(overPlain, refused, "PLAIN")}}, signet.Undetermined, "", "the server offers NTLM to other Exchange servers (X-EXPS)"},
		{"no mechanisms", Facts{Ways: []Way{way(overTLS, absent)}}, signet.Unseen, "", "the server asks for no logon over TLS: it lists no mechanisms"},
		{"no mechanisms on either side", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), way(overStartTLS, absent)}}, signet.Unseen, "", "the server asks for no logon after STARTTLS"},
		{"no mechanisms, and AUTH is not known", Facts{Ways: []Way{{Over: overPlain, NTLM: absent, Answer: "503 no"}}}, signet.Unseen, "", `refuses AUTH NTLM as such ("503 no")`},
		{"a refusal that says nothing", Facts{Ways: []Way{{Over: overPlain, NTLM: unknown, Error: "AUTH NTLM was refused", Answer: "454 later"}}}, signet.Undetermined, "", `AUTH NTLM was refused ("454 later")`},
		{"offered, asked, and no answer", Facts{Ways: []Way{{Over: overPlain, NTLM: offered, Mechanisms: []string{"NTLM"}, Via: "NTLM"}}}, signet.Undetermined, "", "AUTH NTLM got no answer"},
		{"not offered, starttls not asked", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent)}}, signet.Undetermined, "", "after STARTTLS are unknown"},
		{"handshake failed", Facts{StartTLS: &yes, Ways: []Way{way(overPlain, absent), {Over: overStartTLS, NTLM: unknown, Error: "no TLS handshake"}}},
			signet.Undetermined, "", "are unknown: no TLS handshake"},
		{"list not read", Facts{Ways: []Way{way(overPlain, unknown)}}, signet.Undetermined, "", "mechanisms without TLS are unknown"},
		{"exchange verb", Facts{Exchange: []string{"GSSAPI", "NTLM"}, StartTLS: &no, Ways: []Way{way(overPlain, absent)}}, signet.Undetermined, "", "the server offers GSSAPI, NTLM to other Exchange servers (X-EXPS)"},
		{"word of another version", Facts{Ways: []Way{way("quic", proven)}}, signet.Undetermined, "", "does not know a way in"},
		{"state of another version", Facts{Ways: []Way{way(overPlain, "maybe")}}, signet.Undetermined, "", "are unknown"},
		{"zero way", Facts{Ways: []Way{{}}}, signet.Undetermined, "", "does not know a way in"},
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
