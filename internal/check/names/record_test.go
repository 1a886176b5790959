package names

import (
	"testing"

	"signet/internal/check/checktest"
)

// TestRecord records again where SIGNET_RECORD names a server: see checktest.Rerecord.
func TestRecord(t *testing.T) { checktest.Rerecord(t, Check(), "", nil) }
