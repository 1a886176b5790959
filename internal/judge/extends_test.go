package judge_test

import (
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/judge"
)

// What a policy rates itself counts; what it leaves out is as in the policy it extends, by role too; its default is for the rest.
func TestExtends(t *testing.T) {
	p := policy(t, `name: own
version: 3
extends: strict
rules:
  ldap-signing-not-required: low
  smb1-signing-not-required: medium
  mail-ntlm-plain: off
roles:
  exchange: {smb-signing-not-required: low}
`).Policy()
	strict, err := judge.BuiltIn("strict")
	if err != nil {
		t.Fatal(err)
	}
	if p.ID() != "own/3" || p.Base() != strict.ID() || strict.Base() != "" {
		t.Errorf("the policy %s extends %s", p.ID(), p.Base())
	}
	for _, tt := range []struct {
		rule string
		role string
		want string
	}{
		{"ldap-signing-not-required", "", "low"},
		{"mail-ntlm-plain", "", "off"},
		{"smb1-signing-not-required", "", "medium"},
		{"smb1-signing-not-required", check.RoleDomainController, "medium"}, // its own, wholly
		{"smb-signing-not-required", "", "high"},
		{"smb-signing-not-required", check.RoleDomainController, "critical"},
		{"smb-signing-not-required", check.RoleExchange, "low"},
		{"smb-plaintext-passwords", "", "critical"},
	} {
		got := "off"
		if s, on := p.SeverityOn(tt.rule, []string{tt.role}); on {
			got = s.String()
		}
		if got != tt.want {
			t.Errorf("%s on %q is %s, want %s", tt.rule, tt.role, got, tt.want)
		}
	}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			if _, own := p.Rules[r.ID]; own {
				continue
			}
			want, on := strict.Severity(r.ID)
			if got, ok := p.Severity(r.ID); got != want || ok != on {
				t.Errorf("%s is %v, in strict %v", r.ID, got, want)
			}
		}
	}
	const unheardOf = "of-a-later-version"
	if s, _ := p.Severity(unheardOf); s != signet.High {
		t.Errorf("what neither names is %v, not the default of strict", s)
	}
	if s, _ := policy(t, "name: own\nversion: 1\nextends: strict\ndefault: info\n").Policy().Severity(unheardOf); s != signet.Info {
		t.Errorf("what neither names is %v, not the policy's own default", s)
	}
	if !policy(t, "name: own\nversion: 1\nextends: strict\n").TellsHosts() {
		t.Error("strict rates by roles, and what extends it does not")
	}
	if policy(t, "name: own\nversion: 1\nextends: baseline\n").TellsHosts() {
		t.Error("baseline rates by no roles, and what extends it does")
	}
}

// A default that takes rules below baseline unseen is said; a rule that the policy names is as its author wants it.
func TestDefaultThatLowers(t *testing.T) {
	head := "name: own\nversion: 1\n"
	everything := "rules:\n"
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			everything += "  " + r.ID + ": info\n"
		}
	}
	for _, tt := range []struct {
		text string
		line int // of the warning; 0: none
		want string
	}{
		{head + "default: low\n", 3, " rules lower than baseline by its default (low): adcs-web-enrollment-ntlm-http (critical), "},
		{head + "default: high\n", 3, " rules lower than baseline by its default (high): adcs-web-enrollment-ntlm-http (critical);"},
		{head + "rules: {smb1-enabled: info}\n", 1, "by its default (medium): adcs-web-enrollment-ntlm-http (critical), "},
		{head + "default: high\nrules: {adcs-web-enrollment-ntlm-http: low}\n", 0, ""},
		{head + "default: high\nrules: {adcs-web-enrollment-ntlm-http: off}\n", 0, ""},
		{head + "default: critical\n", 0, ""},
		{head + "default: info\nextends: baseline\n", 0, ""},
		{head + "default: info\n" + everything, 0, ""},
	} {
		got := judge.Lint([]byte(tt.text), all.Checks(), time.Now())
		said := policy(t, tt.text).Warnings()
		if tt.line == 0 {
			if len(got)+len(said) > 0 {
				t.Errorf("%.60q: %+v, %q", tt.text, got, said)
			}
			continue
		}
		if len(got) != 1 || !got[0].Warning || got[0].Line != tt.line || !strings.Contains(got[0].Text, tt.want) {
			t.Errorf("%.60q: %+v, want a warning in line %d: %s", tt.text, got, tt.line, tt.want)
		}
		if len(said) != 1 || len(got) == 1 && said[0] != got[0].Text {
			t.Errorf("%.60q: %q", tt.text, said)
		}
	}
	for _, name := range judge.Names() {
		p, err := judge.BuiltIn(name)
		if err != nil {
			t.Fatal(err)
		}
		j, err := judge.New(all.Checks(), p)
		if err != nil {
			t.Fatal(err)
		}
		if said := j.Warnings(); len(said) > 0 {
			t.Errorf("%s: %q", name, said)
		}
	}
}
