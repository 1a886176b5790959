package signet_test

import (
	"testing"

	"signet"
)

// TestWorse holds the contract's order: exposed > undetermined > guarded, and unseen only where nothing else was.
func TestWorse(t *testing.T) {
	order := []signet.Verdict{signet.Exposed, signet.Undetermined, signet.Guarded, signet.Unseen}
	for i, v := range order {
		for k, w := range order {
			if got, want := v.Worse(w), order[min(i, k)]; got != want {
				t.Errorf("%v.Worse(%v) = %v, want %v", v, w, got, want)
			}
		}
	}
	if got := signet.Verdict(99).Worse(signet.Verdict(98)); got != signet.Undetermined {
		t.Errorf("two verdicts that do not exist make %v, want undetermined", got)
	}
}

// TestVerdictWords holds each word both ways, and that no verdict lacks one.
func TestVerdictWords(t *testing.T) {
	for v, word := range map[signet.Verdict]string{signet.Undetermined: "undetermined", signet.Guarded: "guarded", signet.Exposed: "exposed", signet.Unseen: "unseen"} {
		var back signet.Verdict
		if err := back.UnmarshalText([]byte(word)); err != nil || back != v || v.String() != word {
			t.Errorf("%v: %q read back as %v, %v", v, word, back, err)
		}
	}
	if len(signet.Verdicts()) != 4 {
		t.Errorf("%d verdicts in the list, want 4", len(signet.Verdicts()))
	}
}

// The worst ranks first.
func TestVerdictRank(t *testing.T) {
	for i, v := range signet.Verdicts() {
		if v.Rank() != i {
			t.Errorf("%s ranks %d, want %d", v, v.Rank(), i)
		}
	}
}
