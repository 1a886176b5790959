package mssql

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"signet"
)

func TestJudge(t *testing.T) {
	names := &signet.NTLM{NBComputer: "SQL01"}
	for _, c := range []struct {
		name    string
		facts   Facts
		verdict signet.Verdict
		breach  string
		says    string
	}{
		// The rows of MS-TDS and Extended Protection. Only the first can be measured without an account.
		{"NTLM, EPA not seen", Facts{NTLM: names, Encryption: "off"}, signet.Undetermined, ruleUnknown, "only a logon with an account shows its Extended Protection, which is Off by default"},
		{"NTLM by word", Facts{WindowsAuthentication: "proven"}, signet.Undetermined, ruleUnknown, "it sent a challenge"},
		{"NTLM, EPA off", Facts{NTLM: names, EPA: signet.Off}, signet.Exposed, ruleOff, "the server accepted a login with a wrong binding"},
		{"NTLM, EPA allowed", Facts{NTLM: names, EPA: signet.Optional}, signet.Exposed, ruleOptional, "NTLMv1 and clients that send no binding"},
		{"NTLM, EPA required", Facts{NTLM: names, EPA: signet.Required}, signet.Guarded, "", "Required"},
		// Encryption guards nothing.
		{"forced encryption", Facts{NTLM: names, Encryption: "required"}, signet.Undetermined, ruleUnknown, "encryption (required) alone stops no relay"},
		{"strict encryption", Facts{NTLM: names, Encryption: "strict"}, signet.Undetermined, ruleUnknown, "encryption (strict) alone stops no relay"},
		{"forced encryption, EPA off", Facts{NTLM: names, Encryption: "required", EPA: signet.Off}, signet.Exposed, ruleOff, "alone stops no relay"},
		{"no encryption", Facts{NTLM: names, Encryption: "not-supported"}, signet.Undetermined, ruleUnknown, "cannot bind a login"},
		{"Windows authentication refused", Facts{WindowsAuthentication: "refused", Refusal: &Refusal{Number: 18452}}, signet.Guarded, "", "refused a login with Windows authentication before any challenge, as a bare token and in SPNEGO (error 18452)"},
		{"no Windows logins", Facts{WindowsAuthentication: "refused", Refusal: &Refusal{Number: 40607}}, signet.Guarded, "", "takes no Windows logins at all (error 40607"},
		{"refused, number not kept", Facts{WindowsAuthentication: "refused"}, signet.Guarded, "", "in SPNEGO"},
		{"unknown", Facts{WindowsAuthentication: "unknown"}, signet.Undetermined, "", "no login with Windows authentication got a challenge or a refusal"},
		{"unknown, forced encryption", Facts{WindowsAuthentication: "unknown", Encryption: "required"}, signet.Undetermined, "", "alone stops no relay"},
		{"an error about something else", Facts{WindowsAuthentication: "unknown", Refusal: &Refusal{Number: 17809}}, signet.Undetermined, "", "error 17809, which does not show"},
		// An EPA level without a challenge is no fact of this endpoint.
		{"EPA without NTLM", Facts{EPA: signet.Required}, signet.Undetermined, "", "do not show whether the server offers NTLM"},
		{"zero facts", Facts{}, signet.Undetermined, "", "do not show whether the server offers NTLM"},
		{"browser", Facts{Service: "browser", Instances: []Instance{{Name: "A", Port: 1433}, {Name: "B"}}}, signet.Unseen, "", "lists 2 instances (without a TCP port: B)"},
		{"browser of one", Facts{Service: "browser", Instances: []Instance{{Name: "A", Port: 1433}}}, signet.Unseen, "", "lists one instance,"},
	} {
		j := judge(&c.facts)
		if j.Verdict != c.verdict || !strings.Contains(strings.Join(j.Because, "; "), c.says) {
			t.Errorf("%s: %+v", c.name, j)
		}
		if got := len(j.Breaches); got != min(1, len(c.breach)) || got == 1 && (j.Breaches[0].Rule != c.breach || len(j.Breaches[0].Because) == 0) {
			t.Errorf("%s: breaches %+v, want %q", c.name, j.Breaches, c.breach)
		}
	}
}

// The contract's names, their words and their presence.
func TestFactsJSON(t *testing.T) {
	empty := newFacts(serviceEngine)
	full := Facts{
		Service: "engine", Version: "16.0.1000", Product: "SQL Server 2022", Instance: "PAYROLL", Encryption: "off", EPA: signet.Optional,
		WindowsAuthentication: "proven", Refusal: &Refusal{Number: 1, State: 2, Class: 3, Text: "\x1b[2J"},
		Instances: []Instance{{Server: "S", Name: "N", Version: "1", Clustered: true, Port: 5, Pipe: "p"}}, NTLM: &signet.NTLM{NBComputer: "A"},
	}
	for _, c := range []struct {
		facts *Facts
		want  string
	}{
		{&empty, `{"service":"engine","version":"","instance":"","encryption":"unknown","epa":"unknown","windows_authentication":"unknown"}`},
		{&full, `{"service":"engine","version":"16.0.1000","product":"SQL Server 2022","instance":"PAYROLL","encryption":"off","epa":"optional",` +
			`"windows_authentication":"proven","refusal":{"number":1,"state":2,"class":3,"text":"\u001b[2J"},` +
			`"instances":[{"server":"S","name":"N","version":"1","clustered":true,"port":5,"pipe":"p"}],"ntlm":{"nb_computer":"A"}}`},
	} {
		got := c.facts.AppendJSON(nil)
		if string(got) != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		var back Facts
		if err := json.Unmarshal(got, &back); err != nil || !reflect.DeepEqual(&back, c.facts) {
			t.Errorf("%+v, %v", back, err)
		}
		direct, _ := Check().Judge(c.facts)
		again, err := Check().Judge(signet.RawFacts(got))
		if err != nil || !reflect.DeepEqual(direct, again) {
			t.Errorf("%+v, then %+v (%v)", direct, again, err)
		}
	}
}
