package all_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/judge"
)

// Every rule is documented, every documented rule is real, and every built-in policy says how severe each is.
func TestEveryRuleIsDocumentedAndRated(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	seen := map[string]string{}
	for _, c := range all.Checks() {
		if len(c.Rules) == 0 && !c.Optional {
			t.Errorf("%s has no rule", c.Name)
		}
		for _, r := range c.Rules {
			if !id.MatchString(r.ID) {
				t.Errorf("%s: rule %q is not words joined by hyphens", c.Name, r.ID)
			}
			if other, twice := seen[r.ID]; twice {
				t.Errorf("rule %s belongs to %s and to %s", r.ID, other, c.Name)
			}
			seen[r.ID] = c.Name
			if r.Title == "" || len([]rune(r.Title)) > 60 {
				t.Errorf("%s: title %q: want 1 to 60 characters", r.ID, r.Title)
			}
			a, err := c.AdviceFor(r.ID)
			if err != nil {
				t.Errorf("%s: %v", r.ID, err)
				continue
			}
			if a.Title != r.Title || r.Requires == "" {
				t.Errorf("%s: titled %q, its advice %q; requires %q", r.ID, r.Title, a.Title, r.Requires)
			}
			if n := len(a.Setting); n == 0 || n > 160 || strings.Contains(a.Setting, "\n") {
				t.Errorf("%s: the first paragraph of Fix has %d octets, want one line of 1 to 160: it is what a report prints", r.ID, n)
			}
			if strings.Contains(a.Text, "…\n") || strings.Contains(a.Text, "TODO") {
				t.Errorf("%s: the advice is not finished", r.ID)
			}
		}
		files, err := fs.Glob(c.Advice, "advice/*.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			rule := strings.TrimSuffix(filepath.Base(f), ".md")
			if seen[rule] != c.Name {
				t.Errorf("%s: %s documents no rule of it", c.Name, f)
			}
		}
	}
	for _, name := range judge.Names() {
		p, err := judge.BuiltIn(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := judge.New(all.Checks(), p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for rule := range seen {
			if _, rated := p.Rules[rule]; !rated {
				t.Errorf("policy %s does not rate %s", name, rule)
			}
		}
	}
}

// What a check sends is declared for each depth it uses, and adds up.
func TestEveryCheckDeclaresWhatItSends(t *testing.T) {
	for _, c := range all.Checks() {
		if len(c.Sends) == 0 || c.Title == "" || c.Version < 1 || len(c.Ports) == 0 {
			t.Errorf("%s: no declaration, title, version or port", c.Name)
		}
		for i, s := range c.Sends {
			if s.What == "" || s.Logs == "" || s.Connections < 1 || i > 0 && s.Connections < c.Sends[i-1].Connections {
				t.Errorf("%s: declaration %d is incomplete: %+v", c.Name, i, s)
			}
			if s.Depth < signet.Decoy && s.Logons > 0 {
				t.Errorf("%s: depth %s makes %d logons fail", c.Name, s.Depth, s.Logons)
			}
			if s.Depth < signet.Anonymous && s.Anonymous > 0 {
				t.Errorf("%s: depth %s logs on anonymously", c.Name, s.Depth)
			}
			if s.Logons > 2 {
				t.Errorf("%s: %d failed logons an endpoint, at most 2", c.Name, s.Logons)
			}
		}
	}
}

// Each check has recordings of what it must tell apart, named by verdict.
func TestEveryCheckHasRecordings(t *testing.T) {
	for _, c := range all.Checks() {
		files, err := filepath.Glob(filepath.Join("..", c.Name, "testdata", "*.flow"))
		if err != nil {
			t.Fatal(err)
		}
		want := 3
		if c.Name == "rpc" {
			want = 1 // an endpoint mapper's list has no verdict but one
		}
		if len(files) < want {
			t.Errorf("%s has %d recordings, want %d or more", c.Name, len(files), want)
		}
	}
}

// What was not seen opens nothing: a rule that says so is never counted among the open ways.
func TestUnknownIsNoOpenWay(t *testing.T) {
	seen := 0
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			if !strings.HasSuffix(r.ID, "-unknown") {
				continue
			}
			if seen++; r.Relay() {
				t.Errorf("%s claims to open a way for relayed NTLM", r.ID)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d rules say that something is unknown", seen)
	}
}
