package smb

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"signet/internal/check/checktest"
)

// TestRecord records flows from real servers: SIGNET_RECORD=ADDRESS:PORT=FILE[=FLAG…] with the flags quick, deep,
// no-smb1 and handshake, several separated by commas. `lab/` starts such servers.
func TestRecord(t *testing.T) {
	list := os.Getenv("SIGNET_RECORD")
	if list == "" {
		t.Skip("SIGNET_RECORD names no server to record from")
	}
	for _, item := range strings.Split(list, ",") {
		parts := strings.Split(item, "=")
		at, err := netip.ParseAddrPort(parts[0])
		if err != nil || len(parts) < 2 {
			t.Fatalf("%q: %v", item, err)
		}
		checktest.Record(t, Check(), at, "", os.Getenv("SIGNET_RECORD_COMMENT"), "testdata/"+parts[1]+".flow", flags(parts[2:]...))
		r := checktest.Replay(t, Check(), "testdata/"+parts[1]+".flow", flags(parts[2:]...))
		text := "no facts"
		if r.Facts != nil {
			text = string(r.Facts.AppendJSON(nil))
		}
		j, err := Check().Judge(r.Facts)
		t.Logf("%s\n%s err=%v unasked=%v\n%s\n%+v %v", parts[1], r.Outcome, r.Err, r.Unasked, text, j, err)
	}
}
