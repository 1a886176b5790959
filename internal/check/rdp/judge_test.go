package rdp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

func TestJudge(t *testing.T) {
	hybrid := []Refusal{{Asked: "tls", Code: "HYBRID_REQUIRED_BY_SERVER"}}
	for _, c := range []struct {
		name    string
		facts   Facts
		verdict signet.Verdict
		breach  bool
		says    string
	}{
		{"required", Facts{NLA: signet.Required, Protocols: []string{"nla"}, Refusals: hybrid}, signet.Guarded, false, "it refused TLS without NLA (HYBRID_REQUIRED_BY_SERVER)"},
		{"required, refusal not kept", Facts{NLA: signet.Required, Protocols: []string{"nla"}}, signet.Guarded, false, "it refused requests without NLA"},
		{"optional", Facts{NLA: signet.Optional, Protocols: []string{"rdp", "tls", "nla"}}, signet.Guarded, true, "plain RDP security and TLS without NLA"},
		{"off", Facts{NLA: signet.Off, Protocols: []string{"rdp"}}, signet.Unseen, true, "the server does not offer NLA: it takes only plain RDP security"},
		{"off, nothing seen", Facts{NLA: signet.Off}, signet.Unseen, true, "other security layers"},
		{"one request alone", Facts{Protocols: []string{"nla"}, Asked: []string{"all"}}, signet.Undetermined, false, "do not show whether the server requires NLA: nobody asked without NLA; the server accepts nla"},
		{"NLA alone", Facts{Protocols: []string{"nla"}, Asked: []string{"nla"}}, signet.Undetermined, false, "nobody asked without NLA; the server accepts nla"},
		{"without NLA alone", Facts{Protocols: []string{"tls"}, Asked: []string{"tls"}}, signet.Undetermined, false, "nobody asked with NLA; the server accepts tls"},
		{"TLS unanswered", Facts{Protocols: []string{"nla"}, Asked: []string{"all", "tls"}, Unanswered: []string{"tls"}}, signet.Undetermined, false, "no answer to a request for TLS without NLA was seen; the server accepts nla"},
		{"all refused", Facts{Asked: []string{"all"}, Refusals: []Refusal{{Asked: "all", Code: "HYBRID_REQUIRED_BY_SERVER"}}}, signet.Undetermined, false,
			"it refused a request for all layers together (HYBRID_REQUIRED_BY_SERVER), which leaves it open; the answers do not show whether the server requires NLA: nobody asked without NLA"},
		{"a refusal that says nothing of NLA", Facts{Protocols: []string{"nla"}, Asked: []string{"all", "tls", "rdp"}, Refusals: []Refusal{{Asked: "tls", Code: "INCONSISTENT_FLAGS"}}, Unanswered: []string{"rdp"}},
			signet.Undetermined, false, "no answer to a request for plain RDP security was seen; the answers do not show whether the server requires NLA: it refused a request for TLS without NLA (INCONSISTENT_FLAGS)"},
		{"facts of before", Facts{Protocols: []string{"nla"}}, signet.Undetermined, false, "do not show whether the server requires NLA; the server accepts nla"},
		{"zero facts", Facts{}, signet.Undetermined, false, "do not show whether the server requires NLA"},
	} {
		j := judge(&c.facts)
		if j.Verdict != c.verdict || (len(j.Breaches) == 1) != c.breach || !strings.Contains(strings.Join(j.Because, "; "), c.says) {
			t.Errorf("%s: %+v", c.name, j)
		}
		for _, b := range j.Breaches {
			if b.Rule != ruleNLA || len(b.Because) == 0 {
				t.Errorf("%s: breach %+v", c.name, b)
			}
		}
		if len(j.Because) == 0 {
			t.Errorf("%s: a verdict without a reason", c.name)
		}
	}
}

// The contract's names, their words and their presence.
func TestFactsJSON(t *testing.T) {
	for _, c := range []struct {
		facts Facts
		want  string
	}{
		{Facts{}, `{"protocols":[],"nla":"unknown"}`},
		{Facts{Protocols: []string{"tls"}, NLA: signet.Optional, NTLM: &signet.NTLM{NBComputer: "A"}},
			`{"protocols":["tls"],"nla":"optional","ntlm":{"nb_computer":"A"}}`},
	} {
		got := c.facts.AppendJSON(nil)
		if string(got) != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		var back Facts
		if err := json.Unmarshal(got, &back); err != nil || back.NLA != c.facts.NLA {
			t.Errorf("%+v, %v", back, err)
		}
		// Judged again from JSON, the verdict is the same.
		direct, _ := Check().Judge(&c.facts)
		again, err := Check().Judge(signet.RawFacts(got))
		if err != nil || !reflect.DeepEqual(direct, again) {
			t.Errorf("%+v, then %+v (%v)", direct, again, err)
		}
	}
}

var _ check.Securable = (*conversation)(nil)
