package judge

import (
	"slices"
	"strings"
	"testing"
)

// TestWithExceptions: the policy that comes out judges by its own exceptions and those that were added, whatever stands in them.
func TestWithExceptions(t *testing.T) {
	more := []Exception{
		{Rule: "smb-signing-not-required", Scope: Scope{"10.0.0.5", "printer-*.corp.example"}, Owner: "ops", Reason: "it is old", Until: "2027-03-31"},
		{Rule: "*", Scope: Scope{"fd00::1"}, Owner: "- not: a list #", Reason: "\"quoted\" 'twice'\nand a second line: yes", Until: "2027-01-01"},
		{Rule: "mssql-epa-off", Scope: Scope{"0.0.0.0/0", "::/0"}, Owner: "no", Reason: "!!null", Until: "2027-01-01"},
	}
	for name, head := range map[string]string{
		"none":     "name: a\nversion: 1\n",
		"nothing":  "name: a\nversion: 1\nexceptions:\n",
		"flow":     "{name: a, version: 1, exceptions: []}\n",
		"one":      "# kept\nname: a\nversion: 1\nexceptions: [{rule: '*', scope: 10.9.0.0/16, owner: own, reason: mine, until: 2026-12-31}]\nrules:\n  smb1-enabled: off # and this\n",
		"built in": Source("baseline"),
	} {
		before, err := Parse([]byte(head))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := WithExceptions([]byte(head), more)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if after.ID() != before.ID() || len(after.Rules) != len(before.Rules) || after.Default != before.Default {
			t.Errorf("%s: it is another policy: %s\n%s", name, after.ID(), text)
		}
		want := append(slices.Clone(before.Exceptions), more...)
		if len(after.Exceptions) != len(want) {
			t.Fatalf("%s: %d exceptions, want %d\n%s", name, len(after.Exceptions), len(want), text)
		}
		for i := range want {
			a, w := after.Exceptions[i], want[i]
			if a.Rule != w.Rule || !slices.Equal(a.Scope, w.Scope) || a.Owner != w.Owner || a.Reason != w.Reason || a.Until != w.Until {
				t.Errorf("%s: %+v, want %+v", name, a, w)
			}
		}
		for _, comment := range []string{"# kept", "# and this"} {
			if strings.Contains(head, comment) && !strings.Contains(string(text), comment) {
				t.Errorf("%s: %q is lost\n%s", name, comment, text)
			}
		}
	}
	if text, err := WithExceptions([]byte("any text"), nil); err != nil || string(text) != "any text" {
		t.Errorf("nothing to add: %q, %v", text, err)
	}
	for _, bad := range []string{"", "[]", "name: [", "# nothing"} {
		if text, err := WithExceptions([]byte(bad), more); err == nil {
			t.Errorf("%q became %q", bad, text)
		}
	}
}
