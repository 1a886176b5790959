package judge_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/judge"
)

const placesPolicy = `name: own
version: 2
default: low
rules:
  smb-signing-not-required: high
  smb1-enabled: off
tags:
  legacy: [10.9.0.0/16, "*.old.example"]
severities:
  - rule: smb-signing-not-required
    scope: tag:legacy
    severity: medium
  - {rule: smb-signing-not-required, role: domain-controller, scope: [10.0.0.0/8], severity: critical}
  - {rule: "*", scope: "2001:db8::/32", severity: info}
exceptions:
  - rule: smb-signing-not-required
    scope: [10.0.0.7, "scanner-?.corp.example"]
    owner: Mara
    reason: the copier cannot sign
    until: 2026-06-30
`

func TestSeverityByPlace(t *testing.T) {
	p := policy(t, placesPolicy).Policy()
	dc := []string{check.RoleDomainController}
	for _, tt := range []struct {
		rule  string
		roles []string
		addr  string
		name  string
		want  signet.Severity
	}{
		{"smb-signing-not-required", nil, "10.0.0.1", "", signet.High},
		{"smb-signing-not-required", nil, "10.9.1.1", "", signet.Medium},
		{"smb-signing-not-required", nil, "192.0.2.1", "A.Old.Example.", signet.Medium},
		{"smb-signing-not-required", dc, "10.9.1.1", "", signet.Medium}, // the first that fits
		{"smb-signing-not-required", dc, "10.0.0.1", "", signet.Critical},
		{"smb-signing-not-required", dc, "192.0.2.1", "", signet.High},
		{"rdp-nla-not-required", dc, "2001:db8::1", "", signet.Info},
		{"rdp-nla-not-required", dc, "2001:db9::1", "", signet.Low},
	} {
		got, on := p.SeverityAt(tt.rule, tt.roles, judge.Place{Addr: netip.MustParseAddr(tt.addr), Names: []string{tt.name}})
		if !on || got != tt.want {
			t.Errorf("%s %v at %s %q: %s %v, want %s", tt.rule, tt.roles, tt.addr, tt.name, got, on, tt.want)
		}
	}
	if s, on := p.SeverityAt("smb1-enabled", nil, judge.Place{Addr: netip.MustParseAddr("2001:db8::1")}); on {
		t.Errorf("a scope switches on what is off: %s", s)
	}
}

// An exception takes the finding away and says so, keeps the verdict, and ends with its day.
func TestExceptions(t *testing.T) {
	j := policy(t, placesPolicy)
	o := &signet.Observation{Check: "smb", Outcome: signet.Answered,
		Facts: signet.RawFacts(`{"transport":"direct","dialect":"3.1.1","signing":"optional","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":false,"signing":"unknown","dialect":"","security_mode":"","user_level":null,"plaintext":null},"dialects":[],"dialect_floor":"2.0.2","mechanisms":["ntlm"],"ntlm_offer":"proven","ntlm":{"dns_computer":"scanner-1.corp.example"}}`)}
	day := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct {
		addr, at, on string
		excepted     bool
		text         string
	}{
		{"10.0.0.7", "2026-06-30T23:59:59Z", "", true, "excepted until 2026-06-30 by Mara: smb-signing-not-required (the copier cannot sign)"},
		{"10.0.0.7", "2026-07-01T00:00:00Z", "", false, "the exception of Mara (the copier cannot sign) expired on 2026-06-30"},
		{"10.0.0.7", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z", false, "expired"}, // a stored run, judged today
		{"10.0.0.8", "2026-01-01T00:00:00Z", "", true, "excepted"},                     // by the name in its facts
	} {
		o.Addr, o.At = netip.MustParseAddr(tt.addr), day(tt.at)
		judge := j
		if tt.on != "" {
			judge = j.On(day(tt.on))
		}
		got := judge.Observation(o)
		if got.Verdict != signet.Exposed {
			t.Errorf("%+v: verdict %s: an exception closes nothing", tt, got.Verdict)
		}
		if (len(got.Findings) == 0) != tt.excepted {
			t.Errorf("%+v: findings %+v", tt, got.Findings)
		}
		if tt.excepted != got.Accepted || tt.excepted != (len(got.Excepted) == 1) {
			t.Errorf("%+v: accepted %v, excepted %+v", tt, got.Accepted, got.Excepted)
		}
		if e := got.Excepted; tt.excepted && (e[0].Rule != "smb-signing-not-required" || e[0].Severity != signet.High || e[0].Owner != "Mara" || e[0].Reason != "the copier cannot sign" || e[0].Until != "2026-06-30") {
			t.Errorf("%+v: excepted %+v", tt, e)
		}
		said := strings.Join(got.Because, "\n")
		for _, f := range got.Findings {
			said += "\n" + strings.Join(f.Because, "\n")
		}
		if !strings.Contains(said, tt.text) {
			t.Errorf("%+v: it says %q", tt, said)
		}
	}
	o.Addr, o.Facts = netip.MustParseAddr("10.0.0.9"), signet.RawFacts(strings.ReplaceAll(string(o.Facts.(signet.RawFacts)), "scanner-1", "scanner-10"))
	if got := j.Observation(o); len(got.Findings) != 1 || len(got.Findings[0].Because) > 1 && strings.Contains(got.Findings[0].Because[1], "exception") {
		t.Errorf("a host beside the scope is excepted: %+v", got)
	}
}

// An exception of one rule accepts nothing of another, nor of one that the policy switches off though it opens a relay.
func TestAcceptedIsAllOrNothing(t *testing.T) {
	both := &signet.Observation{Check: "smb", Outcome: signet.Answered,
		Facts: signet.RawFacts(`{"transport":"direct","dialect":"3.1.1","signing":"optional","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":true,"signing":"off","dialect":"NT LM 0.12","security_mode":"0x03","user_level":true,"plaintext":false},"dialects":[],"dialect_floor":"2.0.2","mechanisms":["ntlm"],"ntlm_offer":"proven"}`)}
	both.Addr = netip.MustParseAddr("10.0.0.7")
	const except = "exceptions:\n  - {rule: %s, scope: 10.0.0.7, owner: Mara, reason: old, until: 2026-06-30}\n"
	for _, tt := range []struct {
		rules, except string
		accepted      bool
	}{
		{"", "'*'", true},
		{"", "smb1-enabled", false},
		{"rules: {smb-signing-not-required: off, smb1-signing-not-required: off}\n", "smb1-enabled", false},
		{"rules: {smb-signing-not-required: info, smb1-signing-not-required: info}\n", "smb1-enabled", false},
		{"rules: {smb1-enabled: off}\n", "'*'", true}, // it opens no relay by itself
		{"rules: {smb-signing-not-required: off, smb1-signing-not-required: off, smb1-enabled: off}\n", "'*'", false},
	} {
		j := policy(t, "name: own\nversion: 1\ndefault: medium\n"+tt.rules+strings.ReplaceAll(except, "%s", tt.except))
		if got := j.On(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).Observation(both); got.Verdict != signet.Exposed || got.Accepted != tt.accepted {
			t.Errorf("%+v: %s, accepted %v, findings %+v, excepted %+v", tt, got.Verdict, got.Accepted, got.Findings, got.Excepted)
		}
	}
}

// Every mistake is found with its line and column, and what the linter passes the reader takes.
func TestLint(t *testing.T) {
	today := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	head := "name: own\nversion: 1\n"
	for _, tt := range []struct {
		text         string
		line, column int
		want         string
	}{
		{"", 1, 1, "empty"},
		{"name: own\n", 1, 1, "no version"},
		{"version: 0\nname: x\n", 1, 10, "number from 1"},
		{head + "rule:\n  a: low\n", 3, 1, `unknown key "rule"`},
		{head + "rules:\n  smb1-enabld: low\n", 4, 3, `no rule is called "smb1-enabld"`},
		{head + "rules:\n  smb1-enabled: lo\n", 4, 17, `"lo" is not a severity`},
		{head + "rules: {smb1-enabled: low, smb1-enabled: low}\n", 3, 28, "twice"},
		{head + "rules: [a]\n", 3, 8, "want a mapping"},
		{head + "default: off\n", 3, 10, `"off" is not a severity`},
		{head + "roles:\n  server: {smb1-enabled: off}\n", 4, 26, `"off" is not a severity`},
		{head + "roles: {sever: {smb1-enabled: low}}\n", 3, 9, `no role "sever"`},
		{head + "tags: {a: [tag:b]}\n", 3, 12, "names no other tag"},
		{head + "tags: {a: 10.0.0.300}\n", 3, 11, `"10.0.0.300" is not an address`},
		{head + "severities:\n  - {rule: smb1-enabled, severity: low}\n", 4, 5, "neither role nor scope"},
		{head + "severities:\n  - {rule: smb1-enabled, scope: 10.0.0.0/8, severity: off}\n", 4, 55, "not a severity"},
		{head + "severities:\n  - {rule: x, scope: tag:nope, severity: low, sope: y}\n", 4, 12, `"x"`},
		{head + "exceptions:\n  - {rule: '*', scope: tag:nope, owner: o, reason: r, until: 2027-01-01}\n", 4, 24, `no tag is called "nope"`},
		{head + "exceptions:\n  - {rule: '*', scope: 10.0.0.0/99, owner: o, reason: r, until: 2027-01-01}\n", 4, 24, "not an address"},
		{head + "exceptions:\n  - {rule: '*', scope: '[a', owner: o, reason: r, until: 2027-01-01}\n", 4, 24, "not a pattern"},
		{head + "exceptions:\n  - {rule: '*', scope: a, reason: r, until: 2027-01-01}\n", 4, 5, "the owner is missing"},
		{head + "exceptions:\n  - {rule: '*', scope: a, owner: o, reason: r, until: soon}\n", 4, 55, "not a day"},
		{head + "extends: base\n", 3, 10, `no built-in policy "base": there are baseline, `},
		{head + "extends: ''\n", 3, 10, `no built-in policy ""`},
		{head + "extends: ../policy\n", 3, 10, `no built-in policy "../policy"`},
		{head + "extends: [baseline]\n", 3, 10, "no built-in policy"},
		{head + "exceptions: {a: b}\n", 3, 13, "want a list"},
		{head + "rules:\n\tsmb1-enabled: low\n", 4, 1, ""},
	} {
		got := judge.Lint([]byte(tt.text), all.Checks(), today)
		if len(got) == 0 || got[0].Line != tt.line || got[0].Column != tt.column || !strings.Contains(got[0].Text, tt.want) || got[0].Warning {
			t.Errorf("%q: %+v, want %d:%d %s", tt.text, got, tt.line, tt.column, tt.want)
		}
		p, err := judge.Parse([]byte(tt.text))
		if err == nil {
			_, err = judge.New(all.Checks(), p)
		}
		if err == nil {
			t.Errorf("%q is taken, and found wrong", tt.text)
		}
	}
	if got := judge.Lint([]byte(head+"rules: {a: low, b: x}\nfoo: 1\n"), all.Checks(), today); len(got) != 4 {
		t.Errorf("not every mistake: %+v", got)
	}
	good := strings.Replace(placesPolicy, "default: low", "extends: baseline", 1)
	late := judge.Lint([]byte(good), all.Checks(), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	if len(late) != 1 || !late[0].Warning || late[0].Line != 20 || late[0].Column != 12 {
		t.Errorf("an expired exception: %+v", late)
	}
	if got := judge.Lint([]byte(good), all.Checks(), time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC)); len(got) != 0 {
		t.Errorf("a good policy: %+v", got)
	}
}

// The built-in policies are good, say what changed, and rate every rule themselves.
func TestBuiltInPolicies(t *testing.T) {
	if len(judge.Names()) != 3 {
		t.Errorf("built in: %v", judge.Names())
	}
	for _, name := range judge.Names() {
		p, err := judge.BuiltIn(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != name || p.About == "" || len(p.Changes) != p.Version || !strings.HasPrefix(p.Changes[0], p.ID()[len(name)+1:]+":") {
			t.Errorf("%s: name %s, changes %q at version %d", name, p.Name, p.Changes, p.Version)
		}
		if got := judge.Lint([]byte(judge.Source(name)), all.Checks(), time.Now()); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if len(p.Tags)+len(p.Severities)+len(p.Exceptions) > 0 || p.Extends != "" {
			t.Errorf("%s holds what a policy that extends it does not take over", name)
		}
		for _, c := range all.Checks() {
			for _, r := range c.Rules {
				if _, ok := p.Rules[r.ID]; !ok {
					t.Errorf("%s does not rate %s", name, r.ID)
				}
			}
		}
	}
}
