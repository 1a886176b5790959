package smb

import (
	"strings"
	"testing"

	"signet/internal/check"
	"signet/internal/check/checktest"
)

// TestRecord records again where SIGNET_RECORD names a server: see checktest.Rerecord. The words of a recording's name
// may be flags: samba-auto-quick.exposed.
func TestRecord(t *testing.T) {
	checktest.Rerecord(t, Check(), "", func(as string) *check.Options {
		server, _, _ := strings.Cut(as, ".")
		return flags(strings.Split(server, "-")...)
	})
}
