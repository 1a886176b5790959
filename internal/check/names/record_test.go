package names

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/check/checktest"
)

// TestRecord writes a recording of a server that was started for it:
//
//	SIGNET_RECORD=192.0.2.1:5353 SIGNET_RECORD_AS=avahi-mdns.undetermined SIGNET_RECORD_COMMENT='avahi-daemon 0.8 …' go test -run TestRecord .
func TestRecord(t *testing.T) {
	from, as := os.Getenv("SIGNET_RECORD"), os.Getenv("SIGNET_RECORD_AS")
	if from == "" || as == "" {
		t.Skip("SIGNET_RECORD (address:port of a server) or SIGNET_RECORD_AS (server.verdict) is not set")
	}
	path := filepath.Join("testdata", as+".flow")
	checktest.Record(t, Check(), netip.MustParseAddrPort(from), "", os.Getenv("SIGNET_RECORD_COMMENT"), path, checktest.Options())
	res := checktest.Replay(t, Check(), path, checktest.Options())
	if res.Facts == nil {
		t.Fatalf("%v %v", res.Outcome, res.Err)
	}
	j, err := Check().Judge(res.Facts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v %v %v\n%s\n%+v", res.Outcome, res.Unasked, res.Err, res.Facts.AppendJSON(nil), j)
	if !strings.HasSuffix(as, "."+j.Verdict.String()) {
		t.Errorf("verdict %v, the name says %s", j.Verdict, as)
	}
}
