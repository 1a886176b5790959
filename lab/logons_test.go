package lab_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// endpointLogons is how many failed logons one endpoint may see at depth decoy.
const endpointLogons = 2

// A whole run against the domain controllers, and what their own logs say of it: no failed logon at the default depth,
// at depth decoy at most two for an endpoint and eight for a host.
func TestControllersLogNoFailedLogon(t *testing.T) {
	up := running(t)
	logs := map[string]string{} // address → log
	for _, r := range inventory(t) {
		if (r["group"] == "dc" || r["group"] == "dc422") && up[r["group"]] {
			logs[r["address"]] = filepath.Join("run", r["unit"], "log")
		}
	}
	if len(logs) < 3 {
		t.Fatalf("only %d controllers are up", len(logs))
	}
	var addresses []string
	for a := range logs {
		addresses = append(addresses, a)
	}
	for _, depth := range depths() {
		before := failedLogons(t, logs)
		scan(t, append([]string{"--depth", depth}, addresses...)...)
		time.Sleep(time.Second) // the logs are written by other processes
		total := 0
		perHost := map[string]int{}
		for endpoint, n := range failedLogons(t, logs) {
			n -= before[endpoint]
			total += n
			host := endpoint[:strings.LastIndexByte(endpoint, ':')]
			perHost[host] += n
			switch {
			case depth != "decoy" && n > 0:
				t.Errorf("%s logged %d failed logons at depth %s", endpoint, n, depth)
			case n > endpointLogons:
				t.Errorf("%s logged %d failed logons, at most %d", endpoint, n, endpointLogons)
			}
		}
		for host, n := range perHost {
			if n > 8 {
				t.Errorf("%s logged %d failed logons, at most 8", host, n)
			}
		}
		if depth == "decoy" && total == 0 {
			t.Error("no failed logon at depth decoy: these are not the controllers' logs")
		}
		t.Logf("depth %s: %d failed logons on %d controllers", depth, total, len(logs))
	}
}

// failedLogons counts the logons that failed, by the endpoint that logged them (Samba's auth_audit lines).
func failedLogons(t *testing.T, logs map[string]string) map[string]int {
	t.Helper()
	line := regexp.MustCompile(`Auth: \[.*status \[(NT_STATUS_[A-Z_]+)\].*local host \[ipv4:([0-9.]+:[0-9]+)\]`)
	failed := map[string]int{}
	for _, path := range logs {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(b), -1) {
			if m[1] != "NT_STATUS_OK" {
				failed[m[2]]++
			}
		}
	}
	return failed
}
