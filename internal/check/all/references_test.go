package all_test

import (
	"net/url"
	"regexp"
	"testing"

	"signet/internal/check"
	"signet/internal/check/all"
)

// References are real: of a known kind, in the form that its kind has, over https, and each says where it was seen. What
// rules refer to is there, and every rule that opens a way refers to something.
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
	used := map[string]bool{}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			if r.Relay() && len(r.Refers) == 0 {
				t.Errorf("%s opens a way and refers to nothing", r.ID)
			}
			for _, key := range r.Refers {
				if used[key] = true; refs[key].ID == "" {
					t.Errorf("%s refers to %q, which is not there", r.ID, key)
				}
			}
		}
	}
	for key, r := range refs {
		if !used[key] {
			t.Errorf("no rule refers to %s", key)
		}
		if f := form[r.Kind]; f == nil || !f.MatchString(r.ID) {
			t.Errorf("%s: %s %q has not the form of its kind", key, r.Kind, r.ID)
		}
		if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: %s: address %q", key, r.ID, r.URL)
		}
		if r.Seen == "" || r.Title == "" || r.KindLabel() == r.Kind {
			t.Errorf("%s: %s: no title, no kind, or not said where it was seen", key, r.ID)
		}
	}
}
