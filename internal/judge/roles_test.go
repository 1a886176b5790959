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

const weakSMB = `{"transport":"direct","dialect":"3.1.1","dialect_floor":"2.0.2","signing":"optional","smb2_offered":true,"smb1":{"offered":false},"ntlm_offer":"proven"}`

// An observation is rated by the roles that its whole host is known to play, and excepted by all of its names.
func TestSeverityOnHost(t *testing.T) {
	j := policy(t, rolesPolicy+"exceptions:\n  - {rule: smb-signing-not-required, scope: copier-?.corp.example, owner: Mara, reason: old, until: 2099-01-01}\n")
	if !j.TellsHosts() {
		t.Fatal("roles tell hosts apart")
	}
	o := &signet.Observation{Check: "smb", Outcome: signet.Answered, Facts: signet.RawFacts(weakSMB)}
	o.Addr = netip.MustParseAddr("10.0.0.1")
	for _, tt := range []struct {
		roles []signet.HostRole
		names []signet.HostName
		want  signet.Severity
	}{
		{nil, nil, signet.High},
		{[]signet.HostRole{{Role: check.RoleExchange, Certain: true}}, nil, signet.High},
		{[]signet.HostRole{{Role: check.RoleDomainController, Certain: true}}, nil, signet.Critical},
		{[]signet.HostRole{{Role: check.RoleDomainController}}, nil, signet.High}, // a hint rates nothing
		{[]signet.HostRole{{Role: check.RoleWorkstation, Certain: true}}, nil, signet.Medium},
		{[]signet.HostRole{{Role: check.RoleWorkstation, Certain: true}, {Role: check.RoleDomainController, Certain: true}}, nil, signet.Critical},
		{nil, []signet.HostName{{Kind: "domain", Name: "copier-1.corp.example"}}, signet.High}, // its domain is no name of it
	} {
		got := j.OnHost(o, &signet.Host{Address: o.Addr, Roles: tt.roles, Names: tt.names})
		if len(got.Findings) != 1 || got.Findings[0].Severity != tt.want {
			t.Errorf("%v %v: %+v, want %s", tt.roles, tt.names, got, tt.want)
		}
	}
	got := j.OnHost(o, &signet.Host{Address: o.Addr, Names: []signet.HostName{{Kind: "dns", Name: "copier-1.corp.example"}}})
	if len(got.Findings) != 0 || got.Verdict != signet.Exposed {
		t.Errorf("a name that another port showed: %+v, want the exception and the verdict as it is", got)
	}
}

// Lines wait for their host only under a policy that needs it.
func TestTellsHosts(t *testing.T) {
	const head, exception = "name: own\nversion: 1\n", "exceptions:\n  - {rule: smb1-enabled, owner: M, reason: r, until: 2099-01-01, scope: "
	for text, want := range map[string]bool{
		head:                           false,
		head + exception + "10.0.0.1}": false,
		head + exception + "copier-?}": true,
		head + "tags: {a: [10.0.0.0/8]}\n" + exception + "tag:a}":                        false,
		head + "tags: {a: [\"x*\"]}\n" + exception + "tag:a}":                            true,
		head + "severities:\n  - {rule: smb1-enabled, scope: 10.0.0.0/8, severity: low}": false,
		head + "severities:\n  - {rule: smb1-enabled, role: workstation, severity: low}": true,
		head + "roles: {workstation: {smb1-enabled: low}}":                               true,
	} {
		if got := policy(t, text).TellsHosts(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// Without its host an endpoint is rated by the roles that its own facts prove; a rule that is off
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
