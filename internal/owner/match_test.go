package owner_test

import (
	"net/netip"
	"path"
	"strings"
	"testing"

	"signet/internal/owner"
)

func rules() []owner.Rule {
	return []owner.Rule{
		{"10.1.2.3", "one host"}, {"*.hr.corp.example", "hr"}, {"10.1.0.0/16", "net"}, {"tag:printers", "print"}, {"fs?", "files"}, {"*", "rest by name"},
		{"10.1.2.3", "never"}, {"fd00::/8", "six"}, {"DC1.corp.example.", "dc"}, {"0.0.0.0/0", "all"},
	}
}

// TestFirstMatchWins: whichever kind of rule it is, the first that matches counts.
func TestFirstMatchWins(t *testing.T) {
	m := owner.NewMatcher(rules())
	tags := func(tag string) bool { return tag == "printers" }
	for _, c := range []struct {
		addr, names, want string
		tagged            func(string) bool
	}{
		{"10.1.2.3", "x.hr.corp.example", "one host", nil},
		{"10.1.9.9", "PC7.HR.corp.example.", "hr", nil},
		{"10.1.9.9", "pc7.a.hr.corp.example", "hr", tags},
		{"10.1.9.9", "hr.corp.example", "net", tags},
		{"10.2.0.1", "", "print", tags},
		{"10.2.0.1", "fs1", "files", nil},
		{"10.2.0.1", "fs12", "rest by name", nil},
		{"10.2.0.1", "", "all", nil},
		{"fd00::1", "", "six", nil},
		{"2001:db8::1", "", "", nil},
		{"10.2.0.1", "dc1.corp.example", "rest by name", nil},
	} {
		var names []string
		if c.names != "" {
			names = []string{"other", c.names}
			if c.want == "hr" || c.want == "net" || c.want == "files" || c.want == "one host" {
				names = names[1:]
			}
		}
		got := ""
		if i := m.Of(netip.MustParseAddr(c.addr), names, c.tagged); i >= 0 {
			got = m.Rules[i].Owner
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.addr, c.names, got, c.want)
		}
	}
	// The quick way says what the plain one says.
	for _, name := range []string{"a.hr.corp.example", "fs1", "dc1.corp.example", "x"} {
		want := -1
		for i, r := range rules() {
			if ok, _ := path.Match(strings.ToLower(strings.TrimSuffix(r.Match, ".")), name); ok && !strings.ContainsAny(r.Match, "/:") {
				want = i
				break
			}
		}
		if got := m.Of(netip.MustParseAddr("2001:db8::1"), []string{name}, nil); got != want {
			t.Errorf("%s: rule %d, want %d", name, got, want)
		}
	}
}

// TestReadRules: a rule that matches nothing that there can be is named by line and column.
func TestReadRules(t *testing.T) {
	got, lines, problems := owner.Read([]byte("owner,match\nNet,10.0.0.0/8\nPrint,tag:printers\n"))
	if len(problems) > 0 || len(got) != 2 || got[1] != (owner.Rule{"tag:printers", "Print"}) || lines[1] != 3 {
		t.Errorf("%v %v %v", got, lines, problems)
	}
	for text, want := range map[string]string{
		"match,owner\n10.0.0.0/33,a\n": "line 2, column 1: match: ", "match,owner\na,b\n[,c\n": "line 3, column 1: match: ", "match,owner\ntag:,x\n": "names no tag", "match,owner\nou:OU=Print/HQ,x\n": "the organisational unit of a host is not known here",
		"match,owner\n10.0.0,x\n": "is not an address", "match,owner\na b,x\n": "is not a pattern",
	} {
		if got, _, problems := owner.Read([]byte(text)); len(problems) != 1 || got != nil || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("%q: %v %v, want %s", text, got, problems, want)
		}
	}
}
