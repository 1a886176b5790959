package signet_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"signet"
)

// TestClientStored: a client comes back from the observation that it is stored as, and no other observation is one.
func TestClientStored(t *testing.T) {
	yes := true
	c := signet.Client{At: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Address: netip.MustParseAddr("192.0.2.7"),
		Server: netip.MustParseAddr("192.0.2.5"), Port: 445, Check: "smb", Logon: "ntlm", User: "alice", Response: "ntlmv2", Sign: &yes, Connections: 3}
	o, err := c.Observation()
	if err != nil {
		t.Fatal(err)
	}
	back, ok, err := signet.ClientOf(o)
	if err != nil || !ok || !reflect.DeepEqual(*back, c) {
		t.Errorf("%+v, %v, %v", back, ok, err)
	}
	if _, ok, err := signet.ClientOf(&signet.Observation{Check: "smb"}); ok || err != nil {
		t.Errorf("an SMB observation is a client: %v, %v", ok, err)
	}
	if _, ok, err := signet.ClientOf(&signet.Observation{Check: signet.ClientCheck, Facts: signet.RawFacts("[")}); !ok || err == nil {
		t.Errorf("damaged: %v, %v", ok, err)
	}
}
