package run

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"signet/internal/store"
)

// A run that kept flags as text is understood as the order that it was; every flag of that time goes somewhere.
func TestOrderOfFlags(t *testing.T) {
	flags := `{"targets":["192.0.2.0/24"],"flags":{"file":["hosts.txt"],"exclude":["192.0.2.9"],"exclude-file":["not.txt"],"domain":["corp.example"],
		"checks":["smb","http"],"ports":["smb=445","http=80"],"depth":["decoy"],"quick":["true"],"deep":["true"],"no-smb1":["true"],"http-paths":["paths"],
		"http-thorough":["true"],"ca-name":["CA 1"],"discover":["connect"],"in-flight":["9"],"retries":["0"],"timeout":["3s"],"host-timeout":["1m0s"],"rate":["500"]}}`
	o, err := OrderOf(&store.Run{ID: "old", Seed: 7, Flags: json.RawMessage(flags)})
	if err != nil {
		t.Fatal(err)
	}
	want := &Order{
		Targets: []string{"192.0.2.0/24"}, Files: []string{"hosts.txt"}, Exclude: []string{"192.0.2.9"}, ExcludeFiles: []string{"not.txt"}, Domain: "corp.example",
		Checks: []string{"smb", "http"}, Ports: []string{"smb=445", "http=80"}, Depth: "decoy", Quick: true, Deep: true, NoSMB1: true, HTTPPaths: []string{"paths"},
		HTTPThorough: true, CANames: []string{"CA 1"}, Discover: "connect", Rate: 500, InFlight: 9, Timeout: Duration(3 * time.Second), HostTimeout: Duration(time.Minute),
		Seed: 7, Policy: "baseline",
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v\nwant\n%+v", o, want)
	}
	kept, err := want.stored()
	if err != nil {
		t.Fatal(err)
	}
	if o, err = OrderOf(&store.Run{ID: "new", Seed: 7, Flags: kept}); err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("%s is read as %+v, %v", kept, o, err)
	}
	if o, err = OrderOf(&store.Run{Seed: 1, Flags: json.RawMessage(`{"targets":["192.0.2.1"],"flags":{"quiet":["true"]}}`)}); err != nil || o.Rate != 2000 || o.Depth != "anonymous" {
		t.Errorf("what is not known decided nothing: %+v, %v", o, err)
	}
	for _, text := range []string{``, `null`, `7`, `{"flags":{"rate":["fast"]}}`, `{"version":2,"targets":["192.0.2.1"]}`} {
		if o, err := OrderOf(&store.Run{ID: "r", Flags: json.RawMessage(text)}); err == nil {
			t.Errorf("%q is read as %+v", text, o)
		}
	}
}
