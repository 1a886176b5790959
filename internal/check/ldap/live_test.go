package ldap

import (
	"context"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
)

// TestLogonsInTheLog asks a Samba domain controller that logs with "log level = 1 auth_audit:3" on its four ports and
// reads what it noted: no failed logon at depth anonymous, at most two for each endpoint at depth decoy.
func TestLogonsInTheLog(t *testing.T) {
	address, path := os.Getenv("SIGNET_SAMBA_DC"), os.Getenv("SIGNET_SAMBA_LOG")
	if address == "" || path == "" {
		t.Skip("SIGNET_SAMBA_DC (address of a Samba AD DC) or SIGNET_SAMBA_LOG (its log file) is not set")
	}
	addr := netip.MustParseAddr(address)
	for _, d := range []signet.Depth{signet.Handshake, signet.Anonymous, signet.Decoy} {
		for _, port := range []uint16{389, 636, 3268, 3269} {
			before := failures(t, path)
			noted := talk(t, addr, port, d)
			most := 0
			if d == signet.Decoy {
				most = 2
			}
			failed := failures(t, path) - before
			// Samba 4.22 refuses a wrong binding before it logs a logon, so that fewer may be noted than were promised;
			// none at all would mean that the wrong log was read.
			if failed > noted || failed > most || noted > 0 && failed == 0 {
				t.Errorf("%d/tcp at depth %v: %d failed logons in the log, %d promised, at most %d allowed", port, d, failed, noted, most)
			}
			t.Logf("%d/tcp at depth %v: %d failed logons", port, d, failed)
		}
	}
}

// talk holds the interview of one endpoint and returns how many failed logons it said it would cause.
func talk(t *testing.T, addr netip.Addr, port uint16, d signet.Depth) (logons int) {
	iv := begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: addr}, Port: port}, Options: depth(d)})
	dialer := &dial.Dialer{Limits: dial.Defaults(), Gate: dial.NewGate(dial.Pace{}, time.Now)}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var end check.End
	for {
		a, ok := iv.Next(end)
		if !ok {
			break
		}
		logons += a.Logons
		end = engine.Converse(ctx, dialer, netip.AddrPortFrom(addr, port), a, nil)
	}
	if r := iv.Result(); r.Outcome != signet.Answered && r.Outcome != signet.Withheld {
		t.Fatalf("%d/tcp at depth %v: %v, %+v", port, d, r.Outcome, r.Err)
	}
	return logons
}

// failures counts the logons that the log says failed.
func failures(t *testing.T, path string) int {
	time.Sleep(200 * time.Millisecond) // the log is written by another process
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "Auth: [") && strings.Contains(line, "status [NT_STATUS_") && !strings.Contains(line, "status [NT_STATUS_OK]") {
			n++
		}
	}
	return n
}
