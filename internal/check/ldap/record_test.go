package ldap

import (
	"strings"
	"testing"

	"signet/internal/check"
	"signet/internal/check/checktest"
)

// TestRecord records again where SIGNET_RECORD names a server: see checktest.Rerecord. The middle word of a
// recording's name is the depth: samba417-yes-389.decoy.guarded.
func TestRecord(t *testing.T) {
	checktest.Rerecord(t, Check(), "", func(as string) *check.Options {
		words := strings.Split(as, ".")
		if len(words) != 3 {
			t.Fatalf("%q is not server.depth.verdict", as)
		}
		return optionsFor(t, words[1])
	})
}
