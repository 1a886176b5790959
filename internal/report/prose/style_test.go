package prose

import (
	"testing"

	"signet"
)

// Every verdict has a colour of its own in the text.
func TestVerdictColours(t *testing.T) {
	seen := map[string]signet.Verdict{}
	for _, v := range signet.Verdicts() {
		painted := style(true).verdict(v, "x")
		if other, twice := seen[painted]; twice {
			t.Errorf("%s looks like %s", v, other)
		}
		seen[painted] = v
	}
}
