package http

import (
	"testing"
)

// TestAdvice: every rule has advice of the common shape, whose first line under Fix fits a report, and nothing else
// lies in the folder.
func TestAdvice(t *testing.T) {
	c := Check()
	for _, r := range c.Rules {
		a, err := c.AdviceFor(r.ID)
		if err != nil {
			t.Error(err)
			continue
		}
		if a.Title != r.Title {
			t.Errorf("%s: titled %q, the rule %q", r.ID, a.Title, r.Title)
		}
		if len(a.Setting) > 160 || a.Setting == "" {
			t.Errorf("%s: the setting has %d characters", r.ID, len(a.Setting))
		}
		if len(r.Title) > 60 || r.Requires == "" {
			t.Errorf("%s: title of %d characters, requires %q", r.ID, len(r.Title), r.Requires)
		}
	}
	files, err := advice.ReadDir("advice")
	if err != nil || len(files) != len(c.Rules) {
		t.Errorf("%d files of advice for %d rules, %v", len(files), len(c.Rules), err)
	}
}
