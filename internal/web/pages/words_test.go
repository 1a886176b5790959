package pages

import (
	"testing"

	"signet/internal/check/all"
	"signet/internal/run"
)

func TestTicketLinks(t *testing.T) {
	for s, want := range map[string]bool{"https://t.example/1": true, "http://t.example": true, "javascript:alert(1)": false, "JaVaScript:alert(1)//http://x": false, "data:text/html,x": false,
		"//t.example": false, "https://": false, "https://user@t.example": false, "t.example": false, "": false, "vbscript:x": false} {
		if isLink(s) != want {
			t.Errorf("%q is a link: %v", s, isLink(s))
		}
	}
}

func TestMarked(t *testing.T) {
	if got := marked("Set `A<b>` to **1** & go"); got != "Set <code>A&lt;b&gt;</code> to 1 &amp; go" {
		t.Errorf("%s", got)
	}
}

// TestNewPolicy: what a new policy begins with is one.
func TestNewPolicy(t *testing.T) {
	env := &run.Env{Checks: all.Checks()}
	p, err := run.ParsePolicy([]byte(newPolicy(env.RuleNames()[0])))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.Judge(p); err != nil {
		t.Error(err)
	}
}
