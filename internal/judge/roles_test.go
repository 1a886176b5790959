package judge_test

import (
	"net/netip"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/judge"
)

const rolesPolicy = `name: own
version: 1
default: low
rules:
  smb-signing-not-required: high
  smb1-enabled: off
roles:
  domain-controller:
    smb-signing-not-required: critical
    ldap-signing-not-required: critical
  workstation: {smb-signing-not-required: medium}
  web-server:
    smb1-enabled: high
`

func policy(t *testing.T, text string) *judge.Judge {
	t.Helper()
	p, err := judge.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestSeverityByRole(t *testing.T) {
	j := policy(t, rolesPolicy)
	for _, tt := range []struct {
		rule  string
		roles []signet.HostRole
		want  signet.Severity
	}{
		{"smb-signing-not-required", nil, signet.High},
		{"smb-signing-not-required", []signet.HostRole{{Role: check.RoleExchange, Certain: true}}, signet.High},
		{"smb-signing-not-required", []signet.HostRole{{Role: check.RoleDomainController, Certain: true}}, signet.Critical},
		{"smb-signing-not-required", []signet.HostRole{{Role: check.RoleDomainController}}, signet.High}, // a hint rates nothing
		{"smb-signing-not-required", []signet.HostRole{{Role: check.RoleWorkstation, Certain: true}}, signet.Medium},
		{"smb-signing-not-required", []signet.HostRole{{Role: check.RoleWorkstation, Certain: true}, {Role: check.RoleDomainController, Certain: true}}, signet.Critical},
		{"rdp-nla-not-required", []signet.HostRole{{Role: check.RoleDomainController, Certain: true}}, signet.Low},
	} {
		h := signet.Host{Address: netip.MustParseAddr("10.0.0.1"), Roles: tt.roles, Findings: []signet.HostFinding{{Rule: tt.rule, Severity: signet.Info}}}
		if tt.roles == nil {
			h.Findings[0].Severity = signet.High
		}
		j.Host(&h)
		if got := h.Findings[0].Severity; got != tt.want {
			t.Errorf("%s on %v: %s, want %s", tt.rule, tt.roles, got, tt.want)
		}
	}
}

// An endpoint is rated by the roles that its own facts prove, before the rest of its host is known; a rule that is off
// stays off on every role.
func TestSeverityOfAnEndpointByItsOwnFacts(t *testing.T) {
	j := policy(t, rolesPolicy)
	of := func(name, facts string) signet.Judgement {
		return j.Observation(&signet.Observation{Check: name, Outcome: signet.Answered, Facts: signet.RawFacts(facts)})
	}
	weak := `{"tls":"none","starttls":false,"signing":"optional","channel_binding":"unknown","role":"%","root":{},"mechanisms":["GSS-SPNEGO"],"binds":[{"over":"none","question":"anonymous","challenge":true,"code":0}]}`
	for role, want := range map[string]signet.Severity{"ad-dc": signet.Critical, "directory": signet.Low} {
		got := of("ldap", strings.Replace(weak, "%", role, 1))
		if len(got.Findings) == 0 || got.Findings[0].Severity != want {
			t.Errorf("%s: %+v, want severity %s", role, got, want)
		}
	}
	if s, on := j.Policy().SeverityOn("smb1-enabled", []string{check.RoleWebServer}); on {
		t.Errorf("a role switches on what is off: %s", s)
	}
}

func TestPolicyMistakesHaveALine(t *testing.T) {
	const head = "name: own\nversion: 1\nrules:\n  smb1-enabled: low\n"
	for _, tt := range []struct{ text, want string }{
		{head + "roles:\n  domain-controler: {smb1-enabled: high}\n", `line 6: roles: there is no role "domain-controler"`},
		{head + "roles:\n  domain-controller:\n    smb1-enabled: high\n    smb-singing: high\n", `line 8: no rule is called "smb-singing"`},
		{head + "roles:\n  domain-controller:\n    smb1-enabled: severe\n", `line 7: roles: domain-controller: smb1-enabled: "severe" is not a severity`},
		{head + "roles:\n  domain-controller:\n    smb1-enabled: off\n", `line 7: roles: domain-controller: smb1-enabled: a role rates a rule`},
		{head + "  smb-singing: high\n", `line 5: no rule is called "smb-singing"`},
		{head + "roles: [x]\n", "line 5"},
	} {
		p, err := judge.Parse([]byte(tt.text))
		if err == nil {
			_, err = judge.New(all.Checks(), p)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.text, err, tt.want)
		}
	}
}
