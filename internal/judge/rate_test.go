package judge_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/judge"
)

// A breach is rated without its facts: by rule, roles, place and day. A rule that is switched off leaves a relay open all the same.
func TestRate(t *testing.T) {
	j := policy(t, placesPolicy)
	day := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	at := func(addr string, names ...string) judge.Place {
		return judge.Place{Addr: netip.MustParseAddr(addr), Names: names}
	}
	const signing, smb1, nla = "smb-signing-not-required", "smb1-enabled", "rdp-nla-not-required"
	for _, tt := range []struct {
		name     string
		rule     string
		roles    []string
		at       judge.Place
		day      time.Time
		severity signet.Severity
		finding  bool
		excepted bool
		leaves   bool
		because  string
	}{
		{"by its rule", signing, nil, at("10.0.0.1"), day, signet.High, true, false, true, ""},
		{"by its role", signing, []string{"domain-controller"}, at("10.0.0.1"), day, signet.Critical, true, false, true, ""},
		{"by its name", signing, nil, at("192.0.2.1", "a", "X.OLD.example."), day, signet.Medium, true, false, true, ""},
		{"accepted", signing, nil, at("10.0.0.7"), day, signet.High, false, true, false, "excepted until 2026-06-30 by Mara: smb-signing-not-required (the copier cannot sign)"},
		{"accepted by its name", signing, nil, at("10.0.0.1", "scanner-1.corp.example"), day, signet.High, false, true, false, "excepted until 2026-06-30 by Mara: smb-signing-not-required (the copier cannot sign)"},
		{"no longer accepted", signing, nil, at("10.0.0.7"), day.AddDate(0, 0, 1), signet.High, true, false, true, "the exception of Mara (the copier cannot sign) expired on 2026-06-30"},
		{"switched off", smb1, nil, at("10.0.0.1"), day, 0, false, false, false, ""},
		{"for information", nla, nil, at("2001:db8::1"), day, signet.Info, true, false, false, ""},
		{"a relay, for information", signing, nil, at("2001:db8::1"), day, signet.Info, true, false, true, ""},
	} {
		r := j.Rate(tt.rule, tt.roles, tt.at, tt.day)
		if r.Severity != tt.severity || r.Finding() != tt.finding || r.Excepted() != tt.excepted || j.Leaves(tt.rule, &r) != tt.leaves || r.Because(tt.rule) != tt.because {
			t.Errorf("%s: %+v, finding %v, excepted %v, leaves %v, because %q", tt.name, r, r.Finding(), r.Excepted(), j.Leaves(tt.rule, &r), r.Because(tt.rule))
		}
	}
	off := policy(t, "name: p\nversion: 1\nrules: {smb-signing-not-required: off}\n")
	if r := off.Rate(signing, nil, at("10.0.0.1"), day); r.On || !off.Leaves(signing, &r) {
		t.Errorf("a relay whose rule is switched off leaves nothing: %+v", r)
	}
	if r := j.On(day.AddDate(0, 0, 1)).Rate(signing, nil, at("10.0.0.7"), day); !r.Finding() {
		t.Errorf("the day of the judge does not count: %+v", r)
	}
	if j.Title(signing) == "" || j.Title("nothing") != "" {
		t.Errorf("titles are %q and %q", j.Title(signing), j.Title("nothing"))
	}
}

// What an observation shows of its host stands whatever the policy asks for.
func TestStanding(t *testing.T) {
	j := policy(t, "name: p\nversion: 1\n") // which asks for nothing
	o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1"), Name: "files"}}, Check: "ldap", Outcome: signet.Answered,
		Facts: signet.RawFacts(`{"role":"ad-dc","domain":"corp.example","root":{"dnsHostName":"dc1.corp.example"},"binds":[]}`)}
	roles, at := j.Standing(o, nil)
	if len(roles) != 1 || roles[0] != "domain-controller" || len(at.Names) != 2 || at.Names[0] != "files" || at.Names[1] != "dc1.corp.example" {
		t.Errorf("by itself: %q, %q", roles, at.Names)
	}
	h := &signet.Host{Roles: []signet.HostRole{{Role: "web-server"}, {Role: "sql-server", Certain: true}}, Names: []signet.HostName{{Kind: "alias", Name: "www"}, {Kind: "domain", Name: "corp"}}}
	roles, at = j.Standing(o, h)
	if len(roles) != 1 || roles[0] != "sql-server" || len(at.Names) != 2 || at.Names[1] != "www" {
		t.Errorf("as a whole host: %q, %q", roles, at.Names)
	}
}

// What is rated alike anywhere is: under policies that are put together at random, every rule that RateAnywhere answers for comes to the same
// wherever it is broken. It answers for some and not for others.
func TestRateAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	words := []string{"info", "low", "medium", "high", "critical"}
	scopes := []string{"10.0.0.0/24", "10.0.0.7", "dc*", "*.corp.example"}
	alike, apart := 0, 0
	for range 60 {
		var yaml strings.Builder
		yaml.WriteString("name: own\nversion: 1\n" + pick([]string{"", "extends: baseline\n", "default: low\n"}))
		rules := []string{"smb-signing-not-required", "smb1-enabled", "rdp-nla-not-required", "http-ntlm-plain", "*"}
		fmt.Fprintf(&yaml, "rules: {%s: %s, %s: %s}\n", rules[0], pick(append(words, "off")), rules[1], pick(append(words, "off")))
		if random.IntN(2) == 0 {
			fmt.Fprintf(&yaml, "roles: {domain-controller: {%s: %s}}\n", pick(rules[:4]), pick(words))
		}
		if random.IntN(2) == 0 {
			fmt.Fprintf(&yaml, "severities: [{rule: '%s', scope: '%s', severity: %s}]\n", pick(rules), pick(scopes), pick(words))
		}
		if random.IntN(2) == 0 {
			fmt.Fprintf(&yaml, "exceptions: [{rule: '%s', scope: '%s', owner: Jo, reason: old, until: %s}]\n", pick(rules), pick(scopes), pick([]string{"2026-11-20", "2026-12-31"}))
		}
		j := policy(t, yaml.String())
		for _, rule := range rules[:4] {
			want, ok := j.RateAnywhere(rule)
			differs := false
			for range 40 {
				var roles []string
				if random.IntN(2) == 0 {
					roles = []string{"domain-controller"}
				}
				at := judge.Place{Addr: netip.AddrFrom4([4]byte{10, 0, byte(random.IntN(2)), byte(random.IntN(9))}), Names: []string{pick([]string{"dc1", "fs1.corp.example", "x"})}}
				got := j.Rate(rule, roles, at, time.Date(2026, 11, 20+random.IntN(4), 9, 0, 0, 0, time.UTC))
				if ok && got != want {
					t.Fatalf("%s of %v at %v is %+v, anywhere %+v, under\n%s", rule, roles, at, got, want, yaml.String())
				}
				differs = differs || got != want
			}
			switch {
			case ok:
				alike++
			case differs:
				apart++
			}
		}
	}
	if alike < 30 || apart < 30 {
		t.Errorf("%d are alike, %d are not: too few", alike, apart)
	}
}
