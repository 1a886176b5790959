package run_test

import (
	"compress/gzip"
	"os"
	"reflect"
	"strings"
	"testing"

	"signet/internal/check/all"
	"signet/internal/judge"
	"signet/internal/run"
)

// TestRemedyOfKnownHosts: of hosts that are known already, scripts and impact are those of the run itself.
func TestRemedyOfKnownHosts(t *testing.T) {
	f, err := os.Open("../sample/sample.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in, err := run.ReadLines(z)
	if err != nil {
		t.Fatal(err)
	}
	e := &run.Env{Checks: all.Checks()}
	p, err := judge.BuiltIn("baseline")
	if err != nil {
		t.Fatal(err)
	}
	j, err := e.Judge(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"smb-signing-not-required", "ldap-signing-not-required", "smb1-enabled"} {
		want, err := e.Impact(in, j, []string{rule})
		if err != nil {
			t.Fatal(err)
		}
		var hosts []run.Named
		told := 0
		for _, s := range want.Rules[0].Standings() {
			for _, h := range s.Hosts {
				hosts = append(hosts, run.Named{Addr: h.Addr, Name: h.Name})
			}
			if s.Of != 0 {
				told += len(s.Hosts)
			}
		}
		got, err := e.ImpactOn(want.Run, hosts, []*run.Input{in}, j, []string{rule})
		if err != nil {
			t.Fatal(err)
		}
		want.Servers = got.Servers // the clients among the hosts were named here
		if len(hosts) == 0 || rule == "smb1-enabled" && told == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s, of %d hosts, %d told: %+v, want %+v", rule, len(hosts), told, got, want)
		}
	}
	for _, rule := range []string{"path-smb-to-smb", "nothing"} {
		if err := e.KnownRules([]string{rule}); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("%s: %v", rule, err)
		}
		if _, ok := e.Advice(rule); ok || e.HasRule(rule) {
			t.Errorf("there is a rule %s", rule)
		}
	}
}
