package ldap

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/checktest"
)

// TestRecord writes a recording of a server that was started for it:
//
//	SIGNET_RECORD=127.31.0.1:389 SIGNET_RECORD_AS=samba417-yes-389.decoy.guarded SIGNET_RECORD_COMMENT='Samba 4.17.12 …' go test -run TestRecord .
//
// The middle word of the name is the depth.
func TestRecord(t *testing.T) {
	from, as := os.Getenv("SIGNET_RECORD"), os.Getenv("SIGNET_RECORD_AS")
	if from == "" || as == "" {
		t.Skip("SIGNET_RECORD (address:port of a server) or SIGNET_RECORD_AS (server.depth.verdict) is not set")
	}
	words := strings.Split(as, ".")
	if len(words) != 3 {
		t.Fatalf("%q is not server.depth.verdict", as)
	}
	o := checktest.Options()
	if words[1] == "quick" {
		o.Quick = true
	} else if err := o.Depth.UnmarshalText([]byte(words[1])); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", as+".flow")
	checktest.Record(t, Check(), netip.MustParseAddrPort(from), "", os.Getenv("SIGNET_RECORD_COMMENT"), path, o)
	res := checktest.Replay(t, Check(), path, optionsFor(t, words[1]))
	var facts []byte
	verdict := signet.Undetermined
	if res.Facts != nil {
		facts = res.Facts.AppendJSON(nil)
		j, err := Check().Judge(res.Facts)
		if err != nil {
			t.Fatal(err)
		}
		verdict = j.Verdict
		t.Logf("%v %+v", j.Verdict, j)
	}
	if res.Outcome != signet.Answered {
		verdict = signet.Undetermined
	}
	t.Logf("%v %v %v\n%s", res.Outcome, res.Unasked, res.Err, facts)
	if verdict.String() != words[2] {
		t.Errorf("verdict %v, the name says %s", verdict, words[2])
	}
}
