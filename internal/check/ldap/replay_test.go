package ldap

import (
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// optionsFor returns the options of a recording's depth; "quick" is the opening exchange only.
func optionsFor(t testing.TB, depth string) *check.Options {
	t.Helper()
	o := checktest.Options()
	if depth == "quick" {
		o.Quick = true
	} else if err := o.Depth.UnmarshalText([]byte(depth)); err != nil {
		t.Fatal(err)
	}
	return o
}

// recorded is a recording held against the check.
type recorded struct {
	name, depth string
	flow        *checktest.Flow
	result      check.Result
	facts       *Facts
	judgement   check.Judgement
}

func replayed(t testing.TB, path string) recorded {
	t.Helper()
	words := strings.Split(strings.TrimSuffix(filepath.Base(path), ".flow"), ".")
	if len(words) != 3 {
		t.Fatalf("%s is not named server.depth.verdict.flow", path)
	}
	flow, err := checktest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{name: words[0], depth: words[1], flow: flow, result: checktest.Replay(t, Check(), path, optionsFor(t, words[1]))}
	if r.result.Facts != nil {
		r.facts = r.result.Facts.(*Facts)
		r.judgement = judge(r.facts)
	}
	want := words[2]
	got := r.judgement.Verdict
	if r.result.Outcome != signet.Answered {
		got = signet.Undetermined // as the judge of a policy holds it
	}
	if got.String() != want {
		t.Errorf("%s: verdict %v because %q", path, got, r.judgement.Because)
	}
	return r
}

// recordings replays every recording; it fails where there are too few, so that a lost folder is not a pass.
func recordings(t testing.TB) []recorded {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d recordings (%v), want at least 20", len(paths), err)
	}
	var out []recorded
	for _, p := range paths {
		out = append(out, replayed(t, p))
	}
	return out
}
