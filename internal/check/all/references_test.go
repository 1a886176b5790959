package all_test

import (
	"net/url"
	"regexp"
	"testing"

	"signet/internal/check"
	"signet/internal/check/all"
)

// References are real: of a known kind, in the form that its kind has, over https, and each says where it was seen. Rules
// that they are for exist, and every rule that opens a way has at least one.
func TestReferences(t *testing.T) {
	refs, err := check.References()
	if err != nil {
		t.Fatal(err)
	}
	form := map[string]*regexp.Regexp{
		"attack-technique":  regexp.MustCompile(`^T\d{4}(\.\d{3})?$`),
		"attack-mitigation": regexp.MustCompile(`^M\d{4}$`),
		"nist-800-53":       regexp.MustCompile(`^[A-Z]{2}-\d+(\(\d+\))?$`),
		"cis":               regexp.MustCompile(`^[A-Z].+, \d+(\.\d+)+$`),
		"microsoft":         regexp.MustCompile(`^\S.+$`),
	}
	known := map[string]bool{}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			known[r.ID] = true
			if r.Relay() && len(refs[r.ID]) == 0 {
				t.Errorf("%s opens a way and refers to nothing", r.ID)
			}
		}
	}
	for rule, list := range refs {
		if !known[rule] {
			t.Errorf("references of %q, which is no rule", rule)
		}
		for _, r := range list {
			if f := form[r.Kind]; f == nil || !f.MatchString(r.ID) {
				t.Errorf("%s: %s %q has not the form of its kind", rule, r.Kind, r.ID)
			}
			if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" || u.Host == "" {
				t.Errorf("%s: %s: address %q", rule, r.ID, r.URL)
			}
			if r.Seen == "" || r.Title == "" || r.KindLabel() == r.Kind {
				t.Errorf("%s: %s: no title, no kind, or not said where it was seen", rule, r.ID)
			}
		}
	}
}
